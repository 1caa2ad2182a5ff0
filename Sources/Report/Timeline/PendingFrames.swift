/// Frames that have been sent, until their fate is known and for a while after: a broadcast arrives many times.
struct PendingFrames {
    struct Key: Hashable {
        /// Identity on the calendar.
        let sender: UInt64
        /// Among the sender's, from 1.
        let number: UInt64
    }

    struct Sending {
        let key: Key
        let time: UInt64
        let lane: Int
        let interface: Int
        let bytes: UInt64
        /// Arrivals and losses that have been heard of.
        var fates = 0
    }

    private let limit: Int
    private var sendings: ContiguousArray<Sending> = []
    /// The oldest of `sendings` once they are as many as may be: the next one takes its place.
    private var oldest = 0
    private var places: [Key: Int] = [:]

    init(limit: Int) { self.limit = limit }

    /// - Returns: the frame that is forgotten for it, if its fate was never heard of.
    mutating func add(_ sending: Sending) -> Sending? {
        guard sendings.count == limit else {
            places[sending.key] = sendings.count
            sendings.append(sending)
            return nil
        }
        let forgotten = sendings[oldest]
        places[forgotten.key] = nil
        sendings[oldest] = sending
        places[sending.key] = oldest
        oldest = (oldest + 1) % limit
        return forgotten.fates == 0 ? forgotten : nil
    }

    /// A frame's fate is heard of; nil for one that is not remembered. What is returned was true before.
    mutating func fate(of key: Key) -> Sending? {
        guard let place = places[key] else { return nil }
        defer { sendings[place].fates += 1 }
        return sendings[place]
    }

    /// Those whose fate was never heard of, in the order of their sending.
    func withoutFate() -> [Sending] {
        (sendings[oldest...] + sendings[..<oldest]).filter { $0.fates == 0 }
    }
}
