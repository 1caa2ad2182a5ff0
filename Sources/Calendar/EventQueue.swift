/// The kinds of events, in the order in which events of the same instant are processed.
package enum EventKind: UInt8, Comparable, Sendable {
    /// An event from outside the clients: a frame arrives, a device interrupts, an alarm is due.
    case arrival = 0
    /// A client gets its turn: after all arrivals of the instant, so that it sees them together.
    case turn = 1

    /// This order is part of every run hash.
    package static func < (a: EventKind, b: EventKind) -> Bool { a.rawValue < b.rawValue }
}

/// The total order of events: time, kind, participant, sequence. Calendars, networks, exchanges and alarms all use it.
///
/// The participant is the identity a client chose (`time-travel=ext:ID:…`), never the order in which the host let it
/// connect; the sequence numbers come from the simulation's own order. So equal times run in the same order in every
/// run.
package struct EventKey: Comparable, Hashable, Sendable {
    package var time: Instant
    package var kind: EventKind
    package var participant: UInt64
    package var sequence: UInt64

    package init(time: Instant, kind: EventKind, participant: UInt64, sequence: UInt64) {
        self.time = time
        self.kind = kind
        self.participant = participant
        self.sequence = sequence
    }

    /// This order is part of every run hash.
    @inlinable
    package static func < (a: EventKey, b: EventKey) -> Bool {
        if a.time != b.time { return a.time < b.time }
        if a.kind != b.kind { return a.kind < b.kind }
        if a.participant != b.participant { return a.participant < b.participant }
        return a.sequence < b.sequence
    }
}

/// Pending events, the smallest `EventKey` first: a binary heap whose entries can be removed.
///
/// No two pending keys are equal, so the heap's shape never decides an order.
package struct EventQueue: Sendable {
    /// A pending event's place; valid until the event is removed.
    package struct Handle: Hashable, Sendable {
        fileprivate let slot: Int
    }

    /// An event taken from the queue.
    package struct Event: Sendable {
        package let key: EventKey
        /// What its owner stored with it.
        package let payload: Int
    }

    private struct Entry {
        var key: EventKey
        var payload: Int
        var slot: Int
    }

    private var heap: ContiguousArray<Entry> = []
    /// Slot -> index in the heap, or -1.
    private var positions: ContiguousArray<Int> = []
    private var freeSlots: ContiguousArray<Int> = []
    /// Arrivals inserted so far.
    private var arrivals: UInt64 = 0

    package init() {}

    package var isEmpty: Bool { heap.isEmpty }
    package var count: Int { heap.count }

    /// The first key. O(1)
    package var first: EventKey? { heap.first?.key }

    /// Adds an event. O(log n)
    @discardableResult
    package mutating func insert(_ key: EventKey, payload: Int) -> Handle {
        let slot: Int
        if let free = freeSlots.popLast() {
            slot = free
        } else {
            slot = positions.count
            positions.append(-1)
        }
        heap.append(Entry(key: key, payload: payload, slot: slot))
        positions[slot] = heap.count - 1
        siftUp(heap.count - 1)
        return Handle(slot: slot)
    }

    /// Adds an arrival, after all that were added before for the same instant and participant. O(log n)
    @discardableResult
    package mutating func insertArrival(at time: Instant, participant: UInt64, payload: Int) -> Handle {
        arrivals += 1
        return insert(
            EventKey(time: time, kind: .arrival, participant: participant, sequence: arrivals),
            payload: payload)
    }

    /// Takes the first event out. O(log n)
    package mutating func popFirst() -> Event? {
        guard let entry = heap.first else { return nil }
        remove(at: 0)
        return Event(key: entry.key, payload: entry.payload)
    }

    /// Takes a pending event out. O(log n)
    package mutating func remove(_ handle: Handle) {
        let index = positions[handle.slot]
        precondition(index >= 0, "the event is not pending")
        remove(at: index)
    }

    private mutating func remove(at index: Int) {
        let slot = heap[index].slot
        let last = heap.count - 1
        if index != last {
            heap.swapAt(index, last)
            positions[heap[index].slot] = index
        }
        heap.removeLast()
        positions[slot] = -1
        freeSlots.append(slot)
        if index < heap.count {
            siftDown(index)
            siftUp(index)
        }
    }

    private mutating func siftUp(_ start: Int) {
        var index = start
        while index > 0 {
            let parent = (index - 1) / 2
            guard heap[index].key < heap[parent].key else { return }
            exchange(index, parent)
            index = parent
        }
    }

    private mutating func siftDown(_ start: Int) {
        var index = start
        while true {
            var least = index
            let left = 2 * index + 1
            if left < heap.count, heap[left].key < heap[least].key { least = left }
            if left + 1 < heap.count, heap[left + 1].key < heap[least].key { least = left + 1 }
            guard least != index else { return }
            exchange(index, least)
            index = least
        }
    }

    private mutating func exchange(_ a: Int, _ b: Int) {
        heap.swapAt(a, b)
        positions[heap[a].slot] = a
        positions[heap[b].slot] = b
    }
}
