/// A client's own time and the calendar's: the own time begins at 0 and runs faster or slower by the client's *drift*.
///
/// Own times are rounded down and instants up, so a client is never given a time that it has not reached, and what it may
/// reach under a grant is never later than the grant.
struct ClientScale: Sendable {
    /// Parts of `drift` in a whole.
    private static let whole: Int64 = 1_000_000_000
    /// Largest drift either way, parts per billion.
    static let largestDrift: Int64 = whole / 10

    /// The own time is `start` at this instant, and runs evenly from there.
    private var origin = Instant.zero
    private var start: UInt64 = 0
    /// Parts per billion by which the own time runs faster.
    private(set) var drift: Int64 = 0

    /// The own time begins at `instant`.
    mutating func begin(at instant: Instant) { origin = instant }

    /// The own time stood for `pause` ns.
    mutating func stand(for pause: UInt64) { origin = origin.advanced(by: pause) }

    /// The own time runs with `drift` from `instant` on, which is not before its last change.
    mutating func setDrift(_ drift: Int64, at instant: Instant) {
        precondition(drift.magnitude <= Self.largestDrift.magnitude, "a drift of \(drift) parts per billion")
        start = own(instant)
        origin = instant
        self.drift = drift
    }

    /// The own time at an instant, and at one before the last change what it was at the change; `never` is the same for all.
    func own(_ instant: Instant) -> UInt64 {
        guard instant != .never else { return Instant.never.nanoseconds }
        let time = instant.nanoseconds - min(instant, origin).nanoseconds
        guard drift != 0 else { return min(start + time, Instant.never.nanoseconds) }
        let (seconds, rest) = Int64(time).quotientAndRemainder(dividingBy: Self.whole)
        // Rounded down, also when the drift is negative.
        let gain = seconds * drift + (rest * drift - (drift < 0 ? Self.whole - 1 : 0)) / Self.whole
        return UInt64(min(Int128(start) + Int128(time) + Int128(gain), Int128(Instant.never.nanoseconds)))
    }

    /// The first instant at which the own time is `nanoseconds` or later. `never` and everything at or after it is `never`.
    func instant(own nanoseconds: UInt64) -> Instant {
        guard nanoseconds < Instant.never.nanoseconds else { return .never }
        let time = nanoseconds - min(nanoseconds, start)
        guard drift != 0 else { return origin.advanced(by: time) }
        let rate = UInt128(Self.whole + drift)
        let own = UInt128(time) * UInt128(Self.whole)
        return origin.advanced(by: UInt64(clamping: (own + rate - 1) / rate))
    }
}
