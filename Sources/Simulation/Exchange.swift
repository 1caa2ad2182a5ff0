internal import Calendar
internal import CalendarServer
internal import Network

/// What is collected in a window and exchanged at its edge: frames between islands, and what the owner is told. Both in one
/// total order that does not depend on which islands ran at the same time: (instant, participant, sequence).
struct Exchange {
    private struct Order: Comparable {
        let instant: Instant
        let participant: UInt64
        /// A participant's own order: it belongs to one island, and that goes on in one order.
        let sequence: Int

        static func < (a: Order, b: Order) -> Bool {
            if a.instant != b.instant { return a.instant < b.instant }
            if a.participant != b.participant { return a.participant < b.participant }
            return a.sequence < b.sequence
        }
    }

    struct Sending {
        let frame: Frame
        let network: Int
        let port: Int
        let id: FrameID
        let instant: Instant
    }

    private var queue = EventQueue()
    /// By the queue's payload.
    private var sendings: ContiguousArray<Sending?> = []
    private var freeSlots: ContiguousArray<Int> = []
    private var staged: [(order: Order, value: SimulationEvent)] = []
    /// Child processes that have ended, with their participants, and which of those the owner waits for.
    private var ends: [(index: Int, participant: UInt64)] = []
    private var awaited: Set<UInt64> = []
    private var sequence = 0
    /// Instants at which the owner acts, and what it calls them.
    var alarms: [(instant: Instant, number: Int)] = []

    /// Something waits for the edge, or for an alarm.
    var hasWork: Bool { !(queue.isEmpty && staged.isEmpty && ends.isEmpty && alarms.isEmpty) }

    /// The first alarm.
    var limit: Instant? { alarms.lazy.map(\.instant).min() }

    /// When the first frame was sent that is not on its way yet.
    var firstSending: Instant? { queue.first?.time }

    /// What happened first of what the owner has not been told.
    var firstStaged: Instant? { staged.lazy.map(\.order.instant).min() }

    mutating func send(
        _ frame: Frame, _ id: FrameID, network: Int, port: Int, at instant: Instant
    ) {
        sequence += 1
        let sending = Sending(
            frame: frame, network: network, port: port, id: id, instant: instant)
        let slot = freeSlots.popLast() ?? sendings.count
        if slot < sendings.count { sendings[slot] = sending } else { sendings.append(sending) }
        queue.insert(
            EventKey(
                time: instant, kind: .arrival, participant: id.sender, sequence: UInt64(sequence)),
            payload: slot)
    }

    mutating func stage(_ event: SimulationEvent, participant: UInt64, at instant: Instant) {
        sequence += 1
        staged.append((Order(instant: instant, participant: participant, sequence: sequence), event))
    }

    mutating func stageEnd(of child: Int, participant: UInt64) { ends.append((child, participant)) }

    /// The owner waits for the end of a participant's process.
    mutating func awaitEnd(of participant: UInt64) { awaited.insert(participant) }

    /// The owner has been told of it.
    mutating func endIsTold(of participant: UInt64) { awaited.remove(participant) }

    /// Who ends in the same instant is told together: which process was faster is the host's matter.
    var hasAwaitedEnds: Bool {
        !awaited.isEmpty && awaited.allSatisfy { one in ends.contains { $0.participant == one } }
    }

    /// The first frame, if it was sent before `earliest`: none can come before it any more.
    mutating func takeSending(before earliest: Instant) -> Sending? {
        guard let first = queue.first, first.time < earliest, let event = queue.popFirst() else { return nil }
        freeSlots.append(event.payload)
        return sendings[event.payload].take()
    }

