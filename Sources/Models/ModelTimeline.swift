internal import Guest

/// The time of a model machine: its host sets the time and asks for the next event.
final class ModelTimeline: GuestTimeline {
    /// ns since the machine started.
    private(set) var now: UInt64 = 0
    private var events = EventList()

    /// Moves on to `time`.
    func move(to time: UInt64) {
        precondition(time >= now, "a model's time went back from \(now) to \(time)")
        now = time
    }

    /// The next event's time; nil when there is none before the end of time.
    var next: UInt64? {
        guard let first = events.first, first.time < GuestTime.never else { return nil }
        return first.time
    }

    /// Delivers the first event if its time has come.
    func deliverDue() throws(GuestError) -> Bool {
        guard let first = events.first, first.time <= now else { return false }
        events.remove(first)
        try first.deliver()
        return true
    }

    func add(_ event: GuestEvent, at time: UInt64) throws(GuestError) {
        events.add(event, at: max(time, now))
    }

    @discardableResult
    func remove(_ event: GuestEvent) -> Bool { events.remove(event) }

    func readAgain() throws(GuestError) {
        preconditionFailure("a model waits by looking at its clock: time stands while it does; let it sleep")
    }
}
