internal import Foundation
internal import Posix
internal import SystemPackage
internal import Trace

/// The files of the host that a run has read, as `host-files.json` holds them: what guests opened, and what `from` in the lab names.
package struct HostFileList: Codable, Hashable, Sendable {
    /// One of them.
    package struct File: Codable, Hashable, Sendable {
        package var path: String
        package var sizeBytes: UInt64
        /// Since 1970.
        package var modifiedNanoseconds: Int64
        /// Of the contents, 16 hexadecimal digits; nil for a file that is very long, or that changed while the run lasted.
        package var hash: String?
    }

    /// By path.
    package var files: [File]
    /// A machine opened more files than are noted.
    package var isIncomplete: Bool

    /// The files of a log.
    ///
    /// - Parameters:
    ///   - folder: files below it do not count: the run folder.
    ///   - hash: the hash of a file that is still as it was when it was opened.
    init(
        _ log: HostFileLog, without folder: String,
        hash: (_ path: String, _ status: FileStatus) -> UInt64? = { _, _ in nil }
    ) {
        files = log.entries.filter { !$0.path.hasPrefix(folder + "/") }.map { entry in
            var file = File(
                path: entry.path, sizeBytes: entry.size, modifiedNanoseconds: entry.modified, hash: nil)
            if !log.changing.contains(entry.path), let status = try? FileStatus(of: entry.path),
                file.isAs(status)
            {
                file.hash = hash(entry.path, status).map(TraceHash.text)
            }
            return file
        }.sorted { $0.path < $1.path }
        isIncomplete = log.isIncomplete
    }

    /// The list of a run folder; nil when there is none. That of a run that was killed has no hashes.
    init?(ofRun folder: String) {
        let manager = FileManager.default
        if let data = manager.contents(atPath: "\(folder)/\(RunFolder.hostFiles)") {
            guard let list = try? JSONDecoder().decode(Self.self, from: data) else { return nil }
            self = list
        } else if let data = manager.contents(atPath: "\(folder)/\(RunFolder.hostFileLog)") {
            let path = URL(fileURLWithPath: folder).standardizedFileURL.path
            self.init(HostFileLog(Array(data)), without: path)
        } else {
            return nil
        }
    }

    /// Most files that `changes` names.
    static let mostChanges = 20

    /// What the files are now that is another thing than they were in the run, a line each.
    func changes() -> [String] {
        let changes = files.compactMap(Self.change)
        let rest = changes.count - Self.mostChanges
        return changes.prefix(Self.mostChanges)
            + (rest > 0
                ? ["\(rest) more host file\(rest == 1 ? "" : "s") differ\(rest == 1 ? "s" : "") from the run"]
                : [])
            + (isIncomplete ? ["a machine of the run opened more host files than its list holds"] : [])
    }

    private static func change(_ file: File) -> String? {
        guard let status = try? FileStatus(of: file.path) else { return "\(file.path) is gone since the run" }
        if file.isAs(status) { return nil }
        // The same contents with another time are the same file: a package that was installed again, for example.
        if let hash = file.hash, status.size == file.sizeBytes, status.isRegular,
            FileHashes.hash(ofFile: file.path).map(TraceHash.text) == hash
        {
            return nil
        }
        return "\(file.path) differs from the run"
    }
}

extension HostFileList.File {
    /// Size and time are those.
    fileprivate func isAs(_ status: FileStatus) -> Bool {
        status.isRegular && status.size == sizeBytes && status.modified == modifiedNanoseconds
    }
}
