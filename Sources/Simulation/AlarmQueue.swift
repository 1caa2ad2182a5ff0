internal import Calendar

/// Alarms in the order of (instant, number).
struct AlarmQueue: Sendable {
    private var queue = EventQueue()

    /// Alarms that are pending. O(1)
    var count: Int { queue.count }

    /// The first alarm's instant. O(1)
    var first: Instant? { queue.first?.time }

    /// Adds an alarm; the handle removes it. O(log n)
    ///
    /// - Parameter number: not negative; each pending alarm has its own.
    mutating func insert(_ number: Int, at instant: Instant) -> EventQueue.Handle {
        queue.insert(
            EventKey(time: instant, kind: .arrival, participant: 0, sequence: UInt64(number)), payload: number
        )
    }

    /// Takes out the first alarm if it is due at `instant`. O(log n)
    mutating func popFirst(dueAt instant: Instant) -> Int? {
        guard let first = queue.first, first.time <= instant else { return nil }
        return queue.popFirst()?.payload
    }

    /// Removes an alarm. O(log n)
    mutating func remove(_ alarm: EventQueue.Handle) { queue.remove(alarm) }
}
