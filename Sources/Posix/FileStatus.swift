internal import CAlmanac
internal import Glibc
package import SystemPackage

/// What the host says of a file, symbolic links followed (stat(2)).
package struct FileStatus: Hashable, Sendable {
    /// Length, bytes.
    package let size: UInt64
    /// When its contents changed, ns since 1970.
    package let modified: Int64
    /// When anything of it changed, ns since 1970; programs cannot set it.
    package let changed: Int64
    package let inode: UInt64
    package let device: UInt64
    package let isRegular: Bool

    package init(of path: String) throws(Errno) {
        var status = stat()
        // Filled by the call.
        _ = try Posix.retrying { unsafe Int(stat(path, &status)) }
        size = UInt64(status.st_size)
        modified = Self.nanoseconds(status.st_mtim)
        changed = Self.nanoseconds(status.st_ctim)
        inode = UInt64(status.st_ino)
        device = UInt64(status.st_dev)
        isRegular = status.st_mode & S_IFMT == S_IFREG
    }

    private static func nanoseconds(_ time: timespec) -> Int64 {
        Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }
}
