internal import Foundation
package import LabPlan
internal import Posix
internal import SystemPackage
internal import Trace

/// Roots of machines. Each image and each tar file is unpacked once, into a file system in the user's cache folder that all machines
/// of all runs read.
package struct RootStore {
    /// Absolute path.
    private let folder: String
    /// Says what takes long.
    private let report: (String) -> Void
    private let tools = ImageTools()

    /// Newest time of a file in an image, and the time of its making, seconds since 1970: where labs begin by default. So an image does
    /// not say when it was made, and its files are not newer than the lab.
    static let newestTime = "1767225600"
    /// Name of the file system in the folder of a root.
    private static let fileName = "root.squashfs"
    /// Name of an image's configuration in the folder of its root.
    private static let configName = "config.json"

    /// - Parameter report: gets a line before something that takes long.
    package init(report: @escaping (String) -> Void) throws(RunError) {
        guard let cache = KernelStore.cacheFolder else {
            throw RunError(.environment, "there is no cache folder for images: set HOME or XDG_CACHE_HOME")
        }
        folder = "\(cache)/almanac/roots"
        self.report = report
    }

    /// The lab with what its images say of their programs, and the roots of machines that do not have the host's.
    ///
    /// - Parameter filesFolder: what relative paths start at.
    package func prepare(_ plan: LabPlan, filesFolder: String) throws(RunError)
        -> (plan: LabPlan, roots: [RootSource: PreparedRoot])
    {
        var plan = plan
        var known: [RootSource: Root] = [:]
        for index in plan.machines.indices {
            let machine = plan.machines[index]
            guard let source = machine.software.root else { continue }
            do throws(RunError) {
                let root =
                    if let root = known[source] { root } else {
                        try root(source, in: filesFolder, isHermetic: plan.isHermetic)
                    }
                known[source] = root
                plan.machines[index] = try Self.apply(root.config, to: machine)
            } catch {
                throw RunError(
                    error.kind, "machine \(machine.name): root \(source.text): \(error.description)")
            }
        }
        return (plan, known.mapValues(\.prepared))
    }

    private struct Root {
        var prepared: PreparedRoot
        var config: ImageConfig?
    }

    private static func apply(_ config: ImageConfig?, to machine: MachinePlan) throws(RunError) -> MachinePlan
    {
        var machine = machine
        do throws(TextError) {
            if let config { machine = try config.applied(to: machine) }
        } catch {
            throw RunError(.usage, error.description)
        }
        machine.leaveServiceAlone()
        // Where container engines start programs.
        machine.software.workingFolder = machine.software.workingFolder ?? "/"
        return machine
    }

    private func root(_ source: RootSource, in filesFolder: String, isHermetic: Bool) throws(RunError) -> Root
    {
        let path = URL(
            fileURLWithPath: source.path, relativeTo: URL(fileURLWithPath: filesFolder, isDirectory: true)
        )
        .standardizedFileURL.path
        var isFolder: ObjCBool = false
        guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw RunError(.usage, "there is no \(path)")
        }
        let shouldBeFolder = source.kind == .folder || source.kind == .imageLayout
        guard isFolder.boolValue == shouldBeFolder else {
            throw RunError(.usage, "\(path) is \(shouldBeFolder ? "a file" : "a folder")")
        }
        switch source.kind {
        case .folder:
            guard isHermetic else { return Root(prepared: .folder(path)) }
            return Root(prepared: try folderImage(path))
        case .archive: return Root(prepared: try archive(path))
        case .imageLayout, .imageArchive: return try image(source, path)
        }
    }

    // MARK: Kinds of roots

    private func image(_ source: RootSource, _ path: String) throws(RunError) -> Root {
        // `PATH:TAG` for skopeo.
        let reference =
            (source.kind == .imageLayout ? "oci:" : "docker-archive:") + path
            + (source.tag.map { ":\($0)" } ?? "")
        let status = try status(source.kind == .imageLayout ? "\(path)/index.json" : path)
        let digest = try digest(of: reference, status) { () throws(RunError) in
            let config = try tools.config(of: reference)
            // The image's ID: the digest of its configuration, which names all its layers.
            let digest = try tools.digest(ofText: config)
            if !isThere(digest) { try checked(config) }
            return digest
        }
        if !isThere(digest) {
            report("almanac: unpacking \(source.text), once")
            try make(digest) { (work) throws(RunError) in
                let config = try tools.config(of: reference)
                guard try tools.digest(ofText: config) == digest else {
                    throw RunError(.usage, "it changes while it is read")
                }
                try checked(config)
                try tools.unpack(reference, into: work, layout: "\(work)/layout", root: "\(work)/files")
                try tools.makeImage(
                    ofFolder: "\(work)/files", owners: try UnpackedImage(folder: "\(work)/files").owners,
                    list: "\(work)/owners", file: "\(work)/made/\(Self.fileName)", errors: "\(work)/errors")
                try ImageTools.write(config, to: "\(work)/made/\(Self.configName)")
            }
        }
        let text =
            (try? String(contentsOfFile: "\(self.path(digest))/\(Self.configName)", encoding: .utf8)) ?? ""
        return Root(
            prepared: .image(file: "\(self.path(digest))/\(Self.fileName)", digest: digest),
            config: try checked(text))
    }

    @discardableResult
    private func checked(_ config: String) throws(RunError) -> ImageConfig {
        do throws(TextError) {
            return try ImageConfig(json: config)
        } catch {
            throw RunError(.usage, error.description)
        }
    }

    private func archive(_ path: String) throws(RunError) -> PreparedRoot {
        let digest = try digest(of: path, try status(path)) { () throws(RunError) in
            try tools.digest(ofFile: path)
        }
        if !isThere(digest) {
            report("almanac: unpacking \(path), once")
            try make(digest) { (work) throws(RunError) in
                try tools.makeImage(
                    ofArchive: path, file: "\(work)/made/\(Self.fileName)", errors: "\(work)/errors")
            }
        }
        return .image(file: "\(self.path(digest))/\(Self.fileName)", digest: digest)
    }

    /// A folder as it is now: its image is made again when a file in it has changed.
    private func folderImage(_ path: String) throws(RunError) -> PreparedRoot {
        let stamp = try UnpackedImage(folder: path).stamp
        let digest = "folder:\(stamp)"
        if !isThere(digest) {
            report("almanac: making an image of \(path), once")
            try make(digest) { (work) throws(RunError) in
                try tools.makeImage(
                    ofFolder: path, owners: nil, list: "\(work)/owners",
                    file: "\(work)/made/\(Self.fileName)", errors: "\(work)/errors")
            }
        }
        return .image(file: "\(self.path(digest))/\(Self.fileName)", digest: digest)
    }

    // MARK: The cache

    /// Folder of a root.
    private func path(_ digest: String) -> String {
        "\(folder)/\(digest.replacingOccurrences(of: ":", with: "-"))"
    }

    private func isThere(_ digest: String) -> Bool {
        FileManager.default.fileExists(atPath: "\(path(digest))/\(Self.fileName)")
    }

    private func status(_ path: String) throws(RunError) -> FileStatus {
        do throws(Errno) {
            return try FileStatus(of: path)
        } catch {
            throw RunError(.usage, "cannot read \(path): \(error)")
        }
    }

    /// What was found for a source whose file has not changed since, or what `find` finds.
    private func digest(
        of source: String, _ status: FileStatus, _ find: () throws(RunError) -> String
    ) throws(RunError) -> String {
        let stamp = "\(status.size) \(status.modified) \(status.changed) \(status.inode) \(status.device)"
        let note = "\(folder)/source-\(TraceHash.text(TraceHash.of(Array(source.utf8))))"
        let lines = (try? String(contentsOfFile: note, encoding: .utf8))?.split(separator: "\n").map(
            String.init)
        if let lines, lines.count == 3, lines[0] == source, lines[1] == stamp, isThere(lines[2]) {
            return lines[2]
        }
        let digest = try find()
        try makeFolder(folder)
        // Without it the digest is computed again.
        try? "\(source)\n\(stamp)\n\(digest)\n".write(toFile: note, atomically: true, encoding: .utf8)
        return digest
    }

    /// Makes the folder of a root in one step: it is whole, or not there.
    ///
    /// - Parameter fill: fills the folder `made` in the folder that it gets, and may leave there what it needs meanwhile.
    private func make(_ digest: String, _ fill: (String) throws(RunError) -> Void) throws(RunError) {
        try makeFolder(folder)
        let lock = try lock()
        defer { withExtendedLifetime(lock) {} }
        // Another process may have made it meanwhile.
        guard !isThere(digest) else { return }
        let work = "\(folder)/unpacking"
        // What a killed process has left.
        UnpackedImage.remove(work)
        defer { UnpackedImage.remove(work) }
        try makeFolder("\(work)/made")
        try SignalSource.letEnd { () throws(RunError) in try fill(work) }
        guard unsafe rename("\(work)/made", path(digest)) == 0 else {
            throw RunError(.environment, "cannot rename \(work)/made: \(Errno(rawValue: errno))")
        }
    }

    private func lock() throws(RunError) -> FileLock {
        let path = "\(folder)/lock"
        var isWaiting = false
        while true {
            do throws(Errno) {
                return try FileLock(path: path)
            } catch .wouldBlock {
                if !isWaiting { report("almanac: waiting for another almanac, which unpacks an image") }
                isWaiting = true
                usleep(100_000)
            } catch {
                throw RunError(.environment, "cannot lock \(path): \(error)")
            }
        }
    }

    private func makeFolder(_ path: String) throws(RunError) {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw RunError(.environment, "cannot make \(path): \(error.localizedDescription)")
        }
    }
}
