internal import Calendar
internal import Network

/// What an exchange needs of the calendar and the networks at an edge.
protocol ExchangeSite: AnyObject {
    /// The first pending event of any island: what is sent from now on is sent no earlier.
    var earliestEvent: Instant { get }
    /// When the first frame inside a network can come out; nil when there is none.
    var nextArrival: Instant? { get }
    /// A frame enters its network.
    func enter(_ sending: Exchange.Sending)
    /// Networks advance: nothing is sent before `entries` any more, and links may change at `limit`.
    ///
    /// - Returns: an event inside a network happened.
    func advance(entries: Instant, limit: Instant) -> Bool
}

/// What is collected in a window and exchanged at its edge: frames that cross islands, and events for the owner. Both in
/// the order of `EventKey`, which does not depend on which islands ran at the same time.
final class Exchange {
    /// A frame on its way to a network.
    struct Sending {
        let frame: Frame
        let network: Int
        let port: Int
        let id: FrameID
        let instant: Instant
    }

    private var sendings = EventTable<Sending>()
    private var staged = EventTable<SimulationEvent>()
    /// Child processes that have ended, with their participants.
    private var ends: [(index: Int, participant: UInt64)] = []
    /// Participants whose processes' ends the owner waits for.
    private var awaited: Set<UInt64> = []
    /// Of those, the ones whose processes have not ended.
    private var unended: Set<UInt64> = []
    private var alarms = AlarmQueue()
    private var sequence: UInt64 = 0

    /// Something waits for an edge, or for an alarm.
    var hasWork: Bool { !(sendings.isEmpty && staged.isEmpty && ends.isEmpty && alarms.count == 0) }

    /// When the first frame was sent that has not entered its network.
    var firstSending: Instant? { sendings.first }

    /// When the first event happened that the owner has not received.
    var firstStaged: Instant? { staged.first }

    // MARK: In a window

    /// A frame is sent; it enters its network at the edge.
    func send(_ sending: Sending) {
        sendings.insert(sending, at: key(sending.instant, sending.id.sender))
    }

    /// An event happens; the owner receives it at the edge.
    func stage(_ event: SimulationEvent, participant: UInt64, at instant: Instant) {
        staged.insert(event, at: key(instant, participant))
    }

    /// This order is part of every run hash. A participant belongs to one island, and its own order is the same in every
    /// run, so the sequence decides only within a participant.
    private func key(_ instant: Instant, _ participant: UInt64) -> EventKey {
        sequence += 1
        return EventKey(time: instant, kind: .arrival, participant: participant, sequence: sequence)
    }

    // MARK: Alarms

    /// The first alarm's instant: an edge, and the first instant at which links may change.
    var limit: Instant? { alarms.first }

    /// One of the alarms is a stop, which is not the run's own and has not come.
    var stopIsPending = false

    /// How many alarms of the run are pending.
    var alarmCount: Int { alarms.count - (stopIsPending ? 1 : 0) }

    func setAlarm(_ number: Int, at instant: Instant) -> EventQueue.Handle {
        alarms.insert(number, at: instant)
    }

    func removeAlarm(_ alarm: EventQueue.Handle) { alarms.remove(alarm) }

    // MARK: Ends of processes

    func stageEnd(of child: Int, participant: UInt64) {
        ends.append((child, participant))
        unended.remove(participant)
    }

    /// The owner waits for the end of a participant's process.
    func awaitEnd(of participant: UInt64) {
        awaited.insert(participant)
        if !ends.contains(where: { $0.participant == participant }) { unended.insert(participant) }
    }

    /// The owner has received that end.
    func endIsReported(of participant: UInt64) {
        awaited.remove(participant)
        unended.remove(participant)
    }

    /// All processes that the owner waits for have ended. Which of them was faster is nondeterministic, so their ends are
    /// reported together.
    var hasAwaitedEnds: Bool { !awaited.isEmpty && unended.isEmpty }

    /// Reports the ends that the owner waits for, once all of them are there.
    func takeEnds(into events: inout [SimulationEvent]) {
        guard hasAwaitedEnds else { return }
        // This order is part of every run hash: the order of the lab file.
        for end in ends.filter({ awaited.contains($0.participant) }).sorted(by: { $0.index < $1.index }) {
            events.append(.childEnded(index: end.index))
        }
        ends.removeAll { awaited.contains($0.participant) }
        awaited.removeAll()
    }

    // MARK: At the edge

    /// All islands have reached their bounds: frames enter the networks, and the networks advance. A frame may arrive, and
    /// be answered, before the next one was sent: then that one waits for the next edge.
    func exchangeFrames(with site: some ExchangeSite) {
        let limit = limit ?? .never
        while true {
            // Everything that is sent before this has been sent.
            let horizon = min(site.earliestEvent, site.nextArrival ?? .never)
            if let sending = sendings.popFirst(before: horizon) {
                site.enter(sending)
                continue
            }
            let entries = min(horizon, limit, firstSending ?? .never)
            guard site.advance(entries: entries, limit: limit) else { return }
        }
    }

    /// Appends what the owner receives at `edge`, in order: the events before `earliest`; if there are none, one alarm
    /// that is due and before which nothing is left to happen; if there is none, the ends of processes that the owner
    /// waits for. Process-exit timing is nondeterministic, so an exit is ignored until `awaitEnd`.
    func takeEvents(before earliest: Instant, edge: Instant, into events: inout [SimulationEvent]) {
        let count = events.count
        while let event = staged.popFirst(before: earliest) { events.append(event) }
        guard events.count == count else { return }
        // One alarm at a time, when the owner has acted on everything before it: that may be what the alarm is about. For
        // the same reason none while the owner waits for the end of a process.
        let end = min(edge, earliest, firstSending ?? .never, firstStaged ?? .never)
        if awaited.isEmpty, let number = alarms.popFirst(dueAt: end) {
            events.append(.alarm(number))
        } else {
            takeEnds(into: &events)
        }
    }
}
