/// A guest written in Swift: a full participant of a simulation, as a User Mode Linux machine is one.
///
/// ```swift
/// let guest = try Guest(ClockOptions(mode: .external(id: 7, path: "/tmp/calendar")))
/// try guest.run { guest in
///     try await guest.clock.sleep(for: .seconds(3600))
/// }
/// ```
///
/// `run` runs async Swift on an executor of the guest's own: one thread, first come first served; when nothing is runnable
/// the guest waits for its next event or an interrupt. Code takes no simulated time (in modes `off` and `basic` it takes
/// the real time it takes). Child tasks (`async let`, task groups) stay on the executor, and so do tasks made by `spawn`;
/// a plain `Task { }` does not: it leaves the simulation.
public final class Guest: @unchecked Sendable {
    /// The guest's time at the level of a kernel: events, timers, delays. Only from within `run`, or before it.
    public let time: GuestTime
    /// The guest's time as Swift's `Clock`.
    public let clock: GuestClock
    private let executor = GuestExecutor()
    private var hasRun = false
    /// Of every task that was spawned.
    private var cancellations: [() -> Void] = []

    /// A guest on the real system. In mode `external` it connects, sends START, and returns when its turn begins.
    public convenience init(_ options: ClockOptions) throws(GuestError) {
        self.init(try GuestTime(options))
    }

    /// A guest whose time is kept already.
    package init(_ time: GuestTime) {
        self.time = time
        clock = GuestClock(time, executor: executor)
    }

    /// The wall clock of the simulation, ns since the epoch.
    public var wallClock: UInt64 { time.persistentClock }

    /// Runs `body` to its end, in this thread, and then leaves the calendar in order. Once.
    ///
    /// - Returns: what `body` returns.
    /// - Throws: what `body` throws, or the `GuestError` that ended the guest, among them `sleptForever` when nothing is
    ///   runnable and nothing can come: what runs outside the executor (other threads, a plain `Task { }`, the main
    ///   actor) does not count, and awaiting it ends the guest.
    ///
    /// At the end, good or bad, the guest's tasks are cancelled and run until none is runnable.
    public func run<Result: Sendable>(_ body: @escaping @Sendable (Guest) async throws -> Result) throws
        -> Result
    {
        precondition(executor.isCurrent, "a guest runs in the thread that made it")
        precondition(!hasRun, "a guest runs once")
        hasRun = true
        let outcome = Outcome<Result>()
        spawn { [self] in
            do { outcome.value = .success(try await body(self)) } catch { outcome.value = .failure(error) }
        }
        do throws(GuestError) {
            while true {
                try work()
                if let failure = clock.state.failure { throw failure }
                guard outcome.value == nil else { break }
                guard time.nextEvent != nil || !time.interrupts.isEmpty else { throw .sleptForever }
                try time.sleep()
            }
            endTasks()
            try time.leave()
        } catch {
            clock.state.fail(error)
            endTasks()
            // A guest that sleeps forever still has its turn, and others wait for its end.
            if error == .sleptForever { try? time.leave() }
            time.close()
            throw error
        }
        return try outcome.value!.get()
    }

    /// Cancels what still runs, and lets it come to its end.
    private func endTasks() {
        for cancel in cancellations { cancel() }
        cancellations = []
        executor.runAll()
    }

    /// A task on the guest's executor, outside the structure of the task that makes it.
    @discardableResult
    public func spawn<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) -> Task<
        Result, any Error
    > {
        let task = Task(executorPreference: executor) { try await body() }
        executor.call { [self] in cancellations.append { task.cancel() } }
        return task
    }

    /// Suspends the task until `descriptor` can be read: an interrupt from outside, at the calendar's time. The
    /// descriptor stays the caller's, who reads it.
    ///
    /// - Throws: `CancellationError`, or the `GuestError` that ended the guest.
    public func readable(_ descriptor: Int32) async throws {
        try Task.checkCancellation()
        try clock.state.checkFailure()
        let end: @Sendable (GuestWaiter) -> Void = { [self] waiter in
            if let interrupt = waiter.interrupt { time.removeInterrupt(interrupt) }
        }
        try await clock.state.wait(end: end) { [time] waiter, _ throws(GuestError) in
            waiter.interrupt = time.addInterrupt(descriptor) { () throws(GuestError) in
                if let interrupt = waiter.interrupt { time.removeInterrupt(interrupt) }
                if time.mode.isExternal {
                    try time.interrupt(waiter.event)
                } else {
                    try time.add(waiter.event, at: time.now)
                }
            }
        }
    }

    /// Runs jobs until none is runnable, with interrupts taken between them.
    private func work() throws(GuestError) {
        let takesInterrupts = !time.isDelayKnown
        repeat {
            while executor.runNext() {
                if let failure = clock.state.failure { throw failure }
                if takesInterrupts { try time.takeInterrupts() }
            }
            if takesInterrupts { try time.takeInterrupts() }
        } while executor.runNext()
    }

    /// What `body` ended with; only the guest's thread touches it.
    private final class Outcome<Value: Sendable>: @unchecked Sendable {
        var value: Swift.Result<Value, any Error>?
    }
}
