import Calendar
import Testing

struct EventQueueTests {
    @Test(arguments: 0..<50)
    func likeASortedArray(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var queue = EventQueue()
        var plain: [(key: EventKey, payload: Int, handle: EventQueue.Handle)] = []
        for step in 0..<500 {
            switch Int.random(in: 0..<4, using: &generator) {
            case 0, 1:
                let key = EventKey(
                    time: Instant(nanoseconds: UInt64.random(in: 0..<20, using: &generator)),
                    kind: Bool.random(using: &generator) ? .arrival : .turn,
                    participant: UInt64.random(in: 0..<3, using: &generator), sequence: UInt64(step))
                plain.append((key, step, queue.insert(key, payload: step)))
            case 2:
                guard let index = plain.indices.randomElement(using: &generator) else { continue }
                queue.remove(plain.remove(at: index).handle)
            default:
                let least = plain.indices.min { plain[$0].key < plain[$1].key }
                let expected = least.map { plain.remove(at: $0) }
                let event = queue.popFirst()
                #expect(event?.key == expected?.key && event?.payload == expected?.payload, "seed \(seed)")
            }
            #expect(queue.count == plain.count)
            #expect(queue.first == plain.map(\.key).min())
        }
    }

    @Test func theOrderOfEqualTimes() {
        let at = Instant(nanoseconds: 5)
        let ordered = [
            EventKey(time: Instant(nanoseconds: 4), kind: .turn, participant: 9, sequence: 9),
            EventKey(time: at, kind: .arrival, participant: 1, sequence: 7),
            EventKey(time: at, kind: .arrival, participant: 2, sequence: 1),
            EventKey(time: at, kind: .arrival, participant: 2, sequence: 2),
            EventKey(time: at, kind: .turn, participant: 1, sequence: 3),
            EventKey(time: at, kind: .turn, participant: 2, sequence: 0),
        ]
        #expect(ordered.reversed().sorted() == ordered)
    }

    @Test func removingTwiceTraps() async {
        await #expect(processExitsWith: .failure) {
            var queue = EventQueue()
            let key = EventKey(time: .zero, kind: .turn, participant: 0, sequence: 0)
            let handle = queue.insert(key, payload: 0)
            queue.remove(handle)
            queue.remove(handle)
        }
    }
}
