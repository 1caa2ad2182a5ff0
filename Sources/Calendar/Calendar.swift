/// One line of simulated time and who may run on it: at most one client at any moment, in one total order.
///
/// Pure and synchronous: feed it what clients said, then call `next()` until it returns nil and do what it says. It
/// knows nothing of sockets, sequence numbers or devices. Times of clients are in the client's own scale (a late
/// joiner starts at its own 0); everything else is an `Instant` of the calendar.
package struct Calendar: Sendable {
    /// What has to be done now.
    package enum Step: Hashable, Sendable {
        /// Answer this client's START; it has the turn from its own 0.
        case start(ClientID)
        /// Give the turn: RUN with `time`, and before it FREE_UNTIL with `freeUntil`, both in the client's own scale.
        case run(ClientID, time: UInt64, freeUntil: UInt64)
        /// An arrival that the owner scheduled is due.
        case arrival(payload: Int)
    }

    /// Why `next()` has nothing to say.
    package enum State: Hashable, Sendable {
        /// A client has the turn.
        case running(ClientID)
        /// The owner holds the calendar.
        case held
        /// Clients of the roster have not started.
        case gathering
        /// Nothing is pending: without a word from outside nothing will ever happen again.
        case idle
        /// What is pending is not before the bound.
        case bounded
        /// There is a next step.
        case ready
    }

    /// Wall clock of the simulation at instant 0, ns since the epoch.
    package let start: UInt64
    /// Longest free run granted, ns. It bounds how far ahead of the calendar's instant a client can be that never says
    /// what time it has reached.
    package let longestGrant: UInt64
    /// Nothing at or after this instant happens, and nobody is granted more, before the owner raises it. It may be lowered,
    /// as long as nobody can have gone past it.
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
    /// Before this instant the running client need not ask; it has confirmed knowing it.
    private var grant = Instant.zero
    /// The latest instant the running client may have reached without breaking a rule: above `grant` while a lowered
    /// grant is on its way.
    private var limit = Instant.zero
    private var holds = 0
    /// Clients whose START is not answered, in the order of their identities.
    private var starting: ContiguousArray<ClientID> = []
    private var roster: Roster
    private var arrivals: UInt64 = 0

    package init(start: UInt64, roster: Roster = .open, longestGrant: UInt64 = .max) {
        self.start = start
        self.roster = roster
        self.longestGrant = longestGrant
    }

    // MARK: What clients say

    /// START: a new client that calls itself `identity`.
    ///
    /// - Parameters:
    ///   - lookahead: smallest delay of anything it can send to another participant, ns; 0 when unknown.
    ///   - isHosted: it lives in this process and does nothing but in the instants of its turns: it is granted none.
    package mutating func join(identity: UInt64, lookahead: UInt64 = 0, isHosted: Bool = false) -> ClientID {
        let id = ClientID(index: clients.count)
        clients.append(Client(identity: identity, lookahead: lookahead, isHosted: isHosted))
        let place = starting.firstIndex { clients[$0.index].identity > identity } ?? starting.count
        starting.insert(id, at: place)
        return id
    }

    /// REQUEST: it wants its turn at `time` (own scale). Replaces its earlier request. `time` at or after 2^63-1
    /// withdraws it.
    ///
    /// - Returns: a client that must be told a lower FREE_UNTIL (own scale of that client), if the request is before
    ///   what the running client was granted.
    package mutating func request(_ id: ClientID, time: UInt64) throws(Misuse) -> (
        ClientID, freeUntil: UInt64
    )? {
        let instant = clients[id.index].instant(own: time)
        guard instant >= now else { throw .past(operation: "REQUEST", asked: instant, now: now) }
        clients[id.index].request = instant == .never ? nil : instant
        guard running != id else { return nil }
        place(id)
        guard let running, instant < grant else { return nil }
        grant = max(instant, now)
        return (running, clients[running.index].own(grant))
    }

    /// WAIT: its turn is over.
    package mutating func wait(_ id: ClientID) throws(Misuse) {
        guard running == id else { throw .notRunning(operation: "WAIT") }
        clients[id.index].phase = .waiting
        clients[id.index].reached = max(now, min(limit, clients[id.index].request ?? .never))
        front = max(front, clients[id.index].reached)
        running = nil
        place(id)
    }

    /// UPDATE: it has reached `time` (own scale) and will touch another participant now.
    ///
    /// - Returns: a lower FREE_UNTIL (own scale) that must reach it together with the ACK: what it is about to send can
    ///   come back no earlier than after its lookahead.
    package mutating func update(_ id: ClientID, time: UInt64) throws(Misuse) -> UInt64? {
        guard running == id else { throw .notRunning(operation: "UPDATE") }
        let instant = clients[id.index].instant(own: time)
        guard instant >= now else { throw .past(operation: "UPDATE", asked: instant, now: now) }
        guard instant <= limit else { throw .beyondGrant(reached: instant, granted: limit) }
        now = instant
        clients[id.index].updated = instant
        let bound = instant.advanced(by: clients[id.index].lookahead)
        limit = max(instant, min(grant, bound))
        guard bound < grant else { return nil }
        grant = bound
        return clients[id.index].own(bound)
    }

    /// The client whose turn it is has asked for something that is done at `instant`: it goes no further by itself.
    ///
    /// - Returns: a lower FREE_UNTIL (own scale) that must reach it before it goes on.
    package mutating func lower(_ id: ClientID, to instant: Instant) -> UInt64? {
        guard running == id, instant >= now, instant < grant else { return nil }
        grant = instant
        limit = instant
        return clients[id.index].own(instant)
    }

    /// GET: the time in its own scale, never less than what it may have reached by itself.
    package func time(for id: ClientID) -> UInt64 {
        clients[id.index].own(running == id ? now : max(now, clients[id.index].reached))
    }

    /// It has started and it is not its turn.
    package func isWaiting(_ id: ClientID) -> Bool { clients[id.index].phase == .waiting }

    /// An instant in a client's own scale.
    package func own(_ instant: Instant, for id: ClientID) -> UInt64 { clients[id.index].own(instant) }

    /// GET_TOD: the wall clock of the simulation, ns since the epoch.
    package var timeOfDay: UInt64 { start &+ now.nanoseconds }

    /// It is gone, or was thrown out. Its turn ends, its request is forgotten.
    package mutating func leave(_ id: ClientID) {
        guard clients[id.index].phase != .ended else { return }
        starting.removeAll { $0 == id }
        clients[id.index].request = nil
        clients[id.index].phase = .ended
        place(id)
        guard running == id else { return }
        // What it has sent in its turn is not after the front.
        front = max(front, now)
        running = nil
    }

    /// An expected identity will not come.
    package mutating func abandon(identity: UInt64) {
        switch roster {
        case .open: break
        case .count(let count): roster = count > 1 ? .count(count - 1) : .open
        case .identities(var expected):
            expected.remove(identity)
            roster = expected.isEmpty ? .open : .identities(expected)
        }
    }

    // MARK: What the owner does

    /// A client called `identity` will come: time stands at `instant`, or later if it is later already, until it has
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

    /// A client's time stands from `instant` on, which it has not passed: it gets no turns, and what is meant for it
    /// must wait for `resume`. Not in its own turn.
    package mutating func pause(_ id: ClientID, at instant: Instant) {
        guard clients[id.index].phase == .waiting else { return }
        clients[id.index].phase = .paused(instant)
        place(id)
    }

    /// A paused client goes on at `instant` as if no time had passed since.
    package mutating func resume(_ id: ClientID, at instant: Instant) {
        guard case .paused(let since) = clients[id.index].phase else { return }
        let pause = instant.since(since)
        clients[id.index].phase = .waiting
        clients[id.index].origin = clients[id.index].origin.advanced(by: pause)
        clients[id.index].reached = clients[id.index].reached.advanced(by: pause)
        clients[id.index].updated = clients[id.index].updated.advanced(by: pause)
        clients[id.index].request = clients[id.index].request?.advanced(by: pause)
        place(id)
    }

    /// The earliest instant at which something new can happen without surprising the running client.
    package var horizon: Instant { running == nil ? now : max(now, limit) }

    /// Schedules an arrival; `next()` will return `.arrival(payload)` then.
    ///
    /// - Parameters:
    ///   - instant: when. One before `horizon`, or before what `client` may have reached, is moved there: only arrivals
    ///     that nothing in the simulation caused (a person at the keyboard) ever are.
    ///   - client: whom it reaches, if it has started.
    ///   - participant: identity of whom it reaches; decides the order at equal times.
    ///   - touchesNobody: it is the owner's own matter, and may be before what clients have reached.
    /// - Returns: for `cancel`.
    @discardableResult
    package mutating func schedule(
        at instant: Instant, for client: ClientID? = nil, participant: UInt64, payload: Int,
        touchesNobody: Bool = false
    ) -> EventQueue.Handle {
        arrivals += 1
        let reached = client.map { clients[$0.index].reached } ?? .zero
        let time = touchesNobody ? max(instant, now) : max(instant, horizon, reached)
        return queue.insert(
            EventKey(time: time, kind: .arrival, participant: participant, sequence: arrivals),
            payload: payload)
    }

    /// Takes back an arrival that is still pending.
    package mutating func cancel(_ arrival: EventQueue.Handle) { queue.remove(arrival) }

    /// Time stands, and nobody gets the turn, until `release()`: an interrupt is on its way to a client.
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

    /// What comes next is an arrival: nobody's turn.
    var isBetweenArrivals: Bool {
        guard starting.isEmpty, let first = queue.first, first.time < bound else { return starting.isEmpty }
        return first.kind == .arrival
    }

    /// When the first pending event is due; nil when there is none.
    package var earliest: Instant? { queue.first?.time }

    /// The next thing to do, nil when somebody else has to act first (`state` says who).
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

    /// The first of those who wait to start may start now.
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

    private mutating func startFirst() -> Step {
        let id = starting.removeFirst()
        abandonAfterStart(clients[id.index].identity)
        clients[id.index].phase = .running
        clients[id.index].origin = now
        clients[id.index].updated = now
        clients[id.index].reached = now
        running = id
        grant = now
        limit = now
        turns += 1
        return .start(id)
    }

    /// The roster shrinks as its members start. A count is given up at once when all of it is there: those present start
    /// one after another, before time moves, because waiting starters come before events.
    private mutating func abandonAfterStart(_ identity: UInt64) {
        if case .count = roster { roster = .open } else { abandon(identity: identity) }
    }

    private mutating func giveTurn(to id: ClientID) -> Step {
        let index = id.index
        clients[index].handle = nil
        clients[index].request = nil
        clients[index].phase = .running
        running = id
        turns += 1
        grant = min(queue.first?.time ?? .never, bound, now.advanced(by: longestGrant))
        if clients[index].updated == now {
            // What it sends at this instant is not announced by another UPDATE.
            grant = min(grant, now.advanced(by: clients[index].lookahead))
        }
        if !starting.isEmpty || clients[index].isHosted { grant = now }
        limit = max(now, grant)
        return .run(id, time: clients[index].own(now), freeUntil: clients[index].own(max(now, grant)))
    }

    /// Puts a waiting client's request into the queue, or takes it out.
    private mutating func place(_ id: ClientID) {
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
