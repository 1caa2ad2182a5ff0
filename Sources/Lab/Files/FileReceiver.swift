internal import Posix
internal import SystemPackage

/// Writes files of a machine into a folder of the host. A machine may send what it likes: nothing is written outside of the folder, links
/// that would lead out of it are left out, and its size is bounded.
final class FileReceiver {
    /// How much is written.
    struct Limits {
        /// Bytes of files.
        var bytes: UInt64
        /// Files, folders and links.
        var entries: UInt64

        /// Of the artifacts of a machine.
        static let artifacts = Limits(bytes: 1 << 30, entries: 100_000)
        /// Of what is copied from a kept disk, which has that size.
        static let target = Limits(bytes: MachineDisk.size, entries: 1_000_000)
    }

    /// Most entries that are refused before the rest is dropped.
    private static let mostRefused = 20
    /// Longest path, bytes: with that of the folder it must be a path of the host.
    private static let longestPath = 2048

    private let tree: FileTree
    /// What paths begin with that stand in the folder itself.
    private let base: GuestPath
    /// Links may lead to what is in here.
    private let scope: GuestPath
    private var left: Limits
    private var file: OpenFile?
    private var refused = 0
    /// Nothing more is written.
    private(set) var isFull = false
    /// All that was to come has come.
    private(set) var isComplete = false
    /// Links that were left out.
    private(set) var omittedLinks = 0
    private(set) var count = 0

    /// The file whose pieces come.
    private final class OpenFile {
        let file: Descriptor
        let path: GuestPath
        let changed: Int64
        var length: UInt64 = 0

        init(_ file: consuming Descriptor, _ path: GuestPath, changed: Int64) {
            self.file = file
            self.path = path
            self.changed = changed
        }
    }

    /// - Parameter folder: an existing folder.
    init(folder: String, base: GuestPath = GuestPath([]), scope: GuestPath = GuestPath([]), limits: Limits)
        throws(Errno)
    {
        tree = try FileTree(path: folder)
        self.base = base
        self.scope = scope
        left = limits
    }

    /// Takes an entry; returns a problem, if there is one.
    func take(_ entry: FileEntry) -> String? {
        guard !isFull, !isComplete else {
            if case .end = entry { isComplete = true }
            return nil
        }
        do throws(Refusal) {
            switch entry {
            case .content(let bytes):
                try write(bytes)
            case .folder(let path, let mode, _):
                try closeFile()
                let path = try checked(path)
                try writing(path) { () throws(Errno) in try tree.makeFolder(place(path), mode: mode) }
            case .file(let path, let mode, let changed):
                try closeFile()
                let path = try checked(path)
                file = OpenFile(
                    try writing(path) { () throws(Errno) in try tree.createFile(place(path), mode: mode) },
                    path, changed: changed)
            case .link(let path, let target):
                try closeFile()
                try link(try checked(path), target)
            case .end:
                isComplete = true
                try closeFile()
            }
            return nil
        } catch {
            if error.isFinal { isFull = true }
            refused += 1
            if refused == Self.mostRefused { isFull = true }
            return isFull ? "\(error.problem); what comes after it is missing" : error.problem
        }
    }

    /// An entry that is not written.
    private struct Refusal: Error {
        let problem: String
        /// No other will be.
        var isFinal = false
    }

    /// The path in the folder.
    private func place(_ path: GuestPath) -> ArraySlice<FileName> { path.names.dropFirst(base.names.count) }

    private func checked(_ bytes: [UInt8]) throws(Refusal) -> GuestPath {
        guard let path = GuestPath(bytes), path.isInside(base), bytes.count <= Self.longestPath else {
            let text = String(decoding: bytes.prefix(100), as: UTF8.self).debugDescription
            throw Refusal(problem: "\(text) is no path of a file to copy")
        }
        guard left.entries > 0 else {
            throw Refusal(problem: "more than \(count) files are not copied: \(path)", isFinal: true)
        }
        left.entries -= 1
        count += 1
        return path
    }

    private func write(_ bytes: [UInt8]) throws(Refusal) {
        // Of a file that was refused.
        guard let file else { return }
        let some = bytes.prefix(Int(min(left.bytes, UInt64(bytes.count))))
        left.bytes -= UInt64(some.count)
        // Zeros take no room.
        if some.contains(where: { $0 != 0 }) {
            try writing(file.path) { () throws(Errno) in try file.file.write(Array(some), at: file.length) }
        }
        file.length += UInt64(some.count)
        guard some.count == bytes.count else {
            try closeFile()
            throw Refusal(
                problem: "more bytes are not copied: the end of \(file.path)", isFinal: true)
        }
    }

    private func closeFile() throws(Refusal) {
        guard let file else { return }
        self.file = nil
        try writing(file.path) { () throws(Errno) in
            try file.file.resize(to: file.length)
            try Posix.setChanged(file.changed, of: file.file)
        }
    }

    private func link(_ path: GuestPath, _ target: [UInt8]) throws(Refusal) {
        guard let goal = path.parent.resolving(target), goal.isInside(scope), path != scope else {
            omittedLinks += 1
            return
        }
        try writing(path) { () throws(Errno) in
            try tree.createLink(place(path), to: path.parent.relative(to: goal))
        }
    }

    private func writing<Result: ~Copyable>(_ path: GuestPath, _ body: () throws(Errno) -> Result)
        throws(Refusal)
        -> Result
    {
        do throws(Errno) {
            return try body()
        } catch {
            // A machine that sends a path twice or through a link gets these; all others are the host's.
            let isGuests = [.fileExists, .notDirectory, .isDirectory, .tooManySymbolicLinkLevels].contains(
                error)
            throw Refusal(problem: "cannot write \(path): \(error)", isFinal: !isGuests)
        }
    }
}
