internal import Calendar

/// Values in the order of their keys. No two pending keys are equal.
struct EventTable<Element> {
    private var queue = EventQueue()
    private var values = SlotTable<Element>()

    var isEmpty: Bool { queue.isEmpty }

    /// The first value's instant. O(1)
    var first: Instant? { queue.first?.time }

    /// Adds a value. O(log n)
    mutating func insert(_ value: Element, at key: EventKey) {
        queue.insert(key, payload: values.insert(value))
    }

    /// Takes out the first value if it is before `bound`. O(log n)
    mutating func popFirst(before bound: Instant) -> Element? {
        guard let first = queue.first, first.time < bound, let event = queue.popFirst() else { return nil }
        return values.take(event.payload)
    }
}

extension EventTable: Sendable where Element: Sendable {}
