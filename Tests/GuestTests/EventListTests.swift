import Models
import Network
import Testing

@testable import Guest

/// Seed: `__time_travel_add_event`, `time_travel_del_event`, `time_travel_first_event`.
struct EventListTests {
    /// Events by name; upper case stands on the stack.
    private func order(_ additions: [(String, UInt64)]) -> String {
        var list = EventList()
        var names: [ObjectIdentifier: String] = [:]
        for (name, time) in additions {
            let event = GuestEvent(name == name.uppercased() ? .onStack : .interrupt)
            names[ObjectIdentifier(event)] = name
            list.add(event, at: time)
        }
        var result: [String] = []
        while let first = list.first {
            result.append(names[ObjectIdentifier(first)]!)
            list.remove(first)
        }
        return result.joined()
    }

    @Test(
        arguments: [
            ([("a", 3), ("b", 1), ("c", 2)], "bca"),
            ([("a", 1), ("b", 1), ("c", 1)], "abc"),
            ([("a", 2), ("b", 1), ("c", 2), ("d", 1)], "bdac"),
            // Two on the stack at the same time: the inner one, added later, first.
            ([("A", 5), ("B", 5)], "BA"),
            ([("A", 5), ("B", 5), ("C", 5)], "CBA"),
            // Only among those on the stack: others keep their turn.
            ([("a", 5), ("B", 5), ("c", 5), ("D", 5), ("e", 5)], "aDBce"),
            ([("A", 5), ("b", 5), ("C", 5)], "CAb"),
            ([("A", 5), ("B", 4), ("C", 6)], "BAC"),
            ([("A", 5), ("b", 5)], "Ab"),
        ] as [([(String, UInt64)], String)])
    func ordersAsTheSeedDoes(_ additions: [(String, UInt64)], _ expected: String) {
        #expect(order(additions) == expected)
    }

    /// The seed's list scan, in its own words: before the first entry that is later, or equal and both on the stack.
    private func plainInsert(_ list: inout [GuestEvent], _ event: GuestEvent) {
        let index =
            list.firstIndex {
                $0.time > event.time || ($0.time == event.time && $0.isOnStack && event.isOnStack)
            }
            ?? list.count
        list.insert(event, at: index)
    }

    @Test(arguments: 0..<200) func agreesWithAPlainScan(_ seed: UInt64) {
        var random = SplitMix64(seed: seed, name: "events")
        var list = EventList()
        var plain: [GuestEvent] = []
        for _ in 0..<300 {
            switch random.next() % 4 {
            case 0 where !plain.isEmpty:
                let event = plain.remove(at: Int(random.next() % UInt64(plain.count)))
                let isRemoved = list.remove(event)
                #expect(isRemoved && !event.isPending)
            case 1 where !plain.isEmpty:
                let first = plain.removeFirst()
                #expect(list.first === first, "seed \(seed)")
                list.remove(first)
            default:
                let event = GuestEvent(random.next() % 3 == 0 ? .onStack : .interrupt)
                list.add(event, at: random.next() % 8)
                plainInsert(&plain, event)
            }
            #expect(list.count == plain.count)
            #expect(list.first === plain.first, "seed \(seed)")
        }
    }

    @Test func whatIsPendingIsNotAddedAgain() {
        var list = EventList()
        let event = GuestEvent { () throws(GuestError) in }
        let additions = [list.add(event, at: 5), list.add(event, at: 3)]
        #expect(additions == [true, false])
        #expect(event.time == 5)
        #expect(list.count == 1)
    }

    @Test func removingTwiceSaysSo() {
        var list = EventList()
        let event = GuestEvent { () throws(GuestError) in }
        var removals = [list.remove(event)]
        list.add(event, at: 5)
        removals += [list.remove(event), list.remove(event)]
        #expect(removals == [false, true, false])
        #expect(list.isEmpty)
    }
}