    /// What the owner is told, in order: what happened before `earliest`, then the alarms that are due at `edge` and before
    /// which nothing is left to happen. Ends of child processes come on their own, when all else has been acted on, and
    /// only if the owner waits for them: when a process ends is the host's matter, and until the owner has heard that a
    /// participant is gone its end means nothing.
    mutating func takeEvents(before earliest: Instant, edge: Instant) -> [SimulationEvent] {
        var events: [SimulationEvent] = []
        if !staged.isEmpty {
            staged.sort { $0.order < $1.order }
            let count = staged.firstIndex { $0.order.instant >= earliest } ?? staged.count
            events = staged[..<count].map(\.value)
            staged.removeFirst(count)
        }
        // One alarm at a time, when all before it has been acted on, and none while an end is waited for: what that makes
        // happen may be what the alarm is about.
        let end = min(edge, earliest, firstSending ?? .never, firstStaged ?? .never)
        if events.isEmpty, awaited.isEmpty,
            let due = alarms.filter({ $0.instant <= end }).min(by: { $0 < $1 })
        {
            alarms.removeAll { $0.number == due.number }
            events.append(.alarm(due.number))
        }
        return events.isEmpty ? takeEnds() : events
    }

    /// Ends of child processes, once all that the owner waits for are there.
    mutating func takeEnds() -> [SimulationEvent] {
        guard hasAwaitedEnds else { return [] }
        let told = ends.filter { awaited.contains($0.participant) }.sorted { $0.index < $1.index }
        ends.removeAll { awaited.contains($0.participant) }
        for end in told { endIsTold(of: end.participant) }
        return told.map { .childEnded(index: $0.index) }
    }
}

extension Simulation {
    /// Islands stop at edges, and the owner is told there.
    private var hasEdges: Bool { server.calendar.window != nil && server.calendar.allHaveStarted }

    /// Without windows somebody's turn it is: the owner is told when it is over, however soon that was read.
    var isInTurn: Bool { server.calendar.window == nil && server.calendar.running > 0 }

    /// Something happened in simulated time: the owner is told at once, or at the edge.
    func report(_ event: SimulationEvent, participant: UInt64, at instant: Instant) {
        if !hasEdges {
            if isInTurn, case .control = event {
                heldControlMessages.append(event)
            } else {
                events.append(event)
            }
            // The owner acts on a model's end at its instant.
            if case .modelEnded = event { hostedTurns = Self.hostedTurnLimit }
        } else {
            exchange.stage(event, participant: participant, at: instant)
        }
    }

    /// A child process has ended: told when the owner waits for that. Who has never started is not waited for, and before all
    /// have started there is no edge: it may be the one that is waited for.
    func childEnded(_ index: Int) {
        let participant = participantOfChild[index] ?? .max
        // What it has started may hold its connection open: it is gone all the same.
        endClient(of: participant)
        let hasStarted = clientsByIdentity[participant] != nil && !starting.contains(participant)
        if !hasStarted || server.calendar.window != nil && !hasEdges {
            exchange.endIsTold(of: participant)
            events.append(.childEnded(index: index))
        } else {
            exchange.stageEnd(of: index, participant: participant)
        }
    }

    /// All islands have got to their bounds: frames go into the networks and on in them, and the owner is told. Each frame may
    /// be due somewhere before the next was sent, and be answered: then that one waits.
    func exchangeAtEdge() {
        let limit = exchange.limit ?? .never
        while true {
            // Nothing is sent before this that has not been.
            let horizon = min(server.calendar.earliest, nextArrival ?? .never)
            if let sending = exchange.takeSending(before: horizon) {
                carry(
                    sending.frame, sending.id, network: sending.network, port: sending.port,
                    at: sending.instant)
                continue
            }
            let entries = min(horizon, limit, exchange.firstSending ?? .never)
            guard advanceNetworks(entries: entries, limit: limit) else { break }
        }
        events += exchange.takeEvents(before: server.calendar.earliest, edge: now)
    }

    /// Something has happened inside a network.
    private func advanceNetworks(entries: Instant, limit: Instant) -> Bool {
        var isAny = false
        for network in busyNetworks {
            let before = networks[network].nextEvent
            advanceNetwork(network, entries: entries, limit: limit)
            if networks[network].nextEvent != before { isAny = true }
        }
        return isAny
    }

    /// When the next frame comes out of a network.
    private var nextArrival: Instant? { busyNetworks.lazy.compactMap { self.networks[$0].nextArrival }.min() }

    func openWindow() -> Bool {
        server.calendar.openWindow(limit: exchange.limit, sent: exchange.firstSending, arriving: nextArrival)
    }
}
