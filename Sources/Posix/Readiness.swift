internal import CAlmanac
internal import Glibc
package import SystemPackage

extension Posix {
    /// Waits until one of `descriptors` (1024 at most) can be read, has ended or has failed: its index, the first if
    /// several are. Nil when the time is over or a signal came.
    ///
    /// - Parameter deadline: on the clock of `wallNanoseconds()`; nil for none.
    package static func waitReadable(_ descriptors: [CInt], until deadline: UInt64?) throws(Errno) -> Int? {
        var timeout: Int64 = -1
        if let deadline {
            let now = wallNanoseconds()
            timeout = deadline > now ? Int64(clamping: deadline - now) : 0
        }
        // The array outlives the call.
        let index = unsafe calmanac_wait_readable(descriptors, descriptors.count, timeout)
        guard index != -2 else { throw Errno(rawValue: errno) }
        return index >= 0 ? Int(index) : nil
    }

    /// The wall clock, ns since the epoch.
    package static func timeOfDayNanoseconds() -> UInt64 {
        var now = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &now)
        return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
    }
}
