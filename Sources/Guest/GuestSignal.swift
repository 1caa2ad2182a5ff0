/// A condition that one guest task waits for and another signals.
///
/// Everything about it happens on the guest's own executor.
public final class GuestSignal: @unchecked Sendable {
    private let clock: GuestClock
    private var waiters: [GuestWaiter] = []

    /// A signal among the tasks of the guest whose clock this is.
    public init(_ clock: GuestClock) { self.clock = clock }

    /// It has happened (say it from a task of the guest or from an event, not from an interrupt's handler: that comes while
    /// the guest waits): everybody who waits goes on, first come first served. Nobody waiting, nothing happens.
    public func signal() {
        let waiters = waiters
        self.waiters = []
        for waiter in waiters {
            clock.state.timeline.remove(waiter.event)
            waiter.isSignalled = true
            waiter.resume()
        }
    }

    /// Waits for the signal, at most until `deadline`.
    ///
    /// - Returns: it has happened; false when the deadline came first.
    /// - Throws: `CancellationError`, or the `GuestError` that ended the guest.
    public func wait(until deadline: GuestClock.Instant) async throws -> Bool {
        try Task.checkCancellation()
        try clock.state.checkFailure()
        guard deadline > clock.instant else { return false }
        let end: @Sendable (GuestWaiter) -> Void = { [self] waiter in remove(waiter) }
        let waiter = try await clock.state.wait(end: end) { waiter, state throws(GuestError) in
            waiters.append(waiter)
            try state.timeline.add(waiter.event, at: UInt64(deadline.nanoseconds))
        }
        remove(waiter)
        return waiter.isSignalled
    }

    private func remove(_ waiter: GuestWaiter) { waiters.removeAll { $0 === waiter } }
}
