internal import Calendar

/// What waits for a transmitter, first in, first out: a ring that grows to the bound its owner holds it to. All O(1).
struct FrameQueue: Sendable {
    struct Waiting: Sendable {
        let parcel: Parcel
        /// When it came.
        let since: Instant
    }

    private var ring: ContiguousArray<Waiting?> = []
    private var head = 0
    private(set) var count = 0
    /// Of the frames, without what else they take on the wire.
    private(set) var bytes = 0

    var isEmpty: Bool { count == 0 }

    mutating func append(_ waiting: Waiting) {
        if count == ring.count { grow() }
        var place = head + count
        if place >= ring.count { place -= ring.count }
        ring[place] = waiting
        count += 1
        bytes += waiting.parcel.frame.bytes.count
    }

    mutating func popFirst() -> Waiting? {
        guard count > 0 else { return nil }
        let first = ring[head].take()
        head += 1
        if head == ring.count { head = 0 }
        count -= 1
        bytes -= first?.parcel.frame.bytes.count ?? 0
        return first
    }

    private mutating func grow() {
        var larger: ContiguousArray<Waiting?> = []
        larger.reserveCapacity(max(8, ring.count * 2))
        larger.append(contentsOf: ring[head...])
        larger.append(contentsOf: ring[..<head])
        larger.append(contentsOf: repeatElement(nil, count: max(8, ring.count)))
        ring = larger
        head = 0
    }
}
