internal import CAlmanac
internal import Glibc
package import SystemPackage

/// A lock on a file, which the kernel releases when its owner exits (flock(2)).
package final class FileLock: Sendable {
    private let file: Descriptor

    /// Locks the file at `path`, which is created if it does not exist. Throws `.wouldBlock` when another process holds the lock.
    package init(path: String) throws(Errno) {
        file = try Posix.open(path, [.writeOnly, .create])
        let number = file.number
        _ = try Posix.retrying { Int(calmanac_lock(number, true)) }
    }

    /// Whether a process holds the lock of the file at `path`. A file that does not exist, or cannot be read, has none.
    package static func isHeld(path: String) -> Bool {
        guard let file = try? Posix.open(path, .readOnly) else { return false }
        let number = file.number
        do throws(Errno) {
            _ = try Posix.retrying { Int(calmanac_lock(number, false)) }
            return false
        } catch {
            return error == .wouldBlock
        }
    }
}
