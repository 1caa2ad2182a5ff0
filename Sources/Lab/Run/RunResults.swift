internal import Foundation
internal import Posix
package import Report
internal import SystemPackage
package import Trace

/// What a run has left in its folder beside its trace; all of it may be missing.
package struct RunResults {
    private let folder: String
    /// The path of its trace.
    package let trace: String
    /// There is such a folder or file.
    package let isThere: Bool

    /// - Parameter run: a run folder, or the trace in one.
    package init(of run: String) {
        var isFolder: ObjCBool = false
        isThere = unsafe FileManager.default.fileExists(atPath: run, isDirectory: &isFolder)
        if isThere, isFolder.boolValue {
            folder = run
            trace = "\(run)/\(RunFolder.trace)"
        } else {
            folder = URL(fileURLWithPath: run).deletingLastPathComponent().path
            trace = run
        }
    }

    /// The summary; nil while the run goes on, or when it was killed.
    package var summary: RunSummary? {
        guard let data = FileManager.default.contents(atPath: "\(folder)/\(RunFolder.summary)") else {
            return nil
        }
        return try? RunSummary.read(String(decoding: data, as: UTF8.self))
    }

    /// What machines cost, from the summary.
    package var wallCosts: WallCosts? {
        guard let summary else { return nil }
        var participants: [String: WallCosts.Cost] = [:]
        for machine in summary.machines {
            guard let wall = machine.wallNanoseconds else { continue }
            participants[machine.name] = .init(total: wall, alone: machine.aloneNanoseconds ?? 0)
        }
        return WallCosts(total: summary.wallNanoseconds, participants: participants)
    }

    /// Most commands of a machine among those that slept most often.
    private static let sleeperLimit = 3

    /// By name of the machine, its commands whose programs went to sleep most often: `5184 by redis-server, 2 by sleep 1`.
    package var sleepers: [String: String] {
        var texts: [String: String] = [:]
        for machine in summary?.machines ?? [] {
            let commands = machine.commands.filter { $0.sleeps ?? 0 > 0 }
                .sorted { ($0.sleeps ?? 0, $1.index) > ($1.sleeps ?? 0, $0.index) }
            guard !commands.isEmpty else { continue }
            texts[machine.name] = commands.prefix(Self.sleeperLimit)
                .map { "\($0.sleeps ?? 0) by \(Format.shortened($0.command, to: 40))" }.joined(
                    separator: ", ")
        }
        return texts
    }

    /// Draws the run.
    ///
    /// - Parameter path: the file to write; nil for the run folder's own.
    /// - Returns: what was written.
    package func writeReport(to path: String? = nil) throws(RunError) -> String {
        let page: String
        do throws(TraceError) {
            page = try TimelineReport.html(
                trace: "\(folder)/\(RunFolder.trace)", summary: summary,
                files: TimelineFiles(
                    console: console,
                    lastLines: { RunFolder.lastLines(of: "\(folder)/\($0)", count: 8) },
                    bytes: bytes))
        } catch {
            throw RunError(error)
        }
        let target = path ?? "\(folder)/\(RunFolder.report)"
        do throws(Errno) {
            try Posix.open(target, [.writeOnly, .create, .truncate]).writeAll(Array(page.utf8))
        } catch {
            throw RunError(.environment, "cannot write \(target): \(error)")
        }
        return target
    }

    /// The lines of a machine's console.
    package func console(of machine: String) -> [String] {
        guard
            let data = FileManager.default.contents(
                atPath: "\(folder)/machines/\(machine)/\(OutputSource.console.fileName)")
        else { return [] }
        return LineCutter.text(of: data)
    }

    /// A part of a file of a machine; what is missing is left out.
    private func bytes(_ machine: String, _ file: String, from offset: UInt64, count: Int) -> [UInt8] {
        guard let handle = FileHandle(forReadingAtPath: "\(folder)/machines/\(machine)/\(file)") else {
            return []
        }
        defer { try? handle.close() }
        guard (try? handle.seek(toOffset: offset)) != nil, let data = try? handle.read(upToCount: count)
        else {
            return []
        }
        return Array(data)
    }

    /// A run writes into the folder now.
    package var isBeingWritten: Bool { FileLock.isHeld(path: "\(folder)/\(RunFolder.lockName)") }
}
