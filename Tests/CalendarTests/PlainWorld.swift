/// The reference: the same guests without any calendar. Everything that is pending is in one list, and the least of it by
/// (time, kind, participant, sequence) happens next. Slow and obviously right.
struct PlainWorld {
    private struct Pending {
        var time: UInt64
        var kind: Int
        var who: UInt64
        var sequence: Int
        /// Of a turn: the time on the guest's clock.
        var own: UInt64 = 0
        var drift: Int64?
    }

    private var behaviours: [UInt64: Behaviour] = [:]
    private let identities: [UInt64]
    private let latency: UInt64
    private let skipsSelf: Bool
    private var pending: [Pending] = []
    private var clocks: [UInt64: PlainClock] = [:]
    private var sequence = 0
    private(set) var log: [LogEntry] = []

    init(
        seed: UInt64, identities: [UInt64], latency: UInt64, length: Int, skipsSelf: Bool = false,
        drifts: [DriftChange] = []
    ) {
        self.skipsSelf = skipsSelf
        self.identities = identities.sorted()
        self.latency = latency
        for identity in identities {
            behaviours[identity] = Behaviour(
                seed: seed, identity: identity, others: identities.count, length: length)
        }
        for change in drifts {
            sequence += 1
            pending.append(
                Pending(
                    time: change.instant, kind: -1, who: change.who, sequence: sequence, drift: change.drift))
        }
        for identity in self.identities {
            clocks[identity] = PlainClock()
            act(identity, 0, 0, "start")
        }
        while let least = pending.indices.min(by: { key($0) < key($1) }) {
            let event = pending.remove(at: least)
            switch event.kind {
            case -1: change(event)
            case 0: arrive(event)
            default:
                // A guest handles all it has at one time of its clock in one go.
                pending.removeAll { $0.kind == 1 && $0.who == event.who && $0.own == event.own }
                act(event.who, event.time, event.own, "turn")
            }
        }
    }

    private mutating func change(_ event: Pending) {
        guard let drift = event.drift else { return }
        clocks[event.who]!.change(to: drift, at: event.time)
        for index in pending.indices where pending[index].kind == 1 && pending[index].who == event.who {
            pending[index].time = clocks[event.who]!.instant(own: pending[index].own)
        }
    }

    private mutating func arrive(_ event: Pending) {
        guard behaviours[event.who] != nil else { return }
        let own = clocks[event.who]!.own(event.time)
        log.append(LogEntry(time: event.time, who: event.who, what: "arrival"))
        // Seen at the same instant, in the guest's own turn, with all else that is due.
        pending.removeAll { $0.kind == 1 && $0.who == event.who && $0.own <= own }
        pending.append(Pending(time: event.time, kind: 1, who: event.who, sequence: 0, own: own))
    }

    private func key(_ index: Int) -> (UInt64, Int, UInt64, UInt64, Int) {
        let event = pending[index]
        return (event.time, event.kind, event.who, event.own, event.sequence)
    }

    private mutating func act(_ who: UInt64, _ time: UInt64, _ own: UInt64, _ what: String) {
        guard let actions = behaviours[who]?.next() else { return }
        log.append(LogEntry(time: own, who: who, what: what))
        for action in actions {
            switch action {
            case .send(let other):
                if skipsSelf, identities[other] == who { continue }
                sequence += 1
                pending.append(
                    Pending(time: time + latency, kind: 0, who: identities[other], sequence: sequence))
            case .wake(let delay):
                let instant = max(time, clocks[who]!.instant(own: own + delay))
                pending.append(Pending(time: instant, kind: 1, who: who, sequence: 0, own: own + delay))
            case .leave:
                behaviours[who] = nil
                pending.removeAll { $0.who == who && $0.kind != -1 }
                return
            }
        }
    }
}
