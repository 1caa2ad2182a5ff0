internal import Foundation
internal import Posix
internal import SystemPackage

/// The folder a run writes into, and the only place it writes to. A former run's folder is replaced, never mixed.
package struct RunFolder: Sendable {
    /// Absolute path.
    package let path: String
    /// The summary's file.
    package static let summary = "summary.json"
    /// The file of the drawn run.
    package static let report = "report.html"
    /// The trace's file.
    package static let trace = "trace.almt"
    /// The file of the faults that happened.
    package static let faults = "faults.yaml"
    /// The file that a run holds locked as long as it writes.
    static let lockName = ".lock"
    private let lock: FileLock
    /// The lab with all defaults: a file in every run folder, so that only a run folder is ever replaced.
    static let lab = "lab.yaml"
    /// What the run was made with.
    static let setup = "setup.json"
    /// The host's files that the run has read.
    package static let hostFiles = "host-files.json"
    /// The same while the run goes on, and of a run that was killed.
    static let hostFileLog = "host-files.log"
    /// The folder of the run's latest replay.
    package static let replay = "replay"
    /// What visitors did to machines, an object on each line; only when there were some.
    package static let input = "input.jsonl"
    /// Where visitors come.
    static let visitSocket = "visit.socket"
    private static let known: Set<String> = [
        lab, setup, hostFiles, hostFileLog, replay, input, visitSocket, summary, report, faults, "machines",
        trace, captures,
        GuestCommandLine.calendarSocket,
        lockName,
    ]

    /// Makes an empty run folder at `path`.
    package init(replacing path: String) throws(RunError) {
        let manager = FileManager.default
        let absolute = URL(fileURLWithPath: path).standardizedFileURL.path
        self.path = absolute
        do {
            if manager.fileExists(atPath: absolute) { try Self.checkReplaceable(absolute) }
            try manager.createDirectory(atPath: absolute, withIntermediateDirectories: true)
            lock = try Self.lock(absolute)
            for entry in try manager.contentsOfDirectory(atPath: absolute) where entry != Self.lockName {
                try manager.removeItem(atPath: "\(absolute)/\(entry)")
            }
            try manager.createDirectory(atPath: "\(absolute)/machines", withIntermediateDirectories: true)
        } catch let error as RunError {
            throw error
        } catch {
            throw RunError(.usage, "cannot make the run folder \(absolute): \(Self.reason(error))")
        }
    }

    private static func lock(_ path: String) throws(RunError) -> FileLock {
        do throws(Errno) {
            return try FileLock(path: "\(path)/\(lockName)")
        } catch .wouldBlock {
            throw RunError(.usage, "another run writes into \(path) now: name another folder with --out")
        } catch {
            throw RunError(.environment, "cannot lock \(path)/\(lockName): \(error)")
        }
    }

    private static func checkReplaceable(_ path: String) throws {
        var isFolder: ObjCBool = false
        guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue
        else {
            throw RunError(.usage, "\(path) is a file: name a folder with --out")
        }
        let strangers = try FileManager.default.contentsOfDirectory(atPath: path).filter {
            // The branches of `--each` after the first.
            !known.contains($0) && !$0.hasPrefix("\(replay)-")
        }
        guard let stranger = strangers.sorted().first else { return }
        throw RunError(
            .usage, "\(path) is not a run folder: it holds \(stranger); name another with --out, or empty it")
    }

    /// Name of the folder of captures.
    static let captures = "captures"

    /// Makes the folder of a machine and returns its path.
    package func makeMachineFolder(_ name: String) throws(RunError) -> String {
        try makeFolder("machines/\(name)")
    }

    /// Makes a folder in the run folder, unless it is there, and returns its path.
    func makeFolder(_ name: String) throws(RunError) -> String {
        let folder = "\(path)/\(name)"
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw RunError(.usage, "cannot make \(folder): \(Self.reason(error))")
        }
        return folder
    }

    /// Writes a file of the run folder.
    package func write(_ text: String, to name: String) throws(RunError) {
        do throws(Errno) {
            let file = try Posix.open("\(path)/\(name)", [.writeOnly, .create, .truncate])
            try file.writeAll(Array(text.utf8))
        } catch {
            throw RunError(.environment, "cannot write \(path)/\(name): \(error)")
        }
    }

    /// Opens the log of the host's files that the run reads.
    func openHostFileLog() throws(RunError) -> Descriptor {
        do throws(Errno) {
            return try Posix.open("\(path)/\(Self.hostFileLog)", [.writeOnly, .create, .append])
        } catch {
            throw RunError(.environment, "cannot write \(path)/\(Self.hostFileLog): \(error)")
        }
    }

    func removeHostFileLog() {
        // What is gone already is what is wanted.
        try? FileManager.default.removeItem(atPath: "\(path)/\(Self.hostFileLog)")
    }

    /// Removes what only a running lab needs: its sockets, and links to the entropy library.
    package func removeSockets() {
        let manager = FileManager.default
        let folders =
            [path]
            + ((try? manager.contentsOfDirectory(atPath: "\(path)/machines")) ?? []).map {
                "\(path)/machines/\($0)"
            }
        for folder in folders {
            for entry in (try? manager.contentsOfDirectory(atPath: folder)) ?? []
            where entry.hasSuffix(".socket") || entry == GuestFiles.entropyLink {
                // What is gone already is what is wanted.
                try? manager.removeItem(atPath: "\(folder)/\(entry)")
            }
        }
    }

    /// The last lines of a file of the run folder that are not empty.
    package func lastLines(of name: String, count: Int, in range: Range<Int>? = nil) -> [String] {
        Self.lastLines(of: "\(path)/\(name)", count: count, in: range)
    }

    /// The last `count` lines of a file that are not blank.
    static func lastLines(of file: String, count: Int, in range: Range<Int>? = nil) -> [String] {
        guard let data = FileManager.default.contents(atPath: file) else { return [] }
        let part = range.map { data[$0.clamped(to: 0..<data.count)] } ?? data
        let text = String(decoding: part.suffix(16 * 1024), as: UTF8.self)
        let lines = text.split(whereSeparator: \.isNewline).filter { line in
            line.contains { !$0.isWhitespace }
        }
        return lines.suffix(count).map(String.init)
    }

    private static func reason(_ error: any Error) -> String {
        let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
        return underlying.map { Errno(rawValue: Int32($0.code)).description } ?? error.localizedDescription
    }
}
