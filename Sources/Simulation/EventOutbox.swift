internal import Calendar
internal import CalendarServer

/// Events on their way to the owner.
///
/// With windows, an event in simulated time is staged until the edge. Without, it goes out at once; but what a machine
/// says in its turn goes out when the turn is over, because when its socket is read is nondeterministic.
final class EventOutbox {
    private let server: CalendarServer
    private let exchange: Exchange
    private var events: [SimulationEvent] = []
    /// Console lines, and control messages and ends of devices, of a machine that still has its turn.
    private var heldLines: [SimulationEvent] = []
    private var heldControlMessages: [SimulationEvent] = []

    init(server: CalendarServer, exchange: Exchange) {
        self.server = server
        self.exchange = exchange
    }

    var isEmpty: Bool { events.isEmpty }

    /// Events wait for the end of a turn.
    var holdsEvents: Bool { !heldLines.isEmpty || !heldControlMessages.isEmpty }

    /// Islands stop at edges, and the owner receives events there.
    var hasEdges: Bool { server.calendar.window != nil && server.calendar.allHaveStarted }

    /// Something happened outside simulated time, or the owner caused it: it receives the event at once.
    func append(_ event: SimulationEvent) { events.append(event) }

    /// Something happened in simulated time.
    ///
    /// - Returns: the owner receives it at once.
    @discardableResult
    func report(_ event: SimulationEvent, participant: UInt64, at instant: Instant) -> Bool {
        guard !hasEdges else {
            exchange.stage(event, participant: participant, at: instant)
            return false
        }
        switch event {
        case .control where isInTurn, .deviceEnded where isInTurn: heldControlMessages.append(event)
        case .consoleLine where isInTurn: heldLines.append(event)
        default: events.append(event)
        }
        return true
    }

    /// Without windows: a client has its turn.
    private var isInTurn: Bool { server.calendar.window == nil && server.calendar.running > 0 }

    /// Without windows, between turns: what was held goes out.
    func releaseHeld() {
        guard server.calendar.window == nil, server.calendar.running == 0 else { return }
        releaseAllHeld()
    }

    private func releaseAllHeld() {
        if !heldLines.isEmpty {
            events += heldLines
            heldLines.removeAll(keepingCapacity: true)
        }
        if !heldControlMessages.isEmpty {
            events += heldControlMessages
            heldControlMessages.removeAll(keepingCapacity: true)
        }
    }

    /// Without windows, between turns, once the owner has acted on everything: the ends of processes that it waits for.
    func releaseEnds() {
        guard server.calendar.window == nil, server.calendar.running == 0, events.isEmpty else { return }
        exchange.takeEnds(into: &events)
    }

    /// The owner receives what was staged before `earliest`; see `Exchange.takeEvents`.
    func releaseStaged(before earliest: Instant, edge: Instant) {
        exchange.takeEvents(before: earliest, edge: edge, into: &events)
    }

    /// The run ends, and no turn or window will: the owner receives everything.
    func releaseAll(edge: Instant) {
        releaseAllHeld()
        exchange.takeEvents(before: .never, edge: edge, into: &events)
    }

    /// Moves all events into `buffer`, whose former content goes and whose memory is used again.
    func take(into buffer: inout [SimulationEvent]) {
        buffer.removeAll(keepingCapacity: true)
        swap(&buffer, &events)
    }
}
