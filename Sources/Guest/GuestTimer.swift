/// A guest's timer device: one shot or periodic (seed: `timer_clockevent` and its functions). A timer
/// shuts down when it is released.
public final class GuestTimer {
    /// Periodic ticks a second (seed: `HZ`, 100 in UML's configuration).
    public static let ticksPerSecond: UInt64 = 100
    /// Least time that can be set, ns (seed: `TIMER_MIN_DELTA`).
    public static let minimumDelta: UInt64 = 500
    /// Longest time that can be set, ns: 73 years. (A kernel that Almanac has built has 292; others wake after 2^32-1 ns at most.)
    public static let maximumDelta: UInt64 = 1 << 61

    private let time: GuestTime
    private let interval: UInt64
    private let onExpiry: GuestEvent.Handler
    private let event = GuestEvent(.timer)

    /// A timer that is shut down. `onExpiry` runs with interrupts off.
    public init(
        _ time: GuestTime, ticksPerSecond: UInt64 = GuestTimer.ticksPerSecond,
        onExpiry: @escaping GuestEvent.Handler
    ) {
        precondition((1...1_000_000_000).contains(ticksPerSecond), "a tick is 1 ns to 1 s")
        self.time = time
        self.interval = 1_000_000_000 / ticksPerSecond
        self.onExpiry = onExpiry
    }

    deinit { time.remove(event) }

    /// It is set.
    public var isPending: Bool { event.isPending }

    /// When it expires, ns; nil when it does not.
    public var expiry: UInt64? { event.isPending ? event.time : nil }

    /// Cancels the timer (seed: `itimer_shutdown`).
    public func shutDown() { time.remove(event) }

    /// Expires at each tick from now on (seed: `itimer_set_periodic`, `time_travel_periodic_timer`).
    public func setPeriodic() throws(GuestError) {
        time.remove(event)
        event.handler = { [unowned self] () throws(GuestError) in
            try time.add(event, at: event.time + interval)
            try onExpiry()
        }
        try time.add(event, at: time.now + interval)
    }

    /// Expires once, in a nanosecond (seed: `itimer_one_shot`).
    public func setOneShot() throws(GuestError) { try setNextEvent(0) }

    /// Expires once, `delta` ns and one from now (seed: `itimer_next_event`, `time_travel_oneshot_timer`). The caller
    /// keeps the bounds, as kernels do (`program`).
    public func setNextEvent(_ delta: UInt64) throws(GuestError) {
        time.remove(event)
        event.handler = onExpiry
        let (target, overflow) = time.now.addingReportingOverflow(delta)
        guard !overflow, target < GuestTime.never - 1 else { throw .sleptForever }
        try time.add(event, at: target + 1)
    }

    /// Expires at `deadline`, ns on the clock whose reading now is `reading`, within the device's bounds (kernel:
    /// `clockevents_program_event`): early, at the longest delta, if the deadline is further away.
    public func program(_ deadline: UInt64, reading: UInt64) throws(GuestError) {
        let delta = deadline > reading ? deadline - reading : 0
        try setNextEvent(min(max(delta, Self.minimumDelta), Self.maximumDelta))
    }
}
