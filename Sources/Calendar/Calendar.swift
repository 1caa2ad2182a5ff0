/// One line of simulated time and the clients that run on it: at most one at any moment, in one total order.
///
/// Pure and synchronous: pass in what clients sent, then call `next()` until it returns nil and carry out each step. It
/// knows nothing of sockets, sequence numbers or devices. Times of clients are in the client's own scale (a client that
/// joins late starts at its own 0, and its clock may drift); all other times are an `Instant` of the calendar.
package struct Calendar: Sendable {
    /// The owner's next action.
    package enum Step: Hashable, Sendable {
        /// Answer this client's START: its first turn begins, at its own 0.
        case start(ClientID)
        /// Give the turn: RUN with `time`, and before it FREE_UNTIL with `freeUntil`, both in the client's own scale.
        case run(ClientID, time: UInt64, freeUntil: UInt64)
        /// An arrival that the owner scheduled is due.
        case arrival(payload: Int)
    }

    /// Why `next()` returns nil.
    package enum State: Hashable, Sendable {
        /// A client has the turn.
        case running(ClientID)
        /// The owner has called `hold()`.
        case held
        /// Some clients of the roster have not started.
        case gathering
        /// No event is pending: nothing happens until a message or an arrival comes from outside.
        case idle
        /// Every pending event is at or after the bound.
        case bounded
        /// There is a next step.
        case ready
    }

    /// Wall clock of the simulation at instant 0, ns since the epoch.
    package let start: UInt64
    /// Longest grant, ns. It limits how far ahead of the calendar's instant a client can be that never sends UPDATE.
    package let longestGrant: UInt64
    /// No event at or after this instant is processed, and no grant goes beyond it, until the owner raises it. It may be
    /// lowered as long as no client can have passed the new value.
    package var bound = Instant.never {
        willSet { precondition(newValue >= now, "a bound of \(newValue) in the past: it is \(now)") }
    }
    /// The latest instant that any client may have reached.
    package private(set) var front = Instant.zero
    /// The calendar's instant. Never goes back.
    package private(set) var now = Instant.zero {
        willSet { precondition(newValue >= now, "simulated time went back from \(now) to \(newValue)") }
    }
    /// Turns given so far.
    package private(set) var turns: UInt64 = 0

    var clients: ContiguousArray<Client> = []
    var queue = EventQueue()
    /// Whose turn it is.
    package private(set) var running: ClientID?
    /// The running client may run up to this instant without a message.
    private(set) var grant = Instant.zero
    /// The latest instant that the running client may legally have reached: later than `grant` while a lowered grant is in
    /// transit.
    private var limit = Instant.zero
    private var holds = 0
    /// Clients whose START is not answered, in the order of their identities.
    private var starting: ContiguousArray<ClientID> = []
    private var roster: Roster
    /// By identity, parts per billion.
    var drifts: [UInt64: Int64] = [:]

    package init(start: UInt64, roster: Roster = .open, longestGrant: UInt64 = .max) {
        self.start = start
        self.roster = roster
        self.longestGrant = longestGrant
    }

    // MARK: Messages of clients

    /// START: a new client with the name `identity`.
    ///
    /// - Parameters:
    ///   - lookahead: smallest delay of anything it can send to another participant, ns; 0 when unknown.
    ///   - isHosted: it runs in this process and acts only at the instants of its turns, so its grants are empty.
    package mutating func join(identity: UInt64, lookahead: UInt64 = 0, isHosted: Bool = false) -> ClientID {
        let id = ClientID(index: clients.count)
        clients.append(Client(identity: identity, lookahead: lookahead, isHosted: isHosted))
        if let drift = drifts[identity] { clients[id.index].scale.setDrift(drift, at: .zero) }
        // This order is part of every run hash: clients start in the order of their identities.
        let place = starting.firstIndex { clients[$0.index].identity > identity } ?? starting.count
        starting.insert(id, at: place)
        return id
    }

    /// REQUEST: the client asks for a turn at `time` (own scale). Replaces its earlier request. A `time` at or after 2^63-1
    /// withdraws the request.
    ///
    /// - Returns: the running client and the lower FREE_UNTIL to send to it (in its own scale), if the request is earlier than
    ///   its grant.
    package mutating func request(_ id: ClientID, time: UInt64) throws(Misuse) -> (
        ClientID, freeUntil: UInt64
    )? {
        let instant = try self.instant(own: time, of: id, "REQUEST")
        clients[id.index].request = instant == .never ? nil : instant
        clients[id.index].ownRequest = instant == .never ? nil : time
        guard running != id else { return nil }
        place(id)
        guard let running, instant < grant else { return nil }
        grant = max(instant, now)
        return (running, freeUntil(of: running))
    }

    /// WAIT: the client's turn ends.
    package mutating func wait(_ id: ClientID) throws(Misuse) {
        guard running == id else { throw .notRunning(operation: "WAIT") }
        clients[id.index].phase = .waiting
        clients[id.index].reached = max(now, min(limit, clients[id.index].request ?? .never))
        front = max(front, clients[id.index].reached)
        running = nil
        place(id)
    }

    /// UPDATE: the client has reached `time` (own scale) and is about to use a device.
    ///
    /// - Returns: a lower FREE_UNTIL (own scale) to send together with the ACK: a reply to what the client sends can arrive
    ///   one lookahead later at the earliest.
    package mutating func update(_ id: ClientID, time: UInt64) throws(Misuse) -> UInt64? {
        guard running == id else { throw .notRunning(operation: "UPDATE") }
        let instant = try self.instant(own: time, of: id, "UPDATE")
        guard instant <= limit else { throw .beyondGrant(reached: instant, granted: limit) }
        now = instant
        clients[id.index].updated = time
        let bound = instant.advanced(by: clients[id.index].lookahead)
        limit = max(instant, min(grant, bound))
        guard bound < grant else { return nil }
        grant = bound
        return freeUntil(of: id)
    }

    /// Ends the running client's grant at `instant`, when something that it has asked for completes.
    ///
    /// - Returns: a lower FREE_UNTIL (own scale) to send before the client continues.
    package mutating func lower(_ id: ClientID, to instant: Instant) -> UInt64? {
        guard running == id, instant >= now, instant < grant else { return nil }
        grant = instant
        limit = instant
        return freeUntil(of: id)
    }

    /// Ends the running client's grant now, so that it asks before its time goes on. It may have reached more by then: what its former
    /// grant allowed stays allowed.
    ///
    /// - Returns: a lower FREE_UNTIL (own scale) to send.
    package mutating func endGrant(_ id: ClientID) -> UInt64? {
        guard running == id, grant > now else { return nil }
        grant = now
        return freeUntil(of: id)
    }

    /// GET: the time in the client's own scale, never less than what the client may have reached under its grant.
    package func time(for id: ClientID) -> UInt64 {
        clients[id.index].own(running == id ? now : max(now, clients[id.index].reached))
    }

    /// The client has started and does not have the turn.
    package func isWaiting(_ id: ClientID) -> Bool { clients[id.index].phase == .waiting }

    /// An instant in a client's own scale.
    package func own(_ instant: Instant, for id: ClientID) -> UInt64 { clients[id.index].own(instant) }

    /// GET_TOD: the wall clock of the simulation, ns since the epoch.
    package var timeOfDay: UInt64 { start &+ now.nanoseconds }

    /// The client disconnected or was ended. Its turn ends and its request is dropped.
    package mutating func leave(_ id: ClientID) {
        guard clients[id.index].phase != .ended else { return }
        starting.removeAll { $0 == id }
        clients[id.index].request = nil
        clients[id.index].ownRequest = nil
        clients[id.index].phase = .ended
        place(id)
        guard running == id else { return }
        // Everything that the client sent in its turn is at or before the front.
        front = max(front, now)
        running = nil
    }

    /// An expected client will not connect.
    package mutating func abandon(identity: UInt64) {
        switch roster {
        case .open: break
        case .count(let count): roster = count > 1 ? .count(count - 1) : .open
        case .identities(var expected):
            expected.remove(identity)
            roster = expected.isEmpty ? .open : .identities(expected)
        }
    }

    // MARK: The owner's calls

    /// Waits for a client named `identity`: time stops at `instant`, or at `now` if that is later, until the client has
    /// started.
    package mutating func expect(identity: UInt64, at instant: Instant) {
        precondition(running == nil, "a client is expected between turns")
        precondition(earliest ?? .never >= instant, "nothing is pending before a client is expected")
        now = max(now, instant)
        front = max(front, now)
        switch roster {
        case .open, .count: roster = .identities([identity])
        case .identities(let expected): roster = .identities(expected.union([identity]))
        }
    }

    /// Stops a client's clock at `instant`, which it has not passed: it gets no turns, and the owner must keep what is sent to
    /// it until `resume`. Has no effect during the client's own turn.
    package mutating func pause(_ id: ClientID, at instant: Instant) {
        guard clients[id.index].phase == .waiting else { return }
        clients[id.index].phase = .paused(instant)
        place(id)
    }

    /// Continues a paused client at `instant`; its clock shows no gap.
    package mutating func resume(_ id: ClientID, at instant: Instant) {
        guard case .paused(let since) = clients[id.index].phase else { return }
        let pause = instant.since(since)
        clients[id.index].phase = .waiting
        clients[id.index].scale.stand(for: pause)
        clients[id.index].reached = clients[id.index].reached.advanced(by: pause)
        clients[id.index].request = clients[id.index].request?.advanced(by: pause)
        place(id)
    }

    /// The earliest instant at which a new event may be placed: the running client cannot have passed it.
    package var horizon: Instant { running == nil ? now : max(now, limit) }

    /// Schedules an arrival; `next()` will return `.arrival(payload)` then.
    ///
    /// - Parameters:
    ///   - instant: when. An instant before `horizon`, or before what `client` may have reached, is moved there. Only arrivals
    ///     without a cause in the simulation (a person at the keyboard) can be that early.
    ///   - client: the receiver, if it has started.
    ///   - participant: the receiver's identity; decides the order at equal times.
    ///   - touchesNobody: only the owner acts on it, so it may be earlier than what clients have reached.
    /// - Returns: for `cancel`.
    @discardableResult
    package mutating func schedule(
        at instant: Instant, for client: ClientID? = nil, participant: UInt64, payload: Int,
        touchesNobody: Bool = false
    ) -> EventQueue.Handle {
        let reached = client.map { clients[$0.index].reached } ?? .zero
        let time = touchesNobody ? max(instant, now) : max(instant, horizon, reached)
        return queue.insertArrival(at: time, participant: participant, payload: payload)
    }

    /// Removes a pending arrival.
    package mutating func cancel(_ arrival: EventQueue.Handle) { queue.remove(arrival) }

    /// Stops time and gives no turns until `release()`, while an interrupt is in transit to a client.
    package mutating func hold() { holds += 1 }

    package mutating func release() {
        precondition(holds > 0, "release without hold")
        holds -= 1
    }

    package var state: State {
        if let running { return .running(running) }
        if holds > 0 { return .held }
        if isGathering && !canStart { return .gathering }
        if starting.isEmpty {
            guard let first = queue.first else { return .idle }
            if first.time >= bound { return .bounded }
        }
        return .ready
    }

    /// The next step is an arrival, not a turn.
    var isBetweenArrivals: Bool {
        guard starting.isEmpty, let first = queue.first, first.time < bound else { return starting.isEmpty }
        return first.kind == .arrival
    }

    /// When the first pending event is due; nil when there is none.
    package var earliest: Instant? { queue.first?.time }

    /// The next step; nil when a client or the owner must act first (`state` says which).
    package mutating func next() -> Step? {
        guard running == nil, holds == 0 else { return nil }
        if canStart { return startFirst() }
        guard !isGathering, let first = queue.first, first.time < bound, let event = queue.popFirst() else {
            return nil
        }
        now = max(now, event.key.time)
        front = max(front, now)
        switch event.key.kind {
        case .arrival: return .arrival(payload: event.payload)
        case .turn: return giveTurn(to: ClientID(index: event.payload))
        }
    }

    // MARK: Turns

    private var isGathering: Bool {
        if case .open = roster { return false }
        return true
    }

    /// The first of the clients that wait to start may start now.
    private var canStart: Bool {
        guard let first = starting.first else { return false }
        switch roster {
        case .open: return true
        case .count(let count): return starting.count >= count
        case .identities(let expected):
            let identity = clients[first.index].identity
            return !expected.contains { $0 < identity }
        }
    }

    /// If a client starts next, moves time on to where others may be already, but not past an event. For clients that read one
    /// time, which must not be before theirs.
    mutating func goToFrontBeforeStart() {
        guard running == nil, holds == 0, canStart, front != .never else { return }
        now = max(now, min(front, queue.first?.time ?? .never, bound))
    }

    private mutating func startFirst() -> Step {
        let id = starting.removeFirst()
        abandonAfterStart(clients[id.index].identity)
        clients[id.index].phase = .running
        clients[id.index].scale.begin(at: now)
        clients[id.index].reached = now
        running = id
        grant = now
        limit = now
        turns += 1
        return .start(id)
    }

    /// The roster shrinks as its members start. A roster with a count is dropped when all its clients are connected: they
    /// start one after another before time moves, because starts precede events.
    private mutating func abandonAfterStart(_ identity: UInt64) {
        if case .count = roster { roster = .open } else { abandon(identity: identity) }
    }

    private mutating func giveTurn(to id: ClientID) -> Step {
        let index = id.index
        clients[index].handle = nil
        let time = clients[index].turnTime(at: now)
        clients[index].request = nil
        clients[index].ownRequest = nil
        clients[index].phase = .running
        running = id
        turns += 1
        grant = min(queue.first?.time ?? .never, bound, now.advanced(by: longestGrant))
        if clients[index].updated == time {
            // Kernels do not repeat an UPDATE for the same time, so what it sends now is not announced.
            grant = min(grant, now.advanced(by: clients[index].lookahead))
        }
        if !starting.isEmpty || clients[index].isHosted { grant = now }
        limit = max(now, grant)
        return .run(id, time: time, freeUntil: max(time, freeUntil(of: id)))
    }

    /// Inserts a waiting client's request into the queue, or removes it.
    mutating func place(_ id: ClientID) {
        let index = id.index
        if let handle = clients[index].handle {
            queue.remove(handle)
            clients[index].handle = nil
        }
        guard clients[index].phase == .waiting, let request = clients[index].request else { return }
        let key = EventKey(
            time: max(request, now), kind: .turn, participant: clients[index].identity,
            sequence: UInt64(index))
        clients[index].handle = queue.insert(key, payload: index)
    }
}
