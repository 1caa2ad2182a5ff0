/// The reference: the same guests without any calendar. Everything that is pending is in one list, and the least of it by
/// (time, kind, participant, sequence) happens next. Slow and obviously right.
struct PlainWorld {
    private struct Pending {
        var time: UInt64
        var kind: Int
        var who: UInt64
        var sequence: Int
    }

    private var behaviours: [UInt64: Behaviour] = [:]
    private let identities: [UInt64]
    private let latency: UInt64
    private let skipsSelf: Bool
    private var pending: [Pending] = []
    private var sequence = 0
    private(set) var log: [LogEntry] = []

    init(seed: UInt64, identities: [UInt64], latency: UInt64, length: Int, skipsSelf: Bool = false) {
        self.skipsSelf = skipsSelf
        self.identities = identities.sorted()
        self.latency = latency
        for identity in identities {
            behaviours[identity] = Behaviour(
                seed: seed, identity: identity, others: identities.count, length: length)
        }
        for identity in self.identities { act(identity, 0, "start") }
        while let least = pending.indices.min(by: { key($0) < key($1) }) {
            let event = pending.remove(at: least)
            if event.kind == 0 {
                guard behaviours[event.who] != nil else { continue }
                log.append(LogEntry(time: event.time, who: event.who, what: "arrival"))
                // Seen at the same instant, in the guest's own turn.
                pending.append(Pending(time: event.time, kind: 1, who: event.who, sequence: 0))
            } else {
                // A guest handles all it has at one instant in one go.
                pending.removeAll { $0.kind == 1 && $0.who == event.who && $0.time == event.time }
                act(event.who, event.time, "turn")
            }
        }
    }

    private func key(_ index: Int) -> (UInt64, Int, UInt64, Int) {
        let event = pending[index]
        return (event.time, event.kind, event.who, event.sequence)
    }

    private mutating func act(_ who: UInt64, _ time: UInt64, _ what: String) {
        guard let actions = behaviours[who]?.next() else { return }
        log.append(LogEntry(time: time, who: who, what: what))
        for action in actions {
            switch action {
            case .send(let other):
                if skipsSelf, identities[other] == who { continue }
                sequence += 1
                pending.append(
                    Pending(time: time + latency, kind: 0, who: identities[other], sequence: sequence))
            case .wake(let delay):
                pending.append(Pending(time: time + delay, kind: 1, who: who, sequence: 0))
            case .leave:
                behaviours[who] = nil
                pending.removeAll { $0.who == who }
                return
            }
        }
    }
}
