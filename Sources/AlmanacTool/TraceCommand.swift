internal import ArgumentParser
internal import Calendar
internal import Foundation
internal import Lab
internal import LabPlan
internal import Trace

/// `almanac trace`: look at what happened in a run.
struct TraceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace", abstract: "Look at what happened in a run, or compare two.",
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
            return try TraceReader(path: path)
        } catch {
            throw RunError(error)
        }
    }

    /// `almanac trace show`: the events, one a line.
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Print the events of a run, one a line.",
            discussion:
                "Each line: simulated time, who, what. A run that goes on, or was killed, can be read too.")

        @Argument(help: ArgumentHelp("The run folder, or a trace.", valueName: "run"))
        var folder: String

        @Option(help: "Only of this machine; may be repeated. `lab` is the lab itself.")
        var machine: [String] = []

        @Option(
            help: "Only events of this kind, such as send, deliver, console, command-end; may be repeated.")
        var kind: [String] = []

        @Option(help: "Only from this simulated time on: 1s, 250ms.")
        var from: String?

        @Option(help: "Only before this simulated time.")
        var to: String?

        @Flag(help: "Go on while the run does, until it ends.")
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
            // Once nobody writes, what is there is looked at once more.
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
                // A run may be written as fast as it is read: who follows must not wait for the last of it.
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
                let reason = results.isBeingWritten ? "its run goes on" : "its run was killed"
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

    /// `almanac trace stats`: what a run consisted of.
    struct Stats: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "stats",
            abstract: "Count turns, messages and frames of a run, and who made whom wait.",
            discussion: "Wall-clock times come from summary.json beside the trace, when it is there.")

        @Argument(help: ArgumentHelp("The run folder, or a trace.", valueName: "run"))
        var folder: String

        func run() throws {
            let reader = try TraceCommand.open(folder)
            do throws(TraceError) {
                let statistics = try TraceStatistics(reader)
                writeText(statistics.text(wall: RunResults(of: folder).wallCosts), to: 1)
            } catch {
                throw RunError(error)
            }
        }
    }

    /// `almanac trace export`: a run for other tools.
    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "export", abstract: "Write a run in another tool's format.",
            discussion: "Simulated time is the time line. Open what is written at ui.perfetto.dev.")

        @Argument(help: ArgumentHelp("The run folder, or a trace.", valueName: "run"))
        var folder: String

        @Option(help: "Write a Perfetto trace to this file.")
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
            commandName: "diff", abstract: "Say whether two runs were the same, and where they first differ.",
            discussion: "Exits with 0 when they were, with 1 when not.")

        @Argument(help: "A run folder, or a trace.")
        var first: String

        @Argument(help: "Another.")
        var second: String

        func run() throws {
            let comparison = try RunComparison(first, second)
            writeText(comparison.text(names: (first, second)), to: 1)
            if !comparison.areEqual { throw ExitCode(1) }
        }
    }
}
