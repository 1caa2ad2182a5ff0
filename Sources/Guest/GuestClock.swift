/// Simulated time as Swift's `Clock`: `sleep` inside a guest takes no wall-clock time.
///
/// ```swift
/// try await guest.clock.sleep(for: .seconds(3600))
/// ```
///
/// Time stands while code runs, so `now` costs nothing; but from the thousandth look at the same instant on, each costs
/// 256 ns as reads of a kernel's clock source do, so that loops that wait for time to pass end. When the guest is over
/// (`GuestError`) it is the end of time. It belongs to its guest's own executor: other threads must not use it.
public struct GuestClock: Clock {
    /// A moment in a guest's life.
    public struct Instant: InstantProtocol, CustomStringConvertible {
        /// Nanoseconds since the guest started; in mode `off`, on the host's monotonic clock.
        public let nanoseconds: Int64

        /// The moment that many nanoseconds after the guest started.
        public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

        /// The moment `duration` later. Saturates: an instant that is too far away is `Int64.max`, which never comes.
        public func advanced(by duration: Duration) -> Instant {
            let (sum, overflow) = nanoseconds.addingReportingOverflow(duration.clampedNanoseconds)
            return Instant(nanoseconds: overflow ? (duration < .zero ? .min : .max) : sum)
        }

        /// How much later `other` is.
        public func duration(to other: Instant) -> Duration {
            .nanoseconds(other.nanoseconds) - .nanoseconds(nanoseconds)
        }

        public static func < (a: Instant, b: Instant) -> Bool { a.nanoseconds < b.nanoseconds }

        /// Seconds since the guest started, to the nanosecond: `3600.000000001 s`.
        public var description: String {
            let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
            let digits = String(rest.magnitude)
            return "\(seconds).\(String(repeating: "0", count: 9 - digits.count))\(digits) s"
        }
    }

    let state: GuestClockState

    /// A clock that reads `timeline`; its tasks run on `executor`.
    package init(_ timeline: any GuestTimeline, executor: GuestExecutor) {
        state = GuestClockState(timeline, executor)
    }

    /// The guest's time.
    public var now: Instant { Instant(nanoseconds: Int64(clamping: state.read())) }

    /// The guest's time, for code that may look as often as it likes because it does not wait by looking.
    package var instant: Instant { Instant(nanoseconds: Int64(clamping: state.timeline.now)) }

    /// One nanosecond.
    public var minimumResolution: Duration { .nanoseconds(1) }

    /// Returns at `deadline` exactly; at once if that is past. Sleeps that end together end in the order in which they
    /// began. `tolerance` is not used: nothing is gained by being late.
    ///
    /// - Throws: `CancellationError`, or the `GuestError` that ended the guest.
    public func sleep(until deadline: Instant, tolerance: Duration? = nil) async throws {
        try Task.checkCancellation()
        try state.checkFailure()
        guard deadline.nanoseconds > Int64(clamping: state.timeline.now) else { return }
        try await state.wait { waiter, state throws(GuestError) in
            try state.timeline.add(waiter.event, at: UInt64(deadline.nanoseconds))
        }
    }
}

extension Duration {
    /// Whole nanoseconds, at most what 64 bits hold.
    fileprivate var clampedNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, again) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        return overflow || again ? (seconds < 0 ? .min : .max) : sum
    }
}
