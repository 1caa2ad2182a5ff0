internal import CAlmanac
internal import Glibc
package import SystemPackage

/// What the host says of an entry of a folder, be it a symbolic link (lstat(2)).
package struct EntryStatus: Hashable, Sendable {
    /// Permission bits, and those for set-user-ID, set-group-ID and sticky.
    package let permissions: UInt32
    package let isFolder: Bool
    package let isLink: Bool
    /// Changes when the entry is replaced or changed.
    package let stamp: String

    package init(of path: String) throws(Errno) {
        var status = stat()
        // Filled by the call.
        _ = try Posix.retrying { unsafe Int(lstat(path, &status)) }
        permissions = status.st_mode & 0o7777
        isFolder = status.st_mode & S_IFMT == S_IFDIR
        isLink = status.st_mode & S_IFMT == S_IFLNK
        stamp =
            "\(status.st_mode) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec) "
            + "\(status.st_ctim.tv_sec).\(status.st_ctim.tv_nsec) \(status.st_ino)"
    }
}

extension Posix {
    /// An extended attribute of a file, at most 256 bytes; none when it has none.
    package static func attribute(_ name: String, of path: String) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = unsafe bytes.withUnsafeMutableBytes { room in
            unsafe calmanac_attribute(path, name, room.baseAddress, room.count)
        }
        return count > 0 ? Array(bytes[..<count]) : []
    }
}
