internal import Calendar

/// Puts frames on a wire one after the other, at a bandwidth, exactly: fractions of a nanosecond add up and are not rounded frame
/// by frame, so n frames back to back take ceil(n * bits * 10^9 / bandwidth) ns.
struct Transmitter: Sendable {
    /// Shortest frame on an Ethernet, bytes without the check sequence (IEEE 802.3-2018, 3.2.8: 64 with it).
    static let shortestFrame = 60

    /// Bits per second.
    private var bandwidth: UInt64
    private var overhead: Int
    /// When what has been transmitted ends: `end` + `fraction` / `bandwidth` ns.
    private var end = Instant.zero
    private var fraction: UInt64 = 0

    init(bandwidth: UInt64, overhead: Int) {
        self.bandwidth = bandwidth
        self.overhead = overhead
    }

    /// Bits that a frame of so many bytes takes. It is padded to Ethernet's least size if `overhead` is Ethernet's, and only then:
    /// other links pad nothing.
    static func bits(_ bytes: Int, overhead: Int) -> UInt64 {
        let padded = overhead == LinkProfile.ethernetOverhead ? max(bytes, shortestFrame) : bytes
        return UInt64(padded + overhead) * 8
    }

    /// Whole nanoseconds that a frame of so many bytes takes alone, rounded down.
    func time(of bytes: Int) -> UInt64 { Self.bits(bytes, overhead: overhead) * 1_000_000_000 / bandwidth }

    /// Begins a frame: now, or, when `isNext`, at the exact end of the one before, which `now` is the nanosecond of.
    ///
    /// - Returns: when its last bit is out, rounded up; not before `now`.
    mutating func begin(_ bytes: Int, at now: Instant, isNext: Bool) -> Instant {
        if !isNext { (end, fraction) = (now, 0) }
        let (time, rest) = (Self.bits(bytes, overhead: overhead) * 1_000_000_000 + fraction)
            .quotientAndRemainder(dividingBy: bandwidth)
        end = end.advanced(by: time)
        fraction = rest
        return rest == 0 ? end : end.advanced(by: 1)
    }

    /// From the next frame on; the frame in transmission ends at the instant announced for it.
    mutating func change(bandwidth: UInt64, overhead: Int) {
        self.bandwidth = bandwidth
        self.overhead = overhead
        if fraction > 0 { (end, fraction) = (end.advanced(by: 1), 0) }
    }
}
