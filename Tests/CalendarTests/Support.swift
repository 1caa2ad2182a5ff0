import Calendar

/// A small generator with a seed (xorshift64*), the same on every machine.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 | 1 }

    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 0x2545_f491_4f6c_dd1d
    }
}

/// What happened in a world, in the order in which it happened.
struct LogEntry: Hashable, CustomStringConvertible {
    var time: UInt64
    var who: UInt64
    var what: String

    var description: String { "\(time) \(who) \(what)" }
}

/// What a simulated guest does at one of its own events: depends on nothing but its seed and how many it has had.
struct Behaviour {
    enum Action {
        /// To which of the others, by index.
        case send(Int)
        /// An event of its own this much later.
        case wake(UInt64)
        case leave
    }

    private var generator: SeededGenerator
    private var left: Int
    let others: Int

    init(seed: UInt64, identity: UInt64, others: Int, length: Int) {
        generator = SeededGenerator(seed: seed &* 1000 &+ identity)
        left = length
        self.others = others
    }

    mutating func next() -> [Action] {
        left -= 1
        if left <= 0 { return Bool.random(using: &generator) ? [.leave] : [] }
        var actions: [Action] = []
        if others > 0, Int.random(in: 0..<3, using: &generator) == 0 {
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                actions.append(.send(Int.random(in: 0..<others, using: &generator)))
            }
        }
        for _ in 0..<Int.random(in: 0...3, using: &generator) {
            // Equal times are common on purpose.
            actions.append(.wake(UInt64.random(in: 0...4, using: &generator) * 5))
        }
        return actions
    }
}
