internal import Calendar
internal import CalendarServer
internal import Network

/// What happens when an arrival of the calendar is due.
enum PendingArrival: Sendable {
    /// A frame reaches a port.
    case frame(Parcel, network: Int, port: Int)
    /// An event inside a network is due.
    case network(Int)
    /// A control message reaches a machine.
    case controlMessage([UInt8], attachment: Int)
    case interrupt(queue: Int, attachment: Int)
    /// An interface's carrier comes or goes.
    case carrier(isUp: Bool, attachment: Int)
    /// A device takes up what a look at its guest's queues has left.
    case resume(attachment: Int)
    case alarm(Int, EventQueue.Handle)
}

/// The arrivals that are scheduled in the calendar, and those that wait for paused clients.
final class ArrivalBook {
    /// A scheduled arrival, for `cancel`.
    struct Ticket {
        fileprivate let arrival: Islands.Arrival
        /// The calendar's payload.
        let slot: Int
    }

    /// Most arrivals that wait for a paused client; more frames are lost.
    static let pausedLimit = 1024

    private let server: CalendarServer
    private let clients: ClientDirectory
    private var pending = SlotTable<PendingArrival>()
    /// By participant: arrivals that were due while its client is paused.
    private var paused: [UInt64: [PendingArrival]] = [:]

    init(server: CalendarServer, clients: ClientDirectory) {
        self.server = server
        self.clients = clients
    }

    /// Schedules an arrival; see `Islands.schedule`.
    ///
    /// - Parameter island: where, if no client is named.
    @discardableResult
    func schedule(
        _ arrival: PendingArrival, at instant: Instant, for client: ClientID? = nil, participant: UInt64,
        island: Int = 0, touchesNobody: Bool = false
    ) -> Ticket {
        let slot = pending.insert(arrival)
        return Ticket(
            arrival: server.calendar.schedule(
                at: instant, for: client, island: island, participant: participant, payload: slot,
                touchesNobody: touchesNobody),
            slot: slot)
    }

    /// Schedules an arrival for `participant`, in the island of its client.
    @discardableResult
    func schedule(_ arrival: PendingArrival, at instant: Instant, to participant: UInt64) -> Ticket {
        schedule(arrival, at: instant, for: clients[participant], participant: participant)
    }

    /// The island of a participant's client; 0 if it never started.
    func island(of participant: UInt64) -> Int {
        clients[participant].map { server.calendar.island(of: $0) } ?? 0
    }

    /// The first instant at which something new can reach a participant's island.
    func horizon(of participant: UInt64) -> Instant {
        server.calendar.horizon(in: island(of: participant))
    }

    /// Takes back an arrival that is still scheduled.
    func cancel(_ ticket: Ticket) {
        server.calendar.cancel(ticket.arrival)
        _ = pending.take(ticket.slot)
    }

    /// The arrival that the calendar says is due.
    func take(_ slot: Int) -> PendingArrival { pending.take(slot) }

    /// Frames are scheduled. O(arrivals)
    var hasFrames: Bool {
        pending.contains { arrival in
            if case .frame = arrival { true } else { false }
        }
    }

    // MARK: Paused clients

    /// Some client is paused.
    var hasPaused: Bool { !paused.isEmpty }

    func isPaused(_ participant: UInt64) -> Bool { paused[participant] != nil }

    /// Arrivals for `participant` wait from now on.
    func pause(_ participant: UInt64) { paused[participant] = [] }

    /// Arrivals for `participant` no longer wait; those that did, if it was paused.
    func resume(_ participant: UInt64) -> [PendingArrival]? { paused.removeValue(forKey: participant) }

    /// As many arrivals wait for the paused client as may.
    func isFull(_ participant: UInt64) -> Bool { (paused[participant]?.count ?? 0) >= Self.pausedLimit }

    /// An arrival that is due waits for its paused client.
    func wait(_ arrival: PendingArrival, for participant: UInt64) { paused[participant]?.append(arrival) }
}
