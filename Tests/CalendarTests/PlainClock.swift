import Calendar

/// When a guest's clock changes its rate.
struct DriftChange {
    var instant: UInt64
    var who: UInt64
    /// Parts per billion.
    var drift: Int64
}

/// The reference for a clock that drifts: everything is computed again from the changes.
struct PlainClock {
    private var changes: [(instant: UInt64, own: UInt64, drift: Int64)] = [(0, 0, 0)]

    mutating func change(to drift: Int64, at instant: UInt64) {
        changes.append((instant, own(instant), drift))
    }

    func own(_ instant: UInt64) -> UInt64 {
        let change = changes.last { $0.instant <= instant }!
        let scaled = Int128(instant - change.instant) * Int128(1_000_000_000 + change.drift)
        return change.own + UInt64(scaled / 1_000_000_000)
    }

    /// The first instant since the last change at which the clock has reached `own`.
    func instant(own: UInt64) -> UInt64 {
        var (low, high) = (changes.last!.instant, changes.last!.instant + 2 * own + 2)
        while low < high {
            let middle = low + (high - low) / 2
            if self.own(middle) >= own { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
