import Calendar
import Testing

struct SlotTableTests {
    @Test(arguments: 0..<20)
    func likeADictionary(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var table = SlotTable<String>()
        var plain: [Int: String] = [:]
        var most = 0
        for step in 0..<1000 {
            if Bool.random(using: &generator) {
                let slot = table.insert("\(step)")
                #expect(plain.updateValue("\(step)", forKey: slot) == nil, "seed \(seed): slot \(slot) twice")
            } else if let slot = plain.keys.sorted().randomElement(using: &generator) {
                #expect(table.take(slot) == plain.removeValue(forKey: slot), "seed \(seed)")
            }
            most = max(most, plain.count)
            #expect(table.count == plain.count && table.isEmpty == plain.isEmpty, "seed \(seed)")
            let text = "\(Int.random(in: 0...step, using: &generator))"
            #expect(table.contains { $0 == text } == plain.values.contains(text), "seed \(seed)")
            let read = Int.random(in: -1...most, using: &generator)
            #expect(table[read] == plain[read], "seed \(seed): slot \(read)")
        }
        // Slots are used again: there are never more than values at the same time.
        #expect(plain.keys.allSatisfy { $0 < most }, "seed \(seed)")
    }

    @Test func takingTwiceTraps() async {
        await #expect(processExitsWith: .failure) {
            var table = SlotTable<Int>()
            let slot = table.insert(1)
            _ = table.take(slot)
            _ = table.take(slot)
        }
    }
}
