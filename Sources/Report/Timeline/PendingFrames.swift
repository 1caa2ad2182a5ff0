/// Frames that were sent, kept until newer ones replace them: a broadcast has several fates.
struct PendingFrames {
    struct Key: Hashable {
        /// Identity on the calendar.
        let sender: UInt64
        /// The frame's number among the sender's, from 1.
        let number: UInt64
    }

    struct Sending {
        let key: Key
        let time: UInt64
        let lane: Int
        let interface: Int
        let bytes: UInt64
        /// Arrivals and losses so far.
        var fates = 0
    }

    private let limit: Int
    private var sendings: ContiguousArray<Sending> = []
    /// The oldest of `sendings`, once they are `limit`: the next one replaces it.
    private var oldest = 0
    private var places: [Key: Int] = [:]

    init(limit: Int) { self.limit = limit }

    /// - Returns: the frame that is replaced, if it has had no fate.
    mutating func add(_ sending: Sending) -> Sending? {
        guard sendings.count == limit else {
            places[sending.key] = sendings.count
            sendings.append(sending)
            return nil
        }
        let replaced = sendings[oldest]
        places[replaced.key] = nil
        sendings[oldest] = sending
        places[sending.key] = oldest
        oldest = (oldest + 1) % limit
        return replaced.fates == 0 ? replaced : nil
    }

    /// Counts a fate of a frame. Returns the frame as it was before; nil when it is not pending.
    mutating func fate(of key: Key) -> Sending? {
        guard let place = places[key] else { return nil }
        defer { sendings[place].fates += 1 }
        return sendings[place]
    }

    /// Frames without a fate, in the order of their sending.
    func withoutFate() -> [Sending] {
        (sendings[oldest...] + sendings[..<oldest]).filter { $0.fates == 0 }
    }
}
