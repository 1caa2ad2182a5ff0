internal import Calendar

/// Controlled delay (CoDel, RFC 8289, section 5): decides when a frame leaves the queue whether it is dropped, by how long frames
/// have waited.
struct ControlledDelay: Sendable {
    /// ns.
    let target: UInt64
    /// ns.
    let interval: UInt64
    /// Bytes: with no more than this behind it a frame is never dropped.
    let longestFrame: Int

    /// When the delay will have been above the target for an interval; nil when it is below.
    private var firstAbove: Instant?
    private var nextDrop = Instant.zero
    private var isDropping = false
    private var count: UInt64 = 0
    private var lastCount: UInt64 = 0

    init(target: UInt64, interval: UInt64, longestFrame: Int) {
        self.target = target
        self.interval = interval
        self.longestFrame = longestFrame
    }

    /// The next frame to transmit; those it drops go to `dropped`.
    mutating func next(
        from queue: inout FrameQueue, at now: Instant, dropped: (FrameQueue.Waiting) -> Void
    ) -> FrameQueue.Waiting? {
        var (first, mayDrop) = take(from: &queue, at: now)
        if isDropping {
            if !mayDrop { isDropping = false }
            while isDropping, now >= nextDrop, let late = first {
                dropped(late)
                (first, mayDrop) = take(from: &queue, at: now)
                if mayDrop {
                    count += 1
                    nextDrop = nextDrop.advanced(by: gap)
                } else {
                    isDropping = false
                }
            }
        } else if mayDrop, let late = first {
            dropped(late)
            (first, mayDrop) = take(from: &queue, at: now)
            isDropping = true
            // Soon after the last time it goes on at the rate that helped then.
            let delta = count - lastCount
            let isSoon = now < nextDrop || now.since(nextDrop) < 16 * interval
            count = delta > 1 && isSoon ? delta : 1
            nextDrop = now.advanced(by: gap)
            lastCount = count
        }
        return first
    }

    /// The control law: interval / sqrt(count), ns. IEEE 754 rounds square roots one way.
    private var gap: UInt64 { UInt64(Double(interval) / Double(count).squareRoot()) }

    private mutating func take(from queue: inout FrameQueue, at now: Instant)
        -> (first: FrameQueue.Waiting?, mayDrop: Bool)
    {
        guard let first = queue.popFirst() else {
            firstAbove = nil
            return (nil, false)
        }
        if now.since(first.since) < target || queue.bytes <= longestFrame {
            firstAbove = nil
            return (first, false)
        }
        guard let firstAbove else {
            self.firstAbove = now.advanced(by: interval)
            return (first, false)
        }
        return (first, now >= firstAbove)
    }
}
