internal import Foundation
internal import Posix
internal import SystemPackage

/// The disk of a machine with `state: keep`, after its run: what the machine has written to its root.
///
/// `Kernel/init/root.c` lays it out: the folder `upper` is the upper layer of an overlay over the host's files. What the machine never wrote
/// is not in it; what it deleted is a character device 0/0. Folders that are in the machine's memory hide what is below them.
struct KeptDisk {
    /// What is found at a path.
    enum Lookup {
        /// It is there, and this is its path without symbolic links.
        case found(Ext4Inode, GuestPath)
        /// The machine deleted it.
        case deleted(GuestPath)
        /// The machine never wrote it.
        case missing(GuestPath)
        /// A folder that the machine has in its memory holds it.
        case inMemory(folder: String)
    }

    /// Folders that are not on the disk (`make_root_writable`).
    static let memoryFolders = [
        "/dev", "/proc", "/sys", "/tmp", "/run", "/var/log",
    ].compactMap { GuestPath($0) }
    /// Most symbolic links on the way to a file.
    private static let mostLinks = 40

    private let image: Ext4Image
    private let upper: Ext4Inode

    /// - Parameters:
    ///   - path: the image, which is only read.
    ///   - scratch: a folder for `disk.copy`, a copy of it, which an image needs that was not unmounted: its journal is replayed there.
    init(path: String, scratch: String) throws(RunError) {
        do throws(Ext4Image.Failure) {
            var image = try Ext4Image(path: path)
            if !image.isClean {
                let copy = "\(scratch)/disk.copy"
                defer { unlinkIfThere(copy) }
                do throws(RunError) {
                    try Self.replayJournal(of: path, in: copy)
                } catch {
                    throw Ext4Image.Failure(error.description)
                }
                // The descriptor stays open when the copy's name is gone.
                image = try Ext4Image(path: copy)
            }
            self.image = image
            let root = try image.inode(Ext4Image.root)
            guard let name = FileName("upper".utf8),
                let entry = try image.entries(of: root).first(where: { $0.name == name })
            else {
                throw Ext4Image.Failure("\(path) has no folder `upper`: the machine never booted from it")
            }
            upper = try image.inode(entry.inode)
        } catch {
            throw RunError(.environment, error.description)
        }
    }

    /// Copies the image and replays the copy's journal.
    private static func replayJournal(of path: String, in copy: String) throws(RunError) {
        let copying = try HelperProgram.run(
            try program("cp", package: "coreutils"), ["--reflink=auto", "--sparse=auto", path, copy],
            quiet: true)
        guard copying.status == 0 else { throw RunError(.environment, "cannot copy \(path) to \(copy)") }
        let checking = try HelperProgram.run(
            try program("e2fsck", package: "e2fsprogs"), ["-f", "-y", copy], quiet: true)
        // 1: errors were corrected; 4 and more: some are left (e2fsck(8)).
        guard checking.status < 4 else {
            throw RunError(
                .environment, "e2fsck cannot repair a copy of \(path): it ends with \(checking.status)")
        }
    }

    /// The path of a program of the host; those of the administrator may not be in the user's PATH.
    private static func program(_ name: String, package: String) throws(RunError) -> String {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let folders = path.split(separator: ":").map(String.init).filter { $0.hasPrefix("/") }
        for folder in folders + ["/usr/bin", "/bin", "/usr/sbin", "/sbin"]
        where FileManager.default.isExecutableFile(atPath: "\(folder)/\(name)") {
            return "\(folder)/\(name)"
        }
        throw RunError(.environment, "there is no program \(name): install the package \(package)")
    }

    // MARK: Finding

