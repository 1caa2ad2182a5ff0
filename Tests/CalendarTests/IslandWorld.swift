import Calendar
import Testing

/// Guests on islands, and an owner that carries what they send from edge to edge. Whose process the host lets go on is
/// drawn at random: nothing may depend on it.
struct IslandWorld: ~Copyable {
    private struct Guest {
        let identity: UInt64
        let client: ClientID
        var behaviour: Behaviour
        var time: UInt64 = 0
        var events: [UInt64] = []
        var freeUntil: UInt64?
        var isStarting = false
        var isGone = false
    }

    /// A frame that is not on its way yet.
    private struct Sending {
        let instant: UInt64
        let sender: UInt64
        let sequence: Int
        let target: UInt64
    }

    private(set) var islands: Islands
    private var guests: [Guest] = []
    private var byIdentity: [UInt64: Int] = [:]
    private var active: [Int] = []
    private var sendings: [Sending] = []
    private var sequence = 0
    private var arrivals: [UInt64] = []
    private let latency: UInt64
    private let skipsSelf: Bool
    private var host: SeededGenerator
    private(set) var mostActive = 0
    /// By guest.
    private(set) var logs: [UInt64: [LogEntry]] = [:]

    /// - Parameters:
    ///   - groups: identities by island.
    ///   - skipsSelf: nobody sends to itself: what it hears comes from others, a round trip later.
    ///   - host: seed of the host's scheduling.
    init(
        seed: UInt64, groups: [[UInt64]], latency: UInt64, length: Int, skipsSelf: Bool, jobs: Int,
        host: UInt64
    ) throws {
        self.latency = latency
        self.skipsSelf = skipsSelf
        self.host = SeededGenerator(seed: host)
        let order = groups.flatMap { $0 }.sorted()
        let turnarounds = groups.map { $0.count > 1 || !skipsSelf ? latency : 2 * latency }
        islands = Islands(
            groups.map { Calendar(start: 0, roster: .identities(Set($0))) }, window: latency,
            turnarounds: turnarounds, jobs: jobs)
        for identity in order.shuffled(using: &self.host) {
            guard let island = groups.firstIndex(where: { $0.contains(identity) }) else { continue }
            let client = islands.join(identity: identity, lookahead: turnarounds[island], island: island)
            byIdentity[identity] = guests.count
            guests.append(
                Guest(
                    identity: identity, client: client,
                    behaviour: Behaviour(
                        seed: seed, identity: identity, others: order.count, length: length)))
        }
        try live(order, jobs: jobs)
    }

    private mutating func live(_ order: [UInt64], jobs: Int) throws {
        repeat {
            while try turnOn(jobs: jobs) || !active.isEmpty {
                guard let index = active.randomElement(using: &host) else { continue }
                try goOn(index, order)
            }
            let isSettled = islands.isSettled()
            #expect(isSettled, "nobody runs, and it is not settled: \(islands.state)")
            while let first = sendings.min(by: { key($0) < key($1) }),
                Instant(nanoseconds: first.instant) < islands.earliest
            {
                sendings.removeAll { $0.sequence == first.sequence }
                carry(first)
            }
        } while islands.openWindow(
            limit: nil, sent: sendings.map(\.instant).min().map { Instant(nanoseconds: $0) })
        #expect(islands.state == .idle)
    }

    private func key(_ sending: Sending) -> (UInt64, UInt64, Int) {
        (sending.instant, sending.sender, sending.sequence)
    }

    private mutating func carry(_ sending: Sending) {
        guard let index = byIdentity[sending.target], !guests[index].isGone else { return }
        arrivals.append(sending.target)
        islands.schedule(
            at: Instant(nanoseconds: sending.instant + latency), for: guests[index].client, island: 0,
            participant: sending.target, payload: arrivals.count - 1)
    }

    /// Some of the steps that are due.
    private mutating func turnOn(jobs: Int) throws -> Bool {
        var any = false
        while active.isEmpty || Bool.random(using: &host), let (step, island) = islands.next() {
            any = true
            switch step {
            case .start(let client): begin(client, 0, freeUntil: nil)
            case .run(let client, let time, let freeUntil): begin(client, time, freeUntil: freeUntil)
            case .arrival(let payload): try arrive(arrivals[payload], island)
            }
            mostActive = max(mostActive, active.count)
            #expect(active.count <= jobs)
            var islandsOfActive: Set<Int> = []
            for guest in active { islandsOfActive.insert(islands.island(of: guests[guest].client)) }
            #expect(islandsOfActive.count == active.count)
        }
        return any
    }

    private mutating func begin(_ client: ClientID, _ time: UInt64, freeUntil: UInt64?) {
        guard let index = guests.firstIndex(where: { $0.client == client }) else { return }
        #expect(time >= guests[index].time, "time of \(guests[index].identity) goes back")
        guests[index].time = time
        guests[index].freeUntil = freeUntil
        guests[index].isStarting = freeUntil == nil
        active.append(index)
    }

    /// One guest goes on by one event of its own.
    private mutating func goOn(_ index: Int, _ order: [UInt64]) throws {
        let now = guests[index].time
        if guests[index].isStarting || guests[index].events.contains(now) {
            guests[index].events.removeAll { $0 == now }
            note(index, guests[index].isStarting ? "start" : "turn")
            guests[index].isStarting = false
            try perform(guests[index].behaviour.next(), index, order)
            if guests[index].isGone { return active.removeAll { $0 == index } }
        }
        let client = guests[index].client
        guard let next = guests[index].events.min() else { return try rest(index, until: .never) }
        if let freeUntil = guests[index].freeUntil, next < freeUntil {
            guests[index].time = next
        } else {
            let isRunning = islands.isRunning(client)
            #expect(isRunning)
            try rest(index, until: Instant(nanoseconds: next))
        }
    }

    private mutating func rest(_ index: Int, until instant: Instant) throws {
        _ = try islands.request(guests[index].client, time: instant.nanoseconds)
        try islands.wait(guests[index].client)
        active.removeAll { $0 == index }
    }

    private mutating func perform(_ actions: [Behaviour.Action], _ index: Int, _ order: [UInt64]) throws {
        let now = guests[index].time
        for action in actions {
            switch action {
            case .wake(let delay):
                guests[index].events.append(now + delay)
            case .leave:
                guests[index].isGone = true
                return islands.leave(guests[index].client)
            case .send(let other):
                if skipsSelf, order[other] == guests[index].identity { continue }
                if let lowered = try islands.update(guests[index].client, time: now) {
                    guests[index].freeUntil = lowered
                }
                islands.send(from: islands.island(of: guests[index].client))
                sequence += 1
                sendings.append(
                    Sending(
                        instant: now, sender: guests[index].identity, sequence: sequence, target: order[other]
                    ))
            }
        }
    }

    private mutating func arrive(_ identity: UInt64, _ island: Int) throws {
        guard let index = byIdentity[identity], !guests[index].isGone else { return }
        let now = islands.now(in: island).nanoseconds
        #expect(
            guests[index].time <= now,
            "\(identity) is at \(guests[index].time) when something arrives at \(now)")
        islands.hold(island: island)
        guests[index].time = now
        note(index, "arrival")
        guests[index].events.append(now)
        _ = try islands.request(guests[index].client, time: now)
        islands.release(island: island)
    }

    private mutating func note(_ index: Int, _ what: String) {
        let identity = guests[index].identity
        logs[identity, default: []].append(LogEntry(time: guests[index].time, who: identity, what: what))
    }
}
