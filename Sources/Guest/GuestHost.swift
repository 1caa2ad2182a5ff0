/// What a guest asks of the system it runs on: the seam at which tests put a script in the place of sockets and of the
/// real clock.
package protocol GuestHost: AnyObject {
    /// Monotonic real time, ns.
    var nanoseconds: UInt64 { get }
    /// Real time of day, ns since the epoch.
    var timeOfDay: UInt64 { get }
    /// Writes all bytes to the calendar.
    func write(_ bytes: [UInt8]) throws(GuestError)
    /// Reads at most `limit` bytes from the calendar, waiting for the first; none when it closed the connection.
    /// Descriptors that ride along are appended to `descriptors`, which then owns them.
    func read(limit: Int, descriptors: inout [Int32]) throws(GuestError) -> [UInt8]
    /// Closes the calendar's connection.
    func close()
    /// Waits until one of `sources` can be read, or else the calendar's connection if `link`, or until `deadline` on
    /// the clock of `nanoseconds`. Those earlier in the list come first.
    func wait(link: Bool, sources: [Int32], until deadline: UInt64?) throws(GuestError) -> GuestHostReadiness
}

/// What a guest's wait ended with.
package enum GuestHostReadiness: Hashable, Sendable {
    /// The calendar has sent something.
    case link
    /// The descriptor at this index of the list can be read.
    case source(Int)
    /// Nothing, and the deadline is over.
    case deadline
}
