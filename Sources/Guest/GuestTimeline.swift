/// What Swift code on simulated time needs of whoever keeps the time: a guest that talks to a calendar, or a model inside
/// the calendar's own process.
package protocol GuestTimeline: AnyObject {
    /// The guest's time, ns.
    var now: UInt64 { get }
    /// Adds an event that is not pending.
    func add(_ event: GuestEvent, at time: UInt64) throws(GuestError)
    /// Takes an event out; false when it was not pending.
    @discardableResult
    func remove(_ event: GuestEvent) -> Bool
    /// Looking at the clock has become a way of waiting: lets a little time pass.
    func readAgain() throws(GuestError)
}

extension GuestTime: GuestTimeline {
    package func readAgain() throws(GuestError) { _ = try readClock() }
}
