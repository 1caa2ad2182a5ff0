extension LinkProfile {
    /// Bits per second.
    package static let bandwidths: ClosedRange<UInt64> = 1...1_000_000_000_000_000
    /// Bytes.
    package static let overheads = 0...65535
    /// Longest latency, `QueueProfile` time or `ReorderProfile.by`, ns: about 11 days.
    package static let longestTime: UInt64 = 1_000_000_000_000_000
    /// Most frames, or bytes, that a queue holds.
    package static let largestQueue = 1 << 40

    /// Traps when a number is out of its range: who reads a lab file has checked them.
    func check() {
        precondition(latency <= Self.longestTime, "a link's latency is at most \(Self.longestTime) ns")
        if let jitter {
            precondition(jitter.scale <= Jitter.longestScale, "jitter is at most \(Jitter.longestScale) ns")
        }
        if let bandwidth {
            precondition(
                Self.bandwidths.contains(bandwidth), "bandwidth is from \(Self.bandwidths) bit/s")
        }
        precondition(Self.overheads.contains(overhead), "overhead is from \(Self.overheads) bytes")
        precondition(
            reorder.by <= Self.longestTime, "a frame is held back for \(Self.longestTime) ns at most")
        switch queue.limit {
        case .frames(let limit), .bytes(let limit):
            precondition((0...Self.largestQueue).contains(limit), "a queue holds 0 to \(Self.largestQueue)")
        }
        switch queue.discipline {
        case .dropTail:
            break
        case .red(let minimum, let maximum, _, let weightShift):
            precondition(minimum >= 0 && maximum > minimum, "RED's thresholds are in order")
            precondition((0...32).contains(weightShift), "RED's weight is from 2^-32 to 1")
        case .codel(let target, let interval):
            precondition(
                target <= Self.longestTime && (1...Self.longestTime).contains(interval),
                "CoDel's times are at most \(Self.longestTime) ns")
        }
    }
}
