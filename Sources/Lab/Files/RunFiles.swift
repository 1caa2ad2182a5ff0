internal import Foundation
internal import Posix
internal import SystemPackage

/// Files that the machines of a run have left in its folder: on kept disks, and as artifacts.
package struct RunFiles {
    /// What was copied.
    package struct Copied {
        /// The file or folder on the host.
        package let target: String
        /// What is to be said about it, a line each.
        package let notes: [String]
    }

    private let folder: String

    /// - Parameter folder: the run folder.
    /// - Throws: when there is none, or its run continues.
    package init(of folder: String) throws(RunError) {
        let results = RunResults(of: folder)
        guard results.isThere, Self.isThere("\(folder)/\(RunFolder.lab)") else {
            throw RunError(.usage, "\(folder): there is no such run folder")
        }
        guard !results.isBeingWritten else {
            throw RunError(.usage, "\(folder) continues: its files can be read when the run has ended")
        }
        self.folder = folder
    }

    /// Copies a file or a folder of a machine to the host.
    ///
    /// - Parameters:
    ///   - path: in the machine.
    ///   - target: where it goes; in an existing folder under its own name. Nil: under its own name in the current folder.
    ///   - replaces: what is at the target is removed.
    package func copy(_ path: String, of machine: String, to target: String?, replacing replaces: Bool)
        throws(RunError) -> Copied
    {
        guard let guestPath = GuestPath(path) else {
            throw RunError(.usage, "\(machine):\(path) is no absolute path: write \(machine):/root/FILE")
        }
        guard FileName(machine.utf8) != nil, Self.isThere("\(folder)/machines/\(machine)") else {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/machines")) ?? []
            throw RunError(
                .usage,
                "\(folder) has no machine \(machine); its machines are \(names.sorted().joined(separator: ", "))"
            )
        }
        let destination = try Self.destination(
            target, name: guestPath.names.last?.description ?? machine, replacing: replaces)
        let scratch = try ScratchFolder(beside: destination)
        let (source, notes) = try copy(guestPath, of: machine, into: scratch)
        try scratch.move(source, to: destination)
        return Copied(target: destination, notes: notes)
    }

    private static func isThere(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    /// The path to write: nothing is there, or it may be replaced.
    private static func destination(_ target: String?, name: String, replacing: Bool) throws(RunError)
        -> String
    {
        var path = target ?? name
        if target != nil, path.hasSuffix("/") || isFolder(path) {
            while path.hasSuffix("/") { path.removeLast() }
            path += "/\(name)"
        }
        guard replacing || (try? NodeStatus(path: path)) == nil else {
            throw RunError(.usage, "\(path) exists: name another target, or replace it with --force")
        }
        return path
    }

    private static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
            && isFolder.boolValue
    }

    // MARK: Where it is

    private func copy(_ path: GuestPath, of machine: String, into scratch: borrowing ScratchFolder)
        throws(RunError)
        -> (source: String, notes: [String])
    {
        let disk = "\(folder)/machines/\(machine)/\(MachineDisk.fileName)"
        let artifacts = "\(folder)/machines/\(machine)/\(MachineArtifacts.folder)"
        var why = "the run kept no files of it: that needs `state: keep` or `artifacts` in its entry"
        if Self.isThere(disk) {
            let kept = try KeptDisk(path: disk, scratch: scratch.path)
            switch try kept.find(path) {
            case .found(let inode, let real):
                return try receive(real, "\(machine):\(path)", in: scratch) { (body) throws(RunError) in
                    try kept.copy(inode, at: real, body)
                }
            case .deleted(let real):
                why = "the machine deleted \(real)"
            case .missing(let real):
                why =
                    (try? NodeStatus(path: real.description)) == nil
                    ? "there is no \(real) on its disk"
                    : "it never wrote \(real): what it read there is the host's"
            case .inMemory(let memory):
                why =
                    "\(memory) was in its memory and not on its disk; `artifacts` in its entry copies from there"
            }
        }
        if let tree = ArtifactTree(artifacts), let real = tree.find(path) {
            return try receive(real, "\(machine):\(path)", in: scratch) { (body) throws(RunError) in
                try tree.copy(real, body)
            }
        }
        if !Self.isThere(disk), Self.isThere(artifacts) { why = "it is not among its artifacts" }
        throw RunError(.usage, "cannot get \(machine):\(path): \(why)")
    }

    /// Writes what `send` gives of the file or folder that is really at `real`.
    private func receive(
        _ real: GuestPath, _ name: String, in scratch: borrowing ScratchFolder,
        from send: ((FileEntry) -> Bool) throws(RunError) -> Void
    ) throws(RunError) -> (source: String, notes: [String]) {
        let receiver = try scratch.receiver(of: real)
        var notes: [String] = []
        try send { entry in
            if let problem = receiver.take(entry) { notes.append(problem) }
            return !receiver.isFull
        }
        if let problem = receiver.take(.end) { notes.append(problem) }
        if receiver.omittedLinks > 0 {
            notes.append("left out \(receiver.omittedLinks) symbolic links that lead out of \(real)")
        }
        let source = scratch.place(of: real)
        guard (try? NodeStatus(path: source)) != nil else {
            throw RunError(
                .usage, notes.first ?? "\(name) is neither a file nor a folder")
        }
        return (source, notes)
    }
}

