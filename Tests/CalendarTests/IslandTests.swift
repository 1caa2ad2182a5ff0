import Calendar
import Testing

/// Islands by reference, so that expectations can call what changes them.
private final class Bench {
    var islands: Islands

    init(count: Int = 2, jobs: Int = 1) {
        islands = Islands(
            (0..<count).map { _ in Calendar(start: 0) }, window: 10,
            turnarounds: [UInt64](repeating: 20, count: count), jobs: jobs)
    }

    func next() -> Calendar.Step? { islands.next()?.step }

    func isSettled() -> Bool { islands.isSettled() }

    func openWindow(limit: UInt64? = nil, sent: UInt64? = nil) -> Bool {
        islands.openWindow(
            limit: limit.map { Instant(nanoseconds: $0) }, sent: sent.map { Instant(nanoseconds: $0) })
    }

    /// Starts, asks, waits.
    func start(_ identity: UInt64, island: Int, first: UInt64) throws -> ClientID {
        let client = islands.join(identity: identity, lookahead: 20, island: island)
        #expect(next() == .start(client))
        try rest(client, until: first)
        return client
    }

    func rest(_ client: ClientID, until time: UInt64) throws {
        _ = try islands.request(client, time: time)
        try islands.wait(client)
    }
}

struct IslandTests {
    /// Islands against the plain reference, which knows one list of events: whatever the islands, the jobs and the host's
    /// scheduling, each guest sees and does the same.
    @Test(arguments: 0..<300)
    func sameAsThePlainModel(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed + 77)
        let count = Int.random(in: 2...7, using: &generator)
        let identities = Array(Set((0..<count).map { _ in UInt64.random(in: 1...1000, using: &generator) }))
        let latency: UInt64 = [5, 7, 20, 100].randomElement(using: &generator)!
        let length = Int.random(in: 5...80, using: &generator)
        let skipsSelf = Bool.random(using: &generator)
        let plain = PlainWorld(
            seed: seed, identities: identities, latency: latency, length: length, skipsSelf: skipsSelf)
        let reference = Dictionary(grouping: plain.log, by: \.who)
        for jobs in [1, 2, 8] {
            var groups = [[UInt64]](
                repeating: [], count: Int.random(in: 1...identities.count, using: &generator))
            for identity in identities {
                groups[Int.random(in: groups.indices, using: &generator)].append(identity)
            }
            groups.removeAll(where: \.isEmpty)
            let world = try IslandWorld(
                seed: seed, groups: groups, latency: latency, length: length, skipsSelf: skipsSelf,
                jobs: jobs,
                host: generator.next())
            for identity in identities.sorted() {
                let (expected, got) = (reference[identity] ?? [], world.logs[identity] ?? [])
                let place = zip(expected, got).first { $0 != $1 }
                #expect(
                    expected == got,
                    "seed \(seed), jobs \(jobs), \(groups), \(identity) differs: \(String(describing: place))"
                )
            }
        }
    }

    @Test func islandsRunAtTheSameTime() throws {
        let groups: [[UInt64]] = [[1], [2], [3], [4]]
        let most = try (1...4).map { jobs in
            try IslandWorld(
                seed: 5, groups: groups, latency: 50, length: 60, skipsSelf: true, jobs: jobs, host: 9
            ).mostActive
        }
        #expect(most == [1, 2, 3, 4])
    }

    @Test func whatIsSentComesBackNoEarlierThanTheBound() throws {
        let bench = Bench(jobs: 2)
        _ = try bench.start(2, island: 1, first: 1000)
        let first = try bench.start(1, island: 0, first: 5)
        #expect(bench.next() == nil)
        #expect(bench.isSettled())
        #expect(bench.openWindow())
        // The second is due at 1000, and nothing can reach the first before; it stops a little earlier to go on beside it.
        #expect(bench.next() == .run(first, time: 5, freeUntil: 990))
        let lowered = try bench.islands.update(first, time: 7)
        #expect(lowered == 27)
        bench.islands.send(from: 0)
        try bench.rest(first, until: 100)
        #expect(bench.next() == nil)
        // The bound is where it can have come back, not where it was; what was sent is on its way by then.
        #expect(bench.isSettled())
        #expect(bench.openWindow(sent: 7))
        #expect(bench.next() == nil)
        #expect(bench.isSettled())
        #expect(bench.openWindow())
        #expect(bench.next() == .run(first, time: 100, freeUntil: 990))
    }

    @Test func whatIsDueTogetherGoesOnTogether() throws {
        let bench = Bench(jobs: 2)
        let second = try bench.start(2, island: 1, first: 1003)
        let first = try bench.start(1, island: 0, first: 1000)
        #expect(bench.next() == nil)
        #expect(bench.isSettled())
        #expect(bench.openWindow())
        let steps = [bench.next(), bench.next()]
        #expect(steps.contains(.run(first, time: 1000, freeUntil: 1013)))
        #expect(steps.contains(.run(second, time: 1003, freeUntil: 1010)))
        let running = bench.islands.running
        #expect(running == 2)
    }

    @Test func aLimitIsAnEdge() throws {
        let bench = Bench()
        let first = try bench.start(1, island: 0, first: 500)
        #expect(bench.next() == nil)
        #expect(bench.isSettled())
        #expect(bench.openWindow(limit: 300))
        let now = bench.islands.now
        #expect(now == Instant(nanoseconds: 300))
        #expect(bench.next() == nil)
        #expect(bench.openWindow())
        #expect(bench.next() == .run(first, time: 500, freeUntil: Instant.never.nanoseconds))
    }

    /// A guest that powers off has sent frames in its last turn: no edge, where the owner speaks to others, is before them.
    @Test func whoLeavesInItsTurnHasGotToWhereItWas() throws {
        let bench = Bench()
        let first = try bench.start(1, island: 0, first: 5)
        _ = try bench.start(2, island: 1, first: 100)
        #expect(bench.next() == nil)
        #expect(bench.isSettled())
        #expect(bench.openWindow())
        #expect(bench.next() == .run(first, time: 5, freeUntil: 90))
        _ = try bench.islands.update(first, time: 12)
        bench.islands.send(from: 0)
        bench.islands.leave(first)
        #expect(bench.next() == nil)
        #expect(bench.isSettled())
        #expect(bench.islands.now == Instant(nanoseconds: 12))
    }

    @Test func anOwnersHoldKeepsTheEdge() {
        let bench = Bench()
        bench.islands.schedule(at: Instant(nanoseconds: 5), for: nil, island: 1, participant: 3, payload: 4)
        #expect(bench.next() == nil)
        bench.islands.hold()
        #expect(!bench.openWindow())
        let state = bench.islands.state
        #expect(state == .held)
        bench.islands.release()
        #expect(bench.next() == nil)
        #expect(bench.isSettled())
        #expect(bench.openWindow())
        #expect(bench.next() == .arrival(payload: 4))
        let now = bench.islands.now(in: 1)
        #expect(now == Instant(nanoseconds: 5))
    }
}
