internal import ArgumentParser
internal import Calendar
internal import Foundation
internal import Lab
internal import LabPlan
internal import Report
internal import Trace

/// `almanac trace`: reads the traces of runs.
struct TraceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace", abstract: "Show the events of a run, or compare two runs.",
        subcommands: [Show.self, Stats.self, Diff.self, Export.self])

    /// The path of the trace of a run folder, or of a trace itself.
    static func path(_ run: String) throws -> String {
        let results = RunResults(of: run)
        guard results.isThere else { throw RunError(.usage, "\(run): there is no such run folder") }
        return results.trace
    }

    /// Opens the trace of a run folder, or a trace itself.
    static func open(_ run: String) throws -> TraceReader {
        let path = try path(run)
        do throws(TraceError) {
            return try TraceReader(path: path, mayBeWritten: RunResults(of: run).isBeingWritten)
        } catch {
            throw RunError(error)
        }
    }

    /// `almanac trace show`: the events, one per line.
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Print the events of a run, one per line.",
            discussion:
                "Each line has simulated time, participant and event. Also reads a run that continues or was killed."
        )

        @Argument(help: ArgumentHelp("The run folder, or a trace.", valueName: "RUN"))
        var folder: String

        @Option(
            help: ArgumentHelp(
                "Only events of this machine; can be repeated. `lab` is the lab itself.", valueName: "NAME"))
        var machine: [String] = []

        @Option(
            help: ArgumentHelp(
                "Only events of this kind, such as send, drop, console, command-end; can be repeated.",
                valueName: "KIND"))
        var kind: [String] = []

        @Option(
            help: ArgumentHelp(
                "Only events at or after this simulated time: 1s, 250ms.", valueName: "DURATION"))
        var from: String?

        @Option(help: ArgumentHelp("Only events before this simulated time.", valueName: "DURATION"))
        var to: String?

        @Flag(help: "Continue while the run does, until it ends.")
        var follow = false

        func run() throws {
            let reader = try TraceCommand.open(folder)
            let wanted = try participants(reader.header)
            let kinds = try chosenKinds()
            let from = try from.map { try instant($0, "--from") } ?? .zero
            let to = try to.map { try instant($0, "--to") } ?? .never
            var text = ""
            var looked = 0
            let results = RunResults(of: folder)
            // After the writer has ended, the rest of the file is read once more.
            var isLastLook = !follow
            while true {
                guard let event = try next(reader) else {
                    writeText(text, to: 1)
                    text = ""
                    if isLastLook || reader.ending != nil { break }
                    isLastLook = !results.isBeingWritten
                    if isLastLook { continue }
                    Thread.sleep(forTimeInterval: 0.1)
                    continue
                }
                if event.time >= to { break }
                looked += 1
                // A run may be written as fast as it is read: print what is there without waiting for its end.
                if follow, looked.isMultiple(of: 1024) {
                    writeText(text, to: 1)
                    text = ""
                }
                guard event.time >= from, wanted?.contains(event.participant) ?? true,
                    kinds?.contains(event.kind) ?? true
                else { continue }
                text += event.line(reader.header) + "\n"
                if text.utf8.count > 1 << 16 {
                    writeText(text, to: 1)
                    text = ""
                }
            }
            writeText(text, to: 1)
            if reader.ending == nil, isLastLook, to == .never {
                let reason = results.isBeingWritten ? "its run continues" : "its run was killed"
                standardError("almanac: \(reader.path) has no end: \(reason)")
            }
        }

        private func next(_ reader: TraceReader) throws -> TraceEvent? {
            do throws(TraceError) { return try reader.next() } catch {
                throw RunError(error)
            }
        }

        private func participants(_ header: TraceHeader) throws -> Set<UInt32>? {
            guard !machine.isEmpty else { return nil }
            var known: [String: UInt32] = ["lab": 0]
            for participant in header.participants { known[participant.name] = participant.id }
            return Set(
                try machine.map { name in
                    guard let id = known[name] else {
                        throw RunError(
                            .usage,
                            "--machine \(name): the machines are \(header.participants.map(\.name).joined(separator: ", "))"
                        )
                    }
                    return id
                })
        }

        private func chosenKinds() throws -> Set<TraceEvent.Kind>? {
            guard !kind.isEmpty else { return nil }
            return Set(
                try kind.map { name in
                    guard let kind = TraceEvent.Kind.allCases.first(where: { $0.name == name }) else {
                        let all = TraceEvent.Kind.allCases.map(\.name).joined(separator: ", ")
                        throw RunError(.usage, "--kind \(name): the kinds are \(all)")
                    }
                    return kind
                })
        }

        private func instant(_ text: String, _ option: String) throws -> Instant {
            do throws(TextError) {
                return Instant(nanoseconds: try DurationText.parse(text))
            } catch {
                throw RunError(.usage, "\(option) \(text): \(error)")
            }
        }
    }

    /// `almanac trace stats`: counts the events of a run.
    struct Stats: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "stats",
            abstract:
                "Count turns, messages and frames of a run, and show which participants the others waited for.",
            discussion:
                "Wall-clock times, and how often commands went to sleep, come from summary.json beside the trace, when it is there."
        )

        @Argument(help: ArgumentHelp("The run folder, or a trace.", valueName: "RUN"))
        var folder: String

        func run() throws {
            let reader = try TraceCommand.open(folder)
            do throws(TraceError) {
                let statistics = try TraceStatistics(reader)
                let summary = RunResults(of: folder).summary
                writeText(
                    statistics.text(wall: summary?.wallCosts, sleepers: summary?.sleepers ?? [:]), to: 1)
            } catch {
                throw RunError(error)
            }
        }
    }

    /// `almanac trace export`: converts a trace for other tools.
    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "export", abstract: "Convert a trace for another tool.",
            discussion: "Simulated time is the time line. Open the file at ui.perfetto.dev.")

        @Argument(help: ArgumentHelp("The run folder, or a trace.", valueName: "RUN"))
        var folder: String

        @Option(help: ArgumentHelp("Write a Perfetto trace to this file.", valueName: "FILE"))
        var perfetto: String

        func run() throws {
            let reader = try TraceCommand.open(folder)
            do throws(TraceError) {
                let results = RunResults(of: folder)
                let written = try PerfettoExport.write(reader, to: perfetto) { results.console(of: $0) }
                print("\(perfetto): \(written.packets) packets, \(written.bytes) bytes")
            } catch {
                throw RunError(error)
            }
        }
    }

    /// `almanac trace diff`: the first difference of two runs.
    struct Diff: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "diff", abstract: "Compare two runs, and show where they first differ.",
            discussion: "Exits with 0 if they are equal, with 1 if not.")

        @Argument(help: ArgumentHelp("A run folder, or a trace.", valueName: "RUN-A"))
        var first: String

        @Argument(help: ArgumentHelp("The other run folder, or trace.", valueName: "RUN-B"))
        var second: String

        func run() throws {
            let comparison = try RunComparison(first, second)
            writeText(comparison.text(names: (first, second)), to: 1)
            if !comparison.areEqual { throw ExitCode(1) }
        }
    }
}
