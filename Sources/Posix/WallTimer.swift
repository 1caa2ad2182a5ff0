internal import CAlmanac
internal import Glibc
package import SystemPackage

/// A periodic timer on the host's clock (timerfd), for status lines and bounds; never for anything that a guest can observe.
package struct WallTimer: ~Copyable {
    /// Readable when a period is over, for the reactor.
    package let descriptor: Descriptor

    /// - Parameter milliseconds: the period, at least 1; the first one is over one period from now.
    package init(everyMilliseconds milliseconds: Int) throws(Errno) {
        precondition(milliseconds > 0, "a period is not empty")
        let period = CUnsignedInt(clamping: milliseconds)
        descriptor = Descriptor(owning: CInt(try Posix.retrying { Int(calmanac_timer_descriptor(period)) }))
    }

    /// Periods that are over since the last call; 0 when none is.
    package func expirations() throws(Errno) -> UInt64 {
        var count: UInt64 = 0
        let number = descriptor.number
        do throws(Errno) {
            // The kernel writes eight bytes or none.
            _ = try Posix.retrying { unsafe Glibc.read(number, &count, 8) }
        } catch .resourceTemporarilyUnavailable {
            return 0
        }
        return count
    }
}
