internal import Foundation
internal import Posix
package import Report
internal import SystemPackage
internal import Trace

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
                    open: open))
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

    private func open(_ machine: String, _ file: String) -> TimelineFiles.Part {
        // Closed when the last reference to it goes.
        let handle = FileHandle(forReadingAtPath: "\(folder)/machines/\(machine)/\(file)")
        return { offset, count in
            guard let handle, (try? handle.seek(toOffset: offset)) != nil,
                let data = try? handle.read(upToCount: count)
            else { return [] }
            return Array(data)
        }
    }

    /// A run writes into the folder now.
    package var isBeingWritten: Bool { FileLock.isHeld(path: "\(folder)/\(RunFolder.lockName)") }
}
