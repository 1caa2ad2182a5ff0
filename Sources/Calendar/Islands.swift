/// Several calendars that run in parallel. Participants that can reach each other without delay share an island; one island
/// reaches another only after a latency. So each island may run up to its bound: the earliest event of any other island plus
/// the smallest of those latencies (the *window*), or, once it has sent something, the instant at which a reply can arrive.
/// When every island has reached its bound (the *edge*), the owner exchanges what was sent, in one total order, and opens
/// the next window. The result does not depend on how many islands run at the same time.
///
/// With one island and no window it is that island's calendar. Client numbers are unique over all islands. Not copyable:
/// reading a copyable value through a class would retain every array in it.
package struct Islands: ~Copyable, Sendable {
    /// A pending arrival.
    package struct Arrival: Hashable, Sendable {
        fileprivate let island: Int
        fileprivate let handle: EventQueue.Handle
    }

    struct Place {
        let island: Int
        let client: ClientID
    }

    /// Most islands in which a client runs at the same time.
    package let jobs: Int
    /// Smallest latency between islands, ns; nil with one island, which has no edges.
    package let window: UInt64?
    /// By island, ns: a reply to what it sends arrives no earlier than this later.
    private let turnarounds: ContiguousArray<UInt64>
    var calendars: ContiguousArray<Calendar>
    /// By client.
    var places: ContiguousArray<Place> = []
    /// By island and the client's number there, the client's number over all islands.
    private var members: ContiguousArray<ContiguousArray<ClientID>>
    /// Islands that may have a step to do, each once.
    private var awake: ContiguousArray<Int> = []
    private var isAwake: ContiguousArray<Bool>
    /// Islands in which a client runs.
    package private(set) var running = 0
    /// Interrupts in transit.
    package private(set) var interruptHolds = 0
    private var ownerHolds = 0
    /// Every client of every roster has started; no window ends before that.
    package internal(set) var allHaveStarted = false
    /// The end of the last window: no island has gone beyond it.
    package private(set) var edge = Instant.zero

    /// One island and no window.
    package init(_ calendar: Calendar) { self.init([calendar], window: nil, turnarounds: [.max], jobs: 1) }

    /// - Parameters:
    ///   - window: smallest latency between islands, ns, above 0.
    ///   - turnarounds: by island, ns: the shortest time from a sending to its reply, `window` or more.
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

    // MARK: Reads

    package func island(of client: ClientID) -> Int { places[client.index].island }

    /// An island's instant.
    package func now(in island: Int) -> Instant { calendars[island].now }

    /// With one island and no window the calendar's instant, else the last edge.
    package var now: Instant { window == nil ? calendars[0].now : edge }

    /// See `Calendar.horizon`; of an island.
    package func horizon(in island: Int) -> Instant { calendars[island].horizon }

    /// The client that has the turn in an island.
    package func running(in island: Int) -> ClientID? {
        calendars[island].running.map { members[island][$0.index] }
    }

    /// The instant of a client's island.
    package func now(of client: ClientID) -> Instant { calendars[places[client.index].island].now }

    /// The wrapping sum of all islands' instants: it changes whenever time moves in any island.
    package var instants: UInt64 { calendars.reduce(edge.nanoseconds) { $0 &+ $1.now.nanoseconds } }

    /// A client's position in simulated time.
    package struct Account: Sendable {
        /// The identity that it joined with.
        package let identity: UInt64
        /// The instant of its island.
        package let now: Instant
        /// The latest instant that it can have reached.
        package let reached: Instant
        /// When it has asked for a turn; nil for never.
        package let request: Instant?
    }

    /// A client's position in simulated time.
    package func account(of client: ClientID) -> Account {
        let place = places[client.index]
        let own = calendars[place.island].clients[place.client.index]
        return Account(
            identity: own.identity, now: calendars[place.island].now, reached: own.reached,
            request: own.request)
    }

    /// Neither a client nor the owner can act before this instant any more, so everything earlier is in its final order.
    /// Nil while an interrupt is in transit.
    package var settledBefore: Instant? {
        guard interruptHolds == 0 else { return nil }
        guard window != nil else { return calendars[0].now }
        // The next edge is where the furthest island is, or later.
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

    /// The clients that have the turn, by island.
    package var allRunning: [ClientID] { calendars.indices.compactMap { running(in: $0) } }

    /// Wall clock of the simulation in an island, ns since the epoch.
    package func timeOfDay(for client: ClientID) -> UInt64 {
        calendars[places[client.index].island].timeOfDay
    }

    // MARK: Messages of clients (see `Calendar`)

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

    // MARK: The owner's calls

    /// See `Calendar.schedule`.
    ///
    /// - Parameter island: used when `client` is nil.
    @discardableResult
    package mutating func schedule(
        at instant: Instant, for client: ClientID? = nil, island: Int = 0, participant: UInt64, payload: Int,
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

    /// Removes a pending arrival.
    package mutating func cancel(_ arrival: Arrival) {
        calendars[arrival.island].cancel(arrival.handle)
        wake(arrival.island)
    }

    /// Stops time in an island while an interrupt is in transit to a client there.
    package mutating func hold(island: Int) {
        interruptHolds += 1
        calendars[island].hold()
    }

    package mutating func release(island: Int) {
        interruptHolds -= 1
        calendars[island].release()
        wake(island)
    }

    /// Opens no window (without windows: stops time) until `release()`.
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

    // MARK: Steps and windows

    mutating func wake(_ island: Int) {
        guard !isAwake[island] else { return }
        isAwake[island] = true
        awake.append(island)
    }

    /// The next step of any island that may run; nil when a client or the owner must act first, or at the edge.
    ///
    /// - Returns: the step, with the client's number over all islands, and its island.
    package mutating func next() -> (step: Calendar.Step, island: Int)? {
        while let island = awake.last {
            if calendars[island].running == nil, running >= jobs, !calendars[island].isBetweenArrivals {
                // All jobs are in use; the next turn that ends calls this again.
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

    /// Lowers an island's bound after it has sent something that is exchanged at the edge, to the earliest instant of a
    /// reply.
    package mutating func send(from island: Int) {
        let back = calendars[island].now.advanced(by: turnarounds[island])
        if back < calendars[island].bound { calendars[island].bound = back }
    }

    /// See `Calendar.state`; with windows `.running` names any client that has the turn.
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

    /// All islands have reached their bounds.
    package mutating func isSettled() -> Bool {
        guard window != nil, awake.isEmpty, running == 0, interruptHolds == 0 else { return false }
        if !allHaveStarted {
            allHaveStarted = !calendars.contains { $0.state == .gathering }
        }
        guard allHaveStarted else { return false }
        edge = max(edge, calendars.lazy.map(\.front).max() ?? edge)
        return true
    }

    /// When the first pending event of any island is due: nothing is sent earlier from now on.
    package var earliest: Instant { calendars.lazy.compactMap(\.earliest).min() ?? .never }

    /// Opens the next window from a settled edge, up to `limit`: when no event is pending before it, it is the new edge.
    ///
    /// - Parameters:
    ///   - sent: instant of the first frame that was sent and has not entered its network; it enters at the next edge.
    ///   - arriving: the earliest instant at which a frame inside a network can arrive.
    /// - Returns: whether a window was opened; false when no event is pending anywhere, or after `hold()`.
    package mutating func openWindow(limit: Instant?, sent: Instant?, arriving: Instant? = nil) -> Bool {
        guard let window, ownerHolds == 0 else { return false }
        // The two islands with the earliest events decide: all bounds but the first island's follow from the first.
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
        // The first stops one latency before the second is due: from there both run in parallel, each up to the other's
        // event plus the latency. If the first ran that far alone, the others would stand while it computes.
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
