import Calendar
import Testing

@testable import Simulation

struct AlarmQueueTests {
    private struct Alarm: Equatable {
        let instant: Instant
        let number: Int
        let handle: EventQueue.Handle
    }

    /// Like an array that is sorted by instant, then number.
    @Test(arguments: 0..<50)
    func likeASortedArray(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var queue = AlarmQueue()
        var plain: [Alarm] = []
        // Numbers do not come in order.
        for number in (0..<400).shuffled(using: &generator) {
            switch Int.random(in: 0..<4, using: &generator) {
            case 0, 1:
                let instant = Instant(nanoseconds: UInt64.random(in: 0..<20, using: &generator))
                plain.append(
                    Alarm(instant: instant, number: number, handle: queue.insert(number, at: instant)))
                plain.sort { ($0.instant, $0.number) < ($1.instant, $1.number) }
            case 2:
                guard let index = plain.indices.randomElement(using: &generator) else { continue }
                queue.remove(plain.remove(at: index).handle)
            default:
                let edge = Instant(nanoseconds: UInt64.random(in: 0..<20, using: &generator))
                let isDue = plain.first.map { $0.instant <= edge } ?? false
                #expect(
                    queue.popFirst(dueAt: edge) == (isDue ? plain.removeFirst().number : nil), "seed \(seed)")
            }
            #expect(queue.first == plain.first?.instant && queue.count == plain.count, "seed \(seed)")
        }
    }
}
