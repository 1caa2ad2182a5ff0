internal import Foundation
internal import LabPlan
internal import Posix
internal import Report
internal import SystemPackage

/// The list of the host's files that the run reads.
extension LabRun {
    /// Notes the files that a machine gets by `from`.
    func noteHostFiles(of machine: Machine) throws(RunError) {
        var records: [UInt8] = []
        for file in machine.plan.files {
            guard case .from(let name) = file.contents else { continue }
            let path = FilePieces.path(of: name, in: options.filesFolder)
            // A file that is not there is reported where it is read.
            guard let status = try? FileStatus(of: path), status.isRegular else { continue }
            records += HostFileLog.record(
                .init(
                    path: URL(fileURLWithPath: path).standardizedFileURL.path, size: status.size,
                    modified: status.modified))
        }
        guard !records.isEmpty else { return }
        let log = try folder.openHostFileLog()
        do throws(Errno) {
            try log.writeAll(records)
        } catch {
            throw RunError(.environment, "cannot write \(folder.path)/\(RunFolder.hostFileLog): \(error)")
        }
    }

    /// Makes `host-files.json` of what was noted. Without the entropy library kernels note nothing, and there is no list.
    func writeHostFiles() throws(RunError) {
        guard !options.hasHostRandomness else { return }
        let log = FileManager.default.contents(atPath: "\(folder.path)/\(RunFolder.hostFileLog)") ?? Data()
        var hashes = FileHashes(keptIn: KernelStore.cacheFolder.map { "\($0)/almanac/host-files" })
        let list = HostFileList(HostFileLog(Array(log)), without: folder.path) { path, status in
            hashes.hash(of: path, status)
        }
        hashes.save()
        try folder.write(jsonFile(list), to: RunFolder.hostFiles)
        folder.removeHostFileLog()
    }
}
