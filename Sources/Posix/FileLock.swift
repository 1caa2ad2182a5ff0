internal import CAlmanac
internal import Glibc
package import SystemPackage

/// A lock on a file that ends with its owner, however that ends (flock(2)).
package final class FileLock: Sendable {
    private let file: Descriptor

    /// Locks the file at `path`, which is made if it is not there. Throws `.wouldBlock` when somebody else has it.
    package init(path: String) throws(Errno) {
        file = try Posix.open(path, [.writeOnly, .create])
        let number = file.number
        _ = try Posix.retrying { Int(calmanac_lock(number, true)) }
    }

    /// A process holds the lock of the file at `path`. A file that does not exist, or cannot be opened, is not locked.
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
