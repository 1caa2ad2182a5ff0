/// A guest's events in the order in which they happen (seed: `time_travel_events`).
///
/// By time; equal times first in, first out; but a wait's own event goes before one of an outer wait at the same
/// time, because inner waits end first.
package struct EventList {
    /// Latest first, so that taking the first is taking the last of the array.
    private var reversed: ContiguousArray<GuestEvent> = []

    package init() {}

    package var isEmpty: Bool { reversed.isEmpty }
    package var count: Int { reversed.count }
    package var first: GuestEvent? { reversed.last }

    /// Adds an event; one that is pending already stays where it is (seed: `__time_travel_add_event`).
    ///
    /// - Returns: it was added.
    /// - Complexity: O(log n) comparisons and O(events at the same time), and moving the events before it.
    @discardableResult
    package mutating func add(_ event: GuestEvent, at time: UInt64) -> Bool {
        guard !event.isPending else { return false }
        event.isPending = true
        event.time = time
        var index = firstIndex { $0.time <= time }
        if event.isOnStack {
            // Of those at the same time the array holds the last first: the earliest on-stack one is the deepest in.
            var candidate = index
            while candidate < reversed.count, reversed[candidate].time == time {
                candidate += 1
                if reversed[candidate - 1].isOnStack { index = candidate }
            }
        }
        reversed.insert(event, at: index)
        return true
    }

    /// Removes an event; false when it is not pending (seed: `time_travel_del_event`).
    @discardableResult
    package mutating func remove(_ event: GuestEvent) -> Bool {
        guard event.isPending else { return false }
        event.isPending = false
        var index = firstIndex { $0.time <= event.time }
        while reversed[index] !== event { index += 1 }
        reversed.remove(at: index)
        return true
    }

    /// Index of the first element, in the array's order, for which `isReached` holds; it holds for all after it.
    private func firstIndex(where isReached: (GuestEvent) -> Bool) -> Int {
        if let last = reversed.last, !isReached(last) { return reversed.count }
        var low = 0
        var high = reversed.count
        while low < high {
            let middle = (low + high) / 2
            if isReached(reversed[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