    /// Finds what a path of the machine names; symbolic links are followed as the machine would, those of the host too.
    func find(_ path: GuestPath) throws(RunError) -> Lookup {
        try reading { () throws(Ext4Image.Failure) in
            var rest = path.names[...]
            var here = GuestPath([])
            var inode = upper
            var links = 0
            while let name = rest.popFirst() {
                let next = here.appending(name)
                if Self.memoryFolders.contains(next) { return .inMemory(folder: next.description) }
                var found: Ext4Inode?
                if inode.kind == .folder {
                    let entry = try image.entries(of: inode).first { $0.name == name }
                    found = try entry.map { (entry) throws(Ext4Image.Failure) in try image.inode(entry.inode)
                    }
                }
                var target: [UInt8]?
                switch found?.kind {
                case .whiteout: return .deleted(next)
                case .link: target = try found.map(image.target)
                case nil: target = Self.hostTarget(next)
                default: break
                }
                if let target {
                    links += 1
                    guard links <= Self.mostLinks, let goal = here.resolving(target) else {
                        return .missing(next)
                    }
                    rest = (goal.names + rest)[...]
                    (here, inode) = (GuestPath([]), upper)
                } else if let found {
                    (here, inode) = (next, found)
                } else {
                    return .missing(GuestPath(next.names + rest))
                }
            }
            return .found(inode, here)
        }
    }

    /// A symbolic link of the host that the machine sees.
    private static func hostTarget(_ path: GuestPath) -> [UInt8]? {
        try? Posix.target(ofLink: path.description)
    }

    // MARK: Copying

    /// Gives a file, or a folder with all that is in it, as entries. Deleted files, devices, sockets and pipes are left out.
    ///
    /// - Parameter body: returns false to end that.
    func copy(_ inode: Ext4Inode, at path: GuestPath, _ body: (FileEntry) -> Bool) throws(RunError) {
        try reading { () throws(Ext4Image.Failure) in _ = try walk(inode, path, depth: 0, body) }
    }

    /// Deepest folder.
    private static let deepest = 256

    private func walk(_ inode: Ext4Inode, _ path: GuestPath, depth: Int, _ body: (FileEntry) -> Bool)
        throws(Ext4Image.Failure)
        -> Bool
    {
        let bytes = path.bytes
        switch inode.kind {
        case .file:
            guard body(.file(path: bytes, mode: inode.mode, changed: inode.changed)) else { return false }
            var goesOn = true
            try image.read(inode) { (piece) throws(Ext4Image.Failure) in
                goesOn = body(.content(piece))
                return goesOn
            }
            return goesOn
        case .link:
            return body(.link(path: bytes, target: try image.target(of: inode)))
        case .folder:
            guard body(.folder(path: bytes, mode: inode.mode, changed: inode.changed)) else { return false }
            guard depth < Self.deepest else {
                throw Ext4Image.Failure("\(path) is too deep: at most \(Self.deepest) folders")
            }
            for entry in try image.entries(of: inode) {
                let inner = try image.inode(entry.inode)
                guard try walk(inner, path.appending(entry.name), depth: depth + 1, body) else {
                    return false
                }
            }
            return true
        case .whiteout, .other:
            return true
        }
    }

    private func reading<Result>(_ body: () throws(Ext4Image.Failure) -> Result) throws(RunError) -> Result {
        do throws(Ext4Image.Failure) {
            return try body()
        } catch {
            throw RunError(.environment, "the disk: \(error)")
        }
    }

    /// What a pattern matches.
    func matches(of pattern: GuestPath) throws(RunError) -> [(inode: Ext4Inode, path: GuestPath)] {
        var found: [GuestPath] = [GuestPath([])]
        for name in pattern.names {
            var next: [GuestPath] = []
            for path in found {
                guard name.bytes.contains(where: { "*?[\\".utf8.contains($0) }) else {
                    next.append(path.appending(name))
                    continue
                }
                guard case .found(let folder, let real) = try find(path), folder.kind == .folder else {
                    continue
                }
                let names = try reading { () throws(Ext4Image.Failure) in try image.entries(of: folder) }
                next += names.filter { $0.name.matches(name) }.map { real.appending($0.name) }
            }
            found = next
        }
        var matches: [(inode: Ext4Inode, path: GuestPath)] = []
        for path in found {
            if case .found(let inode, let real) = try find(path) { matches.append((inode, real)) }
        }
        return matches
    }
}

private func unlinkIfThere(_ path: String) {
    // A copy that is gone is what is wanted.
    try? FileManager.default.removeItem(atPath: path)
}
