/// The time source of Swift code on simulated time: a guest connected to a calendar, or a model in the calendar's own
/// process.
package protocol GuestTimeline: AnyObject {
    /// The guest's time, ns.
    var now: UInt64 { get }
    /// Adds an event that is not pending.
    func add(_ event: GuestEvent, at time: UInt64) throws(GuestError)
    /// Removes an event; false when it was not pending.
    @discardableResult
    func remove(_ event: GuestEvent) -> Bool
    /// Called when a program polls the clock: lets a little time pass.
    func readAgain() throws(GuestError)
}

extension GuestTime: GuestTimeline {
    package func readAgain() throws(GuestError) { _ = try readClock() }
}
