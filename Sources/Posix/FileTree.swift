internal import CAlmanac
internal import Glibc
package import SystemPackage

/// The name of a file in its folder: not empty, at most 255 bytes, neither `.` nor `..`, and without `/` and zero.
package struct FileName: Hashable, Sendable, CustomStringConvertible {
    package let bytes: [UInt8]

    /// Nil if the bytes are no name.
    package init?(_ bytes: some Sequence<UInt8>) {
        let bytes = Array(bytes)
        guard !bytes.isEmpty, bytes.count <= Int(NAME_MAX), !bytes.contains(0),
            !bytes.contains(UInt8(ascii: "/")), bytes != Array(".".utf8), bytes != Array("..".utf8)
        else { return nil }
        self.bytes = bytes
    }

    package var description: String { String(decoding: bytes, as: UTF8.self) }

    /// Whether a shell's pattern matches the name: hidden files need a dot in the pattern.
    package func matches(_ pattern: FileName) -> Bool {
        unsafe pattern.withPointer { pattern in
            unsafe withPointer { unsafe fnmatch(pattern, $0, FNM_PERIOD) == 0 }
        }
    }

    /// The pointer ends in zero and lives as long as the call.
    fileprivate func withPointer<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
        unsafe (bytes.map { CChar(bitPattern: $0) } + [0]).withUnsafeBufferPointer { buffer in
            // The buffer is not empty: it has the zero.
            unsafe body(buffer.baseAddress!)
        }
    }
}

/// A folder that is filled with files whose names and order are not trusted. Nothing is written outside of it: no symbolic link is
/// followed, and no file is opened that is there already.
package struct FileTree: ~Copyable {
    private let root: Descriptor

    /// Opens an existing folder.
    package init(path: String) throws(Errno) {
        root = try Posix.open(path, [.readOnly, .directory])
    }

    /// Makes a folder and those above it; one that is there gets the mode.
    package func makeFolder(_ path: some Collection<FileName>, mode: UInt32) throws(Errno) {
        let folder = try open(path)
        // The owner must be able to fill it and to delete it.
        _ = try Posix.retrying { Int(fchmod(folder.number, mode & 0o755 | 0o700)) }
    }

    /// Creates a file, and the folders above it.
    package func createFile(_ path: some BidirectionalCollection<FileName>, mode: UInt32) throws(Errno)
        -> Descriptor
    {
        guard let name = path.last else { throw .isDirectory }
        let folder = try open(path.dropLast())
        let number = try Posix.retrying {
            unsafe name.withPointer {
                let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
                return unsafe Int(openat(folder.number, $0, flags, 0o600))
            }
        }
        let file = Descriptor(owning: CInt(number))
        _ = try Posix.retrying { Int(fchmod(file.number, mode & 0o755 | 0o600)) }
        return file
    }

    /// Creates a symbolic link, and the folders above it.
    package func createLink(_ path: some BidirectionalCollection<FileName>, to target: [UInt8]) throws(Errno)
    {
        guard let name = path.last else { throw .isDirectory }
        let folder = try open(path.dropLast())
        let text = target.map { CChar(bitPattern: $0) } + [0]
        _ = try Posix.retrying {
            unsafe name.withPointer { unsafe Int(symlinkat(text, folder.number, $0)) }
        }
    }

    /// Opens a folder of the tree; those that are missing on the way are made.
    private func open(_ path: some Collection<FileName>) throws(Errno) -> Descriptor {
        var folder = try root.duplicate()
        for name in path {
            let parent = folder.number
            let made = unsafe name.withPointer { unsafe mkdirat(parent, $0, 0o755) }
            if made < 0, errno != EEXIST { throw Errno(rawValue: errno) }
            let number = try Posix.retrying {
                unsafe name.withPointer {
                    let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
                    return unsafe Int(openat(parent, $0, flags, 0))
                }
            }
            folder = Descriptor(owning: CInt(number))
        }
        return folder
    }
}

/// What the host says of a file before it is read, symbolic links not followed (lstat(2)).
package struct NodeStatus: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case file
        case folder
        case link
        /// A device, a socket or a pipe.
        case other
    }

    package let kind: Kind
    package let mode: UInt32
    /// When it was changed, ns since the epoch.
    package let changed: Int64

    /// Of the file at `path`, not of what a link leads to.
    package init(path: String) throws(Errno) {
        var status = stat()
        _ = try Posix.retrying { unsafe Int(lstat(path, &status)) }
        switch status.st_mode & S_IFMT {
        case S_IFREG: kind = .file
        case S_IFDIR: kind = .folder
        case S_IFLNK: kind = .link
        default: kind = .other
        }
        mode = status.st_mode & 0o7777
        changed = Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
    }
}

extension Posix {
    /// Sets when an open file was changed, ns since the epoch.
    package static func setChanged(_ nanoseconds: Int64, of file: borrowing Descriptor) throws(Errno) {
        let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        let time = timespec(
            tv_sec: Int(rest < 0 ? seconds - 1 : seconds),
            tv_nsec: Int(rest < 0 ? rest + 1_000_000_000 : rest))
        let number = file.number
        _ = try retrying { unsafe Int(futimens(number, [time, time])) }
    }

    /// The target of a symbolic link.
    package static func target(ofLink path: String) throws(Errno) -> [UInt8] {
        var target = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = try retrying {
            unsafe target.withUnsafeMutableBytes { buffer in
                unsafe readlink(path, buffer.baseAddress!.assumingMemoryBound(to: CChar.self), buffer.count)
            }
        }
        return Array(target.prefix(count))
    }
}
