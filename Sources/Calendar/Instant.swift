/// A point in simulated time: ns since the calendar's start. All participants share this scale.
package struct Instant: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let nanoseconds: UInt64

    @inlinable
    package init(nanoseconds: UInt64) {
        self.nanoseconds = nanoseconds
    }

    package static let zero = Instant(nanoseconds: 0)

    /// 2^63 - 1, the protocol's value for "no request": no event is at or after it.
    package static let never = Instant(nanoseconds: UInt64(Int64.max))

    @inlinable
    package static func < (a: Instant, b: Instant) -> Bool { a.nanoseconds < b.nanoseconds }

    /// Later by `nanoseconds`, `never` at most.
    @inlinable
    package func advanced(by nanoseconds: UInt64) -> Instant {
        let (sum, overflow) = self.nanoseconds.addingReportingOverflow(nanoseconds)
        return overflow ? .never : min(Instant(nanoseconds: sum), .never)
    }

    /// Earlier by `nanoseconds`, zero at least; `never` stays.
    @inlinable
    package func moved(back nanoseconds: UInt64) -> Instant {
        self == .never ? self : Instant(nanoseconds: self.nanoseconds - min(self.nanoseconds, nanoseconds))
    }

    /// Nanoseconds since `earlier`, which must not be later.
    @inlinable
    package func since(_ earlier: Instant) -> UInt64 { nanoseconds - earlier.nanoseconds }

    /// Seconds with all nine digits: `12.000000345 s`.
    package var description: String {
        if self == .never { return "never" }
        let fraction = String(nanoseconds % 1_000_000_000)
        let zeros = String(repeating: "0", count: 9 - fraction.count)
        return "\(nanoseconds / 1_000_000_000).\(zeros)\(fraction) s"
    }
}
