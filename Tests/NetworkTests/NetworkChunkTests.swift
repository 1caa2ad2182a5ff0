import Calendar
import Testing

@testable import Network

/// Random networks: what comes out does not depend on how far they go on at once.
struct NetworkChunkTests {
    /// What one run is made of.
    struct Plan {
        var settings: SimulatedNetwork.Settings
        var links: [(out: LinkProfile, in: LinkProfile, mtu: Int?)] = []
        var paths: [(PortPair, PathProfile)] = []
        var sends: [(frame: Frame, port: Int, at: UInt64)] = []
        var changes: [(at: UInt64, change: Change)] = []
    }

    enum Change {
        case link(Int, out: LinkProfile?, in: LinkProfile?)
        case up(Bool, Int)
        case cuts(Set<PortPair>)
        case path(PortPair, PathProfile)
    }

    private static func profile(_ random: inout SplitMix64, least: UInt64) -> LinkProfile {
        var profile = LinkProfile()
        profile.latency = least
        guard random.next() % 3 > 0 else { return profile }
        profile.latency += random.next() % 3 * 500
        if random.next() % 2 == 0 { profile.bandwidth = [3, 8, 1000][Int(random.next() % 3)] * 100_000_000 }
        if random.next() % 2 == 0 {
            profile.jitter = Jitter(
                distribution: Jitter.Distribution.allCases[Int(random.next() % 4)], scale: 400)
        }
        if random.next() % 4 == 0 { profile.loss = .independent(Probability(0.2)) }
        if random.next() % 4 == 0 { profile.duplicate = Probability(0.2) }
        if random.next() % 4 == 0 { profile.corrupt = Probability(0.2) }
        profile.reorder.byJitter = random.next() % 3 == 0
        if random.next() % 4 == 0 { (profile.reorder.share, profile.reorder.by) = (Probability(0.2), 700) }
        profile.queue.limit = random.next() % 2 == 0 ? .frames(3) : .bytes(300)
        switch random.next() % 3 {
        case 0: profile.queue.discipline = .codel(target: 500, interval: 2000)
        case 1:
            profile.queue.discipline = .red(
                minimum: 1, maximum: 3, probability: Probability(0.3), weightShift: 1)
        default: break
        }
        return profile
    }

    private static func plan(seed: UInt64, changes: Bool) -> Plan {
        var random = SplitMix64(seed: seed, name: "plan")
        let floors = (0..<3).map { _ in random.next() % 3 * 300 }
        let kind: NetworkKind = random.next() % 4 == 0 ? .hub : .switch
        var plan = Plan(
            settings: .init(
                kind: kind, latency: floors[1] + random.next() % 2 * 100, leastOut: floors[0],
                leastIn: floors[2], leastPath: floors[1], seed: seed, name: "lan"))
        let count = Int(2 + random.next() % 4)
        for _ in 0..<count {
            plan.links.append(
                (
                    profile(&random, least: floors[0]), profile(&random, least: floors[2]),
                    random.next() % 5 == 0 ? 70 : nil
                ))
        }
        func pair() -> PortPair {
            let from = Int(random.next() % UInt64(count))
            return PortPair(from: from, to: (from + 1 + Int(random.next() % UInt64(count - 1))) % count)
        }
        func path() -> PathProfile {
            PathProfile(
                latency: floors[1] + random.next() % 5 * 200,
                loss: random.next() % 2 == 0 ? .never : Probability(0.3))
        }
        for _ in 0..<random.next() % 4 { plan.paths.append((pair(), path())) }
        var now: UInt64 = 0
        for _ in 0..<150 {
            if random.next() % 3 > 0 { now += random.next() % 1500 }
            let port = Int(random.next() % UInt64(count))
            // Mostly to one of them, sometimes to nobody known: to all.
            let frame = plainFrame(
                Int(40 + random.next() % 80), to: random.next() % UInt64(count + 2), from: UInt64(port))
            plan.sends.append((frame, port, now))
        }
        guard changes else { return plan }
        for _ in 0..<12 {
            let port = Int(random.next() % UInt64(count))
            let change: Change =
                switch random.next() % 5 {
                case 0: .link(port, out: profile(&random, least: floors[0]), in: nil)
                case 1: .link(port, out: nil, in: profile(&random, least: floors[2]))
                case 2: .up(random.next() % 2 == 0, port)
                case 3: .cuts(random.next() % 2 == 0 ? [] : [pair(), pair()])
                default: .path(pair(), path())
                }
            plan.changes.append((random.next() % max(now, 1), change))
        }
        plan.changes.sort { $0.at < $1.at }
        return plan
    }

    private struct Runner {
        var network: SimulatedNetwork
        var outcomes = NetworkOutcomes()
        var sent: [UInt64: UInt64] = [:]
        var reached: UInt64 = 0
        let seed: UInt64

        mutating func apply(_ change: Change, at now: UInt64) {
            let now = Instant(nanoseconds: now)
            switch change {
            case .link(let port, let out, let into): network.setLink(of: port, out: out, in: into, at: now)
            case .up(let isUp, let port): network.setUp(isUp, port: port, at: now)
            case .cuts(let cuts): network.setCuts(cuts)
            case .path(let pair, let path): network.setPath(from: pair.from, to: pair.to, path)
            }
            take(bound: nil)
        }

