import Calendar
import Testing

@testable import Simulation

struct EventTableTests {
    /// Values come out in the order of their keys, up to the bound.
    @Test(arguments: 0..<20)
    func valuesInOrder(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var table = EventTable<Int>()
        var plain: [(key: EventKey, value: Int)] = []
        for step in 0..<500 {
            if Int.random(in: 0..<3, using: &generator) > 0 {
                let key = EventKey(
                    time: Instant(nanoseconds: UInt64.random(in: 0..<20, using: &generator)), kind: .arrival,
                    participant: UInt64.random(in: 0..<3, using: &generator), sequence: UInt64(step))
                table.insert(step, at: key)
                plain.append((key, step))
            } else {
                let bound = Instant(nanoseconds: UInt64.random(in: 0..<20, using: &generator))
                let least = plain.indices.filter { plain[$0].key.time < bound }
                    .min { plain[$0].key < plain[$1].key }
                #expect(
                    table.popFirst(before: bound) == least.map { plain.remove(at: $0).value }, "seed \(seed)")
            }
            #expect(
                table.first == plain.map(\.key.time).min() && table.isEmpty == plain.isEmpty, "seed \(seed)")
        }
    }
}
