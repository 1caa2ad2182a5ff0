/// Several calendars that go on side by side: what can touch each other with no delay shares an island; what one does
/// reaches another only after a latency. So each may go on up to its bound: the earliest event of any other island plus the
/// smallest of those latencies (the *window*); or, once it has sent something itself, until that can have come back. When
/// all have got there (the *edge*) the owner exchanges what was sent, in one total order, and opens the next window.
/// What happens does not depend on how many islands run at the same time.
///
/// With one island and no window it is that island's calendar. Clients have one number over all islands. Not copyable: to
/// ask something of what a class holds would else retain every array in it.
package struct Islands: ~Copyable, Sendable {
    /// A pending arrival.
    package struct Arrival: Hashable, Sendable {
        fileprivate let island: Int
        fileprivate let handle: EventQueue.Handle
    }

    private struct Place {
        let island: Int
        let client: ClientID
    }

    /// Most islands in which a client runs at the same time.
    package let jobs: Int
    /// Smallest latency between islands, ns; nil when there is one island and no edge.
    package let window: UInt64?
    /// By island, ns: what it sends comes back no earlier than after this.
    private let turnarounds: ContiguousArray<UInt64>
    private var calendars: ContiguousArray<Calendar>
    /// By client.
    private var places: ContiguousArray<Place> = []
    /// Clients of an island, by their numbers there.
    private var members: ContiguousArray<ContiguousArray<ClientID>>
    /// Islands in which something may be due, each once.
    private var awake: ContiguousArray<Int> = []
    private var isAwake: ContiguousArray<Bool>
    /// Islands in which a client runs.
    package private(set) var running = 0
    /// Interrupts on their way.
    package private(set) var interruptHolds = 0
    private var ownerHolds = 0
    /// Everybody of every roster has started; only then windows end.
    package private(set) var allHaveStarted = false
    /// Where the last window ended: nothing has got further in any island.
    package private(set) var edge = Instant.zero

    /// One island and no window.
    package init(_ calendar: Calendar) { self.init([calendar], window: nil, turnarounds: [.max], jobs: 1) }

    /// - Parameters:
    ///   - window: smallest latency between islands, ns, above 0.
    ///   - turnarounds: by island, ns: what it sends can come back to it no earlier, `window` or more.
    ///   - jobs: most islands in which a client runs at the same time, 1 or more.
    package init(_ calendars: [Calendar], window: UInt64, turnarounds: [UInt64], jobs: Int) {
        precondition(window > 0 && turnarounds.allSatisfy { $0 >= window })
        self.init(calendars, window: .some(window), turnarounds: turnarounds, jobs: jobs)
    }

    private init(_ calendars: [Calendar], window: UInt64?, turnarounds: [UInt64], jobs: Int) {
        precondition(jobs > 0 && !calendars.isEmpty && turnarounds.count == calendars.count)
        self.jobs = jobs
        self.window = window
        self.turnarounds = ContiguousArray(turnarounds)
        self.calendars = ContiguousArray(calendars)
        members = ContiguousArray(repeating: [], count: calendars.count)
        awake = ContiguousArray(calendars.indices)
        isAwake = ContiguousArray(repeating: true, count: calendars.count)
        if window != nil { for island in self.calendars.indices { self.calendars[island].bound = .zero } }
    }

    // MARK: Which island

    package func island(of client: ClientID) -> Int { places[client.index].island }

    /// An island's instant.
    package func now(in island: Int) -> Instant { calendars[island].now }

    /// With one island and no window the calendar's instant, else the last edge.
    package var now: Instant { window == nil ? calendars[0].now : edge }

    /// See `Calendar.horizon`; of an island.
    package func horizon(in island: Int) -> Instant { calendars[island].horizon }

    /// The client whose turn it is in an island.
    package func running(in island: Int) -> ClientID? {
        calendars[island].running.map { members[island][$0.index] }
    }

    /// The instant of a client's island.
    package func now(of client: ClientID) -> Instant { calendars[places[client.index].island].now }

    /// All islands' instants, added up with wrapping: another number whenever time has gone on anywhere.
    package var instants: UInt64 { calendars.reduce(edge.nanoseconds) { $0 &+ $1.now.nanoseconds } }

    /// How a client stands.
    package struct Account: Sendable {
        /// What it called itself in START.
        package let identity: UInt64
        /// The instant of its island.
        package let now: Instant
        /// An instant that it cannot have passed yet.
        package let reached: Instant
        /// When it wants its turn; nil for never.
        package let request: Instant?
    }

    /// How a client stands.
    package func account(of client: ClientID) -> Account {
        let place = places[client.index]
        let own = calendars[place.island].clients[place.client.index]
        return Account(
            identity: own.identity, now: calendars[place.island].now, reached: own.reached,
            request: own.request)
    }

    /// Nothing can happen before this instant any more, whoever runs, and the owner acts no earlier: what is earlier is
    /// in its final order. Nil while an interrupt is on its way.
    package var settledBefore: Instant? {
        guard interruptHolds == 0 else { return nil }
        guard window != nil else { return calendars[0].now }
        // The next edge is where the foremost has got to, or later.
        var front = edge
        var first = Instant.never
        for calendar in calendars {
            front = max(front, calendar.front)
            let stands = calendar.running != nil || calendar.state == .gathering
            first = min(first, stands ? calendar.now : max(calendar.now, calendar.earliest ?? .never))
        }
        return min(first, front)
    }

    package func isRunning(_ client: ClientID) -> Bool {
        let place = places[client.index]
        return calendars[place.island].running == place.client
    }

    /// Clients whose turn it is, by island.
    package var allRunning: [ClientID] { calendars.indices.compactMap { running(in: $0) } }

    /// Wall clock of the simulation in an island, ns since the epoch.
    package func timeOfDay(for client: ClientID) -> UInt64 {
        calendars[places[client.index].island].timeOfDay
    }

    // MARK: What clients say (see `Calendar`)

    package mutating func join(
        identity: UInt64, lookahead: UInt64 = 0, isHosted: Bool = false, island: Int = 0
    ) -> ClientID {
        let client = calendars[island].join(identity: identity, lookahead: lookahead, isHosted: isHosted)
        let id = ClientID(index: places.count)
        places.append(Place(island: island, client: client))
        members[island].append(id)
        wake(island)
        return id
    }

    package mutating func request(_ id: ClientID, time: UInt64) throws(Misuse) -> (
        ClientID, freeUntil: UInt64
    )? {
        let place = places[id.index]
        let lowered = try calendars[place.island].request(place.client, time: time)
        wake(place.island)
        return lowered.map { (members[place.island][$0.0.index], $0.freeUntil) }
    }

    package mutating func wait(_ id: ClientID) throws(Misuse) {
        let place = places[id.index]
        try calendars[place.island].wait(place.client)
        running -= 1
        wake(place.island)
    }

    package mutating func update(_ id: ClientID, time: UInt64) throws(Misuse) -> UInt64? {
        let place = places[id.index]
        return try calendars[place.island].update(place.client, time: time)
    }

    /// See `Calendar.lower`.
    package mutating func lower(_ id: ClientID, to instant: Instant) -> UInt64? {
        let place = places[id.index]
        return calendars[place.island].lower(place.client, to: instant)
    }

    package func time(for id: ClientID) -> UInt64 {
        let place = places[id.index]
        return calendars[place.island].time(for: place.client)
    }

    package func own(_ instant: Instant, for id: ClientID) -> UInt64 {
        let place = places[id.index]
        return calendars[place.island].own(instant, for: place.client)
    }

    package func isWaiting(_ id: ClientID) -> Bool {
        let place = places[id.index]
        return calendars[place.island].isWaiting(place.client)
    }

    package mutating func leave(_ id: ClientID) {
        let place = places[id.index]
        if calendars[place.island].running == place.client { running -= 1 }
        calendars[place.island].leave(place.client)
        wake(place.island)
    }

    /// See `Calendar.expect`; no window opens until it has started.
    package mutating func expect(identity: UInt64, island: Int, at instant: Instant) {
        calendars[island].expect(identity: identity, at: instant)
        allHaveStarted = false
    }

    /// See `Calendar.pause`.
    package mutating func pause(_ id: ClientID, at instant: Instant) {
        calendars[places[id.index].island].pause(places[id.index].client, at: instant)
    }

    /// See `Calendar.resume`.
    package mutating func resume(_ id: ClientID, at instant: Instant) {
        calendars[places[id.index].island].resume(places[id.index].client, at: instant)
        wake(places[id.index].island)
    }

    package mutating func abandon(identity: UInt64) {
        for island in calendars.indices {
            calendars[island].abandon(identity: identity)
            wake(island)
        }
    }

    // MARK: What the owner does

    /// See `Calendar.schedule`.
    ///
    /// - Parameter island: where, if no client says so.
    @discardableResult
    package mutating func schedule(
        at instant: Instant, for client: ClientID?, island: Int, participant: UInt64, payload: Int,
        touchesNobody: Bool = false
    ) -> Arrival {
        let place = client.map { places[$0.index] }
        let island = place?.island ?? island
        let handle = calendars[island].schedule(
            at: instant, for: place?.client, participant: participant, payload: payload,
            touchesNobody: touchesNobody)
        wake(island)
        return Arrival(island: island, handle: handle)
    }

    /// Takes back an arrival that is still pending.
    package mutating func cancel(_ arrival: Arrival) {
        calendars[arrival.island].cancel(arrival.handle)
        wake(arrival.island)
    }

    /// Time stands in an island: an interrupt is on its way to a client there.
    package mutating func hold(island: Int) {
        interruptHolds += 1
        calendars[island].hold()
    }

    package mutating func release(island: Int) {
        interruptHolds -= 1
        calendars[island].release()
        wake(island)
    }

    /// No window opens (or, without windows, time stands) until `release()`.
    package mutating func hold() {
        ownerHolds += 1
        if window == nil { calendars[0].hold() }
    }

    package mutating func release() {
        precondition(ownerHolds > 0, "release without hold")
        ownerHolds -= 1
        if window == nil { calendars[0].release() }
        wake(0)
    }

    // MARK: Going on

    private mutating func wake(_ island: Int) {
        guard !isAwake[island] else { return }
        isAwake[island] = true
        awake.append(island)
    }

    /// The next thing to do in any island whose turn can be given; nil when somebody else has to act first, or at the
    /// edge.
    ///
    /// - Returns: the step, with the client's number over all islands, and its island.
    package mutating func next() -> (step: Calendar.Step, island: Int)? {
        while let island = awake.last {
            if calendars[island].running == nil, running >= jobs, !calendars[island].isBetweenArrivals {
                // All jobs are taken; one that ends looks here again.
                return nil
            }
            guard let step = calendars[island].next() else {
                awake.removeLast()
                isAwake[island] = false
                continue
            }
            switch step {
            case .arrival:
                return (step, island)
            case .start(let client):
                running += 1
                return (.start(members[island][client.index]), island)
            case .run(let client, let time, let freeUntil):
                running += 1
                return (.run(members[island][client.index], time: time, freeUntil: freeUntil), island)
            }
        }
        return nil
    }

    /// Something that other islands, or the owner, hear of at the edge was sent in an island: it goes no further than to
    /// where that can have come back.
    package mutating func send(from island: Int) {
        let back = calendars[island].now.advanced(by: turnarounds[island])
        if back < calendars[island].bound { calendars[island].bound = back }
    }

    /// See `Calendar.state`; with windows `.running` names any client whose turn it is.
    package var state: Calendar.State {
        guard window != nil else { return running(in: 0).map { .running($0) } ?? calendars[0].state }
        if !awake.isEmpty, running < jobs { return .ready }
        if running > 0, let island = calendars.firstIndex(where: { $0.running != nil }),
            let first = running(in: island)
        {
            return .running(first)
        }
        if interruptHolds > 0 || ownerHolds > 0 { return .held }
        if !allHaveStarted, calendars.contains(where: { $0.state == .gathering }) { return .gathering }
        return calendars.contains { $0.earliest != nil } ? .bounded : .idle
    }

    /// All islands have got to their bounds.
    package mutating func isSettled() -> Bool {
        guard window != nil, awake.isEmpty, running == 0, interruptHolds == 0 else { return false }
        if !allHaveStarted {
            allHaveStarted = !calendars.contains { $0.state == .gathering }
        }
        guard allHaveStarted else { return false }
        edge = max(edge, calendars.lazy.map(\.front).max() ?? edge)
        return true
    }

    /// When the first pending event of any island is due: what is sent from now on is sent no earlier.
    package var earliest: Instant { calendars.lazy.compactMap(\.earliest).min() ?? .never }

    /// Goes on from a settled edge, to `limit` at most: when nothing is pending before it, that is the new edge.
    ///
    /// - Parameters:
    ///   - sent: instant of the first frame that is not on its way yet; it will be once all have got there.
    ///   - arriving: when the first frame can arrive that is on its way and has no arrival yet.
    /// - Returns: there is a new window; false when nothing is pending anywhere, or the owner holds.
    package mutating func openWindow(limit: Instant?, sent: Instant?, arriving: Instant? = nil) -> Bool {
        guard let window, ownerHolds == 0 else { return false }
        // The two islands that are due first decide: every bound but the first's comes from the first.
        var first: (island: Int, time: Instant)?
        var second = Instant.never
        for island in calendars.indices {
            guard let time = calendars[island].earliest else { continue }
            guard let leader = first else {
                first = (island, time)
                continue
            }
            if time < leader.time {
                second = leader.time
                first = (island, time)
            } else {
                second = min(second, time)
            }
        }
        let limit = limit ?? .never
        guard let first, first.time < limit else {
            guard limit < .never else { return false }
            edge = max(edge, limit)
            return true
        }
        // The first stops one latency before the second is due: then they go on side by side, each as far as the other's
        // event plus the latency. Were it to go on to there alone, the others would stand while it computes.
        let together = first.time.advanced(by: window)
        let alone =
            second > together ? max(together, second.moved(back: window)) : second.advanced(by: window)
        let known = min((sent ?? .never).advanced(by: window), arriving ?? .never)
        for island in calendars.indices {
            let others = island == first.island ? alone : together
            let bound = max(calendars[island].now, min(others, known, limit))
            calendars[island].bound = bound
            if let earliest = calendars[island].earliest, earliest < bound { wake(island) }
        }
        return true
    }
}
