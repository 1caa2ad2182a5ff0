internal import Glibc
package import SystemPackage

/// A user of the host.
package struct HostUser: Hashable, Sendable {
    package let user: UInt32
    package let group: UInt32

    /// The user `nobody`, who owns nothing; nil if the host has none.
    package static var nobody: HostUser? {
        // The entry is read at once.
        guard let entry = unsafe getpwnam("nobody"), unsafe entry.pointee.pw_uid != 0 else { return nil }
        return unsafe HostUser(user: entry.pointee.pw_uid, group: entry.pointee.pw_gid)
    }

    /// This process is root's.
    package static var isRoot: Bool { geteuid() == 0 }

    /// Whether users who own nothing can reach `path` and read it, or, if it is a folder, enter it. What does not exist counts as its folder.
    package static func everybodyReads(_ path: String) -> Bool {
        var part = path
        var isLast = true
        while true {
            var status = stat()
            if unsafe stat(part, &status) == 0 {
                let isFolder = status.st_mode & S_IFMT == S_IFDIR
                guard status.st_mode & (isFolder || !isLast ? S_IXOTH : S_IROTH) != 0 else { return false }
                isLast = false
            }
            guard let slash = part.lastIndex(of: "/"), part != "/" else { return true }
            part = slash == part.startIndex ? "/" : String(part[..<slash])
        }
    }
}

extension Posix {
    /// Gives a file to a user.
    package static func give(_ path: String, to owner: HostUser) throws(Errno) {
        _ = try Posix.retrying { unsafe Int(chown(path, owner.user, owner.group)) }
    }
}