        mutating func advance(entries: UInt64, exits: UInt64) {
            let bound = network.nextArrival
            network.advance(
                entries: Instant(nanoseconds: entries), exits: Instant(nanoseconds: exits))
            take(bound: bound)
        }

        /// What nobody else sends any more comes not before `nextArrival` said.
        mutating func checkBound() {
            var copy = self
            let bound = copy.network.nextArrival
            #expect((bound == nil) == (copy.network.nextEvent == nil))
            copy.network.advance(entries: .never, exits: .never)
            copy.take(bound: bound)
            #expect(copy.network.nextEvent == nil)
        }

        mutating func take(bound: Instant?) {
            var taken = NetworkOutcomes()
            network.takeOutcomes(into: &taken)
            for delivery in taken.deliveries {
                if let bound, delivery.at < bound {
                    Issue.record("seed \(seed): delivered at \(delivery.at), not before \(bound) was said")
                }
                let leaves = sent[delivery.id.number] ?? 0
                if delivery.at.nanoseconds < leaves + network.leastDelay {
                    Issue.record("seed \(seed): delivered at \(delivery.at), sent at \(leaves)")
                }
            }
            outcomes.deliveries += taken.deliveries
            outcomes.losses += taken.losses
        }
    }

    private enum Way: CaseIterable { case none, single, random }

    private static func run(_ plan: Plan, _ way: Way, seed: UInt64) -> SimulatedRun {
        var network = SimulatedNetwork(plan.settings)
        for (number, link) in plan.links.enumerated() {
            _ = network.addPort(name: "m\(number)/eth0", out: link.out, in: link.in, mtu: link.mtu)
        }
        for (pair, path) in plan.paths { network.setPath(from: pair.from, to: pair.to, path) }
        var runner = Runner(network: network, seed: seed)
        var random = SplitMix64(seed: seed, name: "chunks \(way)")
        let ahead = plan.settings.leastOut + plan.settings.leastPath
        func advance(to next: UInt64, limit: UInt64) {
            switch way {
            case .none: break
            case .single:
                // One event, or what is at one instant, after the other.
                while let event = runner.network.nextEvent?.nanoseconds, event < next {
                    runner.advance(entries: event + 1, exits: min(event + 1, limit))
                }
                runner.advance(entries: next, exits: next)
            case .random:
                while runner.reached < next, random.next() % 4 > 0 {
                    runner.reached += random.next() % (next - runner.reached + 1)
                    let least = min(runner.reached, limit)
                    // Sometimes too far: it is held back by what may still be sent.
                    let exits = least + random.next() % (random.next() % 2 == 0 ? ahead + 2 : 5000)
                    runner.advance(entries: runner.reached, exits: min(exits, limit))
                    if random.next() % 4 == 0 { runner.checkBound() }
                }
            }
        }
        var changes = plan.changes[...]
        for (index, send) in plan.sends.enumerated() {
            while let next = changes.first, next.at <= send.at {
                advance(to: next.at, limit: next.at)
                runner.advance(entries: next.at, exits: next.at)
                runner.reached = max(runner.reached, next.at)
                runner.apply(next.change, at: next.at)
                changes.removeFirst()
            }
            advance(to: send.at, limit: changes.first?.at ?? .max)
            runner.sent[UInt64(index + 1)] = send.at
            runner.network.send(
                Parcel(
                    send.frame, FrameID(sender: UInt64(send.port), number: UInt64(index + 1), device: 0)),
                from: send.port, at: Instant(nanoseconds: send.at))
            runner.take(bound: nil)
        }
        runner.advance(entries: Instant.never.nanoseconds, exits: Instant.never.nanoseconds)
        return SimulatedRun(runner.outcomes, runner.network, ports: plan.links.count)
    }

    /// All that came out, port by port; equal instants of deliveries in the order in which they came about.
    struct SimulatedRun: Equatable {
        var deliveries: [[String]]
        var losses: [String]
        var counters: [PortCounters]

        init(_ outcomes: NetworkOutcomes, _ network: SimulatedNetwork, ports: Int) {
            deliveries = (0..<ports).map { port in
                outcomes.deliveries.enumerated().filter { $0.element.port == port }
                    .sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }
                    .map { "\($0.element.at) \($0.element.id.number) \($0.element.frame.bytes)" }
            }
            losses = outcomes.losses.map { "\($0.at) \($0.port) \($0.id.number) \($0.reason)" }.sorted()
            counters = (0..<ports).map { network.counters(of: $0) }
        }
    }

    @Test(arguments: [false, true]) func chunksCannotBeSeen(withChanges: Bool) {
        var (deliveries, losses) = (0, 0)
        let first = anySeed() >> 1
        for seed in Array(0..<40) + Array(first..<first + 20) {
            let plan = Self.plan(seed: seed, changes: withChanges)
            let whole = Self.run(plan, .none, seed: seed)
            for way in [Way.single, .random] {
                let other = Self.run(plan, way, seed: seed)
                guard other == whole else {
                    Issue.record("seed \(seed), changes \(withChanges): \(way) is not the whole")
                    return
                }
            }
            deliveries += whole.deliveries.reduce(0) { $0 + $1.count }
            losses += whole.losses.count
        }
        #expect(deliveries > 3000 && losses > 1000)
        note(
            "random worlds, changes \(withChanges): \(deliveries) deliveries, \(losses) losses, three ways of advancing alike; seeds 0... and \(first)..."
        )
    }
}
