/// Values under small numbers, their slots. A slot is used again after its value was taken.
package struct SlotTable<Element> {
    @usableFromInline var slots: ContiguousArray<Element?> = []
    @usableFromInline var free: ContiguousArray<Int> = []

    package init() {}

    /// How many values there are. O(1)
    @inlinable package var count: Int { slots.count - free.count }

    @inlinable package var isEmpty: Bool { count == 0 }

    /// The value in `slot`; nil when the slot is empty or was never used. O(1)
    @inlinable package subscript(slot: Int) -> Element? { slots.indices.contains(slot) ? slots[slot] : nil }

    /// Stores a value; its slot. O(1) amortized.
    @inlinable
    package mutating func insert(_ value: Element) -> Int {
        guard let slot = free.popLast() else {
            slots.append(value)
            return slots.count - 1
        }
        slots[slot] = value
        return slot
    }

    /// Takes out the value in `slot`, which must be in use. O(1)
    @inlinable
    package mutating func take(_ slot: Int) -> Element {
        guard let value = slots[slot].take() else { preconditionFailure("slot \(slot) is empty") }
        free.append(slot)
        return value
    }

    /// Whether a value satisfies `predicate`. O(slots)
    @inlinable
    package func contains(where predicate: (Element) -> Bool) -> Bool {
        slots.contains { $0.map(predicate) ?? false }
    }
}

extension SlotTable: Sendable where Element: Sendable {}
