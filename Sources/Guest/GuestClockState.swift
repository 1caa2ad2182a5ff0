/// What a guest's clock and its waiting tasks share. Only the executor's thread touches it; that is checked.
final class GuestClockState: @unchecked Sendable {
    /// Looks at the clock that an instant gives away.
    static let freeReads = 1000

    let timeline: any GuestTimeline
    let executor: GuestExecutor
    /// Why the guest ended; every wait throws it from then on.
    private(set) var failure: GuestError?
    private var lastRead: UInt64 = 0
    private var reads = 0

    init(_ timeline: any GuestTimeline, _ executor: GuestExecutor) {
        self.timeline = timeline
        self.executor = executor
    }

    private func check() {
        precondition(executor.isCurrent, "a guest's clock is used outside the guest's own thread")
    }

    /// The time, ns.
    func read() -> UInt64 {
        check()
        // There is no time any more: loops that wait for it to pass must end.
        guard failure == nil else { return GuestTime.never }
        let now = timeline.now
        reads = now == lastRead ? reads + 1 : 1
        lastRead = now
        guard reads > Self.freeReads else { return now }
        do throws(GuestError) {
            try timeline.readAgain()
        } catch {
            fail(error)
            return GuestTime.never
        }
        return timeline.now
    }

    /// The guest is over.
    func fail(_ error: GuestError) { failure = failure ?? error }

    func checkFailure() throws(GuestError) {
        check()
        if let failure { throw failure }
    }

    /// Suspends the task until the waiter's event, which `begin` arranges, has happened; or it is cancelled, and then
    /// `end` undoes what `begin` did besides adding the event.
    ///
    /// - Returns: the waiter.
    @discardableResult
    func wait(
        end: @escaping @Sendable (GuestWaiter) -> Void = { _ in },
        begin: (GuestWaiter, GuestClockState) throws(GuestError) -> Void
    ) async throws -> GuestWaiter {
        let waiter = GuestWaiter()
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation {
                (continuation: CheckedContinuation<Void, any Error>) in
                guard !waiter.isCancelled else { return continuation.resume(throwing: CancellationError()) }
                waiter.continuation = continuation
                do throws(GuestError) {
                    try begin(waiter, self)
                } catch {
                    fail(error)
                    waiter.resume(throwing: error)
                }
            }
        } onCancel: {
            executor.call { [self] in
                waiter.isCancelled = true
                timeline.remove(waiter.event)
                end(waiter)
                waiter.resume(throwing: CancellationError())
            }
        }
        return waiter
    }
}

/// A suspended task and the event that resumes it. Only the executor's thread touches it.
final class GuestWaiter: @unchecked Sendable {
    var continuation: CheckedContinuation<Void, any Error>?
    var isCancelled = false
    /// What it waits for besides its event.
    var interrupt: GuestInterrupt?
    /// It goes on because of a signal and not because its time is over.
    var isSignalled = false
    private(set) lazy var event = GuestEvent { [weak self] () throws(GuestError) in self?.resume() }

    func resume() {
        continuation?.resume()
        continuation = nil
    }

    func resume(throwing error: any Error) {
        continuation?.resume(throwing: error)
        continuation = nil
    }
}