/// A folder beside the target: what is complete there is moved to the target.
private struct ScratchFolder: ~Copyable {
    let path: String

    init(beside target: String) throws(RunError) {
        let parent = URL(fileURLWithPath: target).deletingLastPathComponent().path
        path = "\(parent)/.almanac-get-\(Posix.processID)"
        do {
            try FileManager.default.createDirectory(
                atPath: "\(path)/\(MachineArtifacts.folder)", withIntermediateDirectories: true)
        } catch {
            throw RunError(.usage, "cannot write in \(parent): \(error.localizedDescription)")
        }
    }

    /// Writes what is at a path of a machine to `place`.
    func receiver(of real: GuestPath) throws(RunError) -> FileReceiver {
        do throws(Errno) {
            return try FileReceiver(
                folder: "\(path)/\(MachineArtifacts.folder)", base: real.parent, scope: real, limits: .target)
        } catch {
            throw RunError(.environment, "cannot write \(path): \(error)")
        }
    }

    func place(of real: GuestPath) -> String {
        let folder = "\(path)/\(MachineArtifacts.folder)"
        return real.names.last.map { "\(folder)/\($0)" } ?? folder
    }

    /// Moves what is complete; what is at the target is removed.
    func move(_ source: String, to target: String) throws(RunError) {
        do {
            if (try? NodeStatus(path: target)) != nil { try FileManager.default.removeItem(atPath: target) }
            try FileManager.default.moveItem(atPath: source, toPath: target)
        } catch {
            throw RunError(.environment, "cannot write \(target): \(error.localizedDescription)")
        }
    }

    deinit {
        // It may be gone; what cannot be removed has a name that says what it is.
        try? FileManager.default.removeItem(atPath: path)
    }
}

/// Artifacts in the run folder, by their paths in the machine.
private struct ArtifactTree {
    /// Most symbolic links on the way to a file.
    private static let mostLinks = 40
    private let folder: String

    /// Nil if the folder is not there.
    init?(_ folder: String) {
        guard (try? NodeStatus(path: folder))?.kind == .folder else { return nil }
        self.folder = folder
    }

    private func place(_ path: GuestPath) -> String {
        path.names.isEmpty ? folder : folder + path.description
    }

    /// The path without symbolic links; nil if nothing is there. Links of the tree do not lead out of it.
    func find(_ path: GuestPath) -> GuestPath? {
        var rest = path.names[...]
        var here = GuestPath([])
        var links = 0
        while let name = rest.popFirst() {
            let next = here.appending(name)
            let status = try? NodeStatus(path: place(next))
            guard status == nil || status?.kind == .link else {
                here = next
                continue
            }
            links += 1
            // The machine sees links of the host, such as /bin.
            let link = status == nil ? next.description : place(next)
            guard links <= Self.mostLinks, let target = try? Posix.target(ofLink: link),
                let goal = here.resolving(target)
            else { return nil }
            rest = (goal.names + rest)[...]
            here = GuestPath([])
        }
        return here
    }

    /// Gives what is at a path without symbolic links.
    ///
    /// - Parameter body: returns false to end that.
    func copy(_ path: GuestPath, _ body: (FileEntry) -> Bool) throws(RunError) {
        do {
            _ = try walk(path, body)
        } catch {
            throw RunError(.environment, "cannot read \(place(path)): \(error)")
        }
    }

    private func walk(_ path: GuestPath, _ body: (FileEntry) -> Bool) throws -> Bool {
        let place = place(path)
        let status = try NodeStatus(path: place)
        switch status.kind {
        case .folder:
            guard body(.folder(path: path.bytes, mode: status.mode, changed: status.changed)) else {
                return false
            }
            for name in try FileManager.default.contentsOfDirectory(atPath: place).sorted() {
                guard let name = FileName(name.utf8) else { continue }
                guard try walk(path.appending(name), body) else { return false }
            }
        case .link:
            return body(.link(path: path.bytes, target: try Posix.target(ofLink: place)))
        case .file:
            guard body(.file(path: path.bytes, mode: status.mode, changed: status.changed)) else {
                return false
            }
            let file = try Posix.open(place, .readOnly)
            var offset: UInt64 = 0
            while true {
                let bytes = try file.readUpTo(256 * 1024, at: offset)
                guard !bytes.isEmpty else { return true }
                guard body(.content(bytes)) else { return false }
                offset += UInt64(bytes.count)
            }
        case .other:
            break
        }
        return true
    }
}
