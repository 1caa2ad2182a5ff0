import Calendar
import Testing

@testable import Network

/// Links that change, go down and come up; cuts; ports that go.
struct NetworkChangeTests {
    /// 1000 ns a byte without overhead.
    private static func slow(_ bandwidth: UInt64? = 8_000_000, latency: UInt64 = 0) -> LinkProfile {
        LinkProfile { ($0.bandwidth, $0.overhead, $0.latency) = (bandwidth, 0, latency) }
    }

    /// What is in transmission ends as it began; what waits takes the new bandwidth.
    @Test(arguments: [false, true]) func aNewBandwidthIsForWhatWaits(isIn: Bool) {
        func change(_ bench: inout NetworkBench, _ profile: LinkProfile) {
            bench.advance(to: 50_000)
            bench.network.setLink(
                of: isIn ? 1 : 0, out: isIn ? nil : profile, in: isIn ? profile : nil,
                at: Instant(nanoseconds: 50_000))
        }
        for (bandwidth, expected) in [
            (16_000_000, [100_000, 150_000, 200_000]), (4_000_000, [100_000, 300_000, 500_000]),
            (nil, [50_000, 50_000, 50_000]),
        ] as [(UInt64?, [UInt64])] {
            var bench =
                isIn ? NetworkBench(in: Self.slow()) : NetworkBench(out: Self.slow())
            for _ in 0..<3 { bench.send(plainFrame(100), at: 0) }
            change(&bench, Self.slow(bandwidth))
            bench.finish()
            #expect(bench.arrivals == expected)
            #expect(bench.network.nextEvent == nil)
        }
    }

    /// Fractions of a nanosecond of the old bandwidth are rounded up once.
    @Test func aChangeRoundsOnce() {
        var bench = NetworkBench(out: Self.slow(999_999_937))
        for _ in 0..<2 { bench.send(plainFrame(100), at: 0) }
        bench.advance(to: 10)
        bench.network.setLink(of: 0, out: Self.slow(), in: nil, at: Instant(nanoseconds: 10))
        bench.finish()
        #expect(bench.arrivals == [801, 801 + 100_000])
    }

    /// A link that gets shorter does not let frames overtake.
    @Test func orderIsKeptWhenALinkGetsShorter() {
        var bench = NetworkBench(out: Self.slow(nil, latency: 1000), in: Self.slow(nil, latency: 1000))
        bench.send(plainFrame(), at: 0)
        bench.advance(to: 100)
        bench.network.setLink(of: 0, out: LinkProfile(), in: LinkProfile(), at: Instant(nanoseconds: 100))
        bench.network.setLink(of: 1, out: nil, in: LinkProfile(), at: Instant(nanoseconds: 100))
        bench.send(plainFrame(), at: 100)
        bench.send(plainFrame(), at: 1001)
        bench.finish()
        // The link in had nothing on it yet when it got shorter.
        #expect(bench.arrivals == [1000, 1000, 1001] && bench.numbers == [1, 2, 3])
    }

    @Test func downLosesWhatWaitsAndWhatComes() {
        var bench = NetworkBench(out: Self.slow(latency: 500), in: Self.slow(latency: 500))
        for number in 0..<4 { bench.send(plainFrame(100), at: UInt64(number)) }
        // The first is on its way between the links, the second in transmission, two wait.
        bench.advance(to: 100_400)
        bench.network.setUp(false, port: 0, at: Instant(nanoseconds: 100_400))
        bench.send(plainFrame(100), at: 100_400)
        bench.advance(to: 200_000)
        #expect(bench.reasons == [String](repeating: "the link of a/eth0 is down", count: 4))
        #expect(bench.outcomes.losses.allSatisfy { $0.at.nanoseconds == 100_400 && $0.port == 0 })
        bench.network.setUp(true, port: 0, at: Instant(nanoseconds: 200_000))
        bench.send(plainFrame(100), at: 200_000)
        bench.finish()
        #expect(bench.arrivals == [201_000, 401_000])
        #expect(bench.network.counters(of: 0).lost == 4)
    }

    @Test(arguments: [false, true]) func downLosesWhatReachesTheLinkIn(isShaped: Bool) {
        var bench = NetworkBench(in: isShaped ? Self.slow() : LinkProfile(), latency: 1000)
        bench.send(plainFrame(100), at: 0)
        bench.advance(to: 500)
        bench.network.setUp(false, port: 1, at: Instant(nanoseconds: 500))
        #expect(!bench.network.accepts(1) && bench.network.accepts(0))
        // Sent while it is down, there when it is up.
        bench.send(plainFrame(100), at: 600)
        bench.advance(to: 1550)
        bench.network.setUp(true, port: 1, at: Instant(nanoseconds: 1550))
        #expect(bench.network.accepts(1))
        bench.send(plainFrame(100), at: 1550)
        bench.finish()
        if isShaped {
            #expect(bench.arrivals == [101_600, 201_600])
            #expect(bench.reasons == ["the link of b/eth0 is down"])
            #expect(bench.outcomes.losses[0].at.nanoseconds == 1000)
        } else {
            // The first was settled when it was sent: at its instant `accepts` would say no.
            #expect(bench.arrivals.sorted() == [1000, 1600, 2550])
        }
    }

    @Test func cutsAreOneWay() {
        var network = SimulatedNetwork(.init(latency: 10))
        for name in ["a", "b", "c"] { _ = network.addPort(name: name) }
        var bench = NetworkBench(network)
        bench.network.setCuts([PortPair(from: 0, to: 1)])
        bench.send(plainFrame(to: 99, from: 1), from: 0, at: 0)
        bench.send(plainFrame(to: 99, from: 2), from: 1, at: 0)
        bench.network.setCuts([])
        bench.send(plainFrame(to: 99, from: 1), from: 0, at: 1)
        bench.finish()
        #expect(bench.outcomes.deliveries.map(\.port) == [2, 0, 2, 1, 2])
        #expect(bench.reasons == ["cut off"] && bench.outcomes.losses[0].port == 1)
    }

    /// A cut is for what is forwarded while it is there, not for what was sent.
    @Test func cutsAreWhereFramesAreForwarded() {
        var bench = NetworkBench(out: Self.slow(nil, latency: 100), latency: 50)
        bench.send(plainFrame(), at: 0)
        bench.send(plainFrame(), at: 10)
        bench.advance(to: 105)
        bench.network.setCuts([PortPair(from: 0, to: 1)])
        bench.advance(to: 115)
        bench.network.setCuts([])
        bench.send(plainFrame(), at: 115)
        bench.finish()
        #expect(bench.numbers == [1, 3] && bench.reasons == ["cut off"])
    }

    @Test func aPortThatGoesTakesWhatWaitsWithIt() {
        var network = SimulatedNetwork(.init(latency: 50))
        for name in ["a", "b"] { _ = network.addPort(name: name, out: Self.slow(), in: Self.slow()) }
        var bench = NetworkBench(network)
        for _ in 0..<3 { bench.send(plainFrame(100), from: 0, at: 0) }
        bench.advance(to: 100_010)
        // The first is between the links, the second in transmission, the third waits.
        let counters = bench.network.removePort(0, at: Instant(nanoseconds: 100_010))
        #expect(counters.framesIn == 3 && counters.lost == 2)
        #expect(!bench.network.hasPort(0) && !bench.network.accepts(0) && bench.network.portNumbers == [1])
        bench.finish()
        #expect(bench.reasons == ["its port is gone", "its port is gone"])
        #expect(bench.arrivals == [200_050])
        #expect(bench.network.addPort(name: "c") == 2)
    }

    @Test func whatIsUnderWayToAPortThatGoesIsLost() {
        var bench = NetworkBench(in: Self.slow(), latency: 50)
        bench.send(plainFrame(), at: 0)
        _ = bench.network.removePort(1, at: Instant(nanoseconds: 20))
        bench.finish()
        #expect(bench.reasons == ["its port is gone"] && bench.outcomes.losses[0].at.nanoseconds == 50)
    }

    /// A network that is ideal again, with nothing inside, needs no events again.
    @Test func whatHealsIsPlainAgain() {
        var bench = NetworkBench(latency: 5)
        bench.network.setUp(false, port: 0, at: .zero)
        #expect(!bench.network.isPlain)
        bench.network.setUp(true, port: 0, at: .zero)
        #expect(bench.network.isPlain)
        bench.network.setCuts([PortPair(from: 0, to: 1)])
        #expect(!bench.network.isPlain)
        bench.network.setCuts([])
        #expect(bench.network.isPlain)
    }

    // MARK: The caller's faults

    @Test func timeNeverGoesBack() async {
        await #expect(processExitsWith: .failure) {
            var bench = NetworkBench()
            bench.advance(to: 10)
            bench.send(plainFrame(), at: 9)
        }
    }

    @Test func nothingChangesInThePast() async {
        await #expect(processExitsWith: .failure) {
            var bench = NetworkBench(in: LinkProfile { $0.bandwidth = 1 }, latency: 100)
            bench.network.advance(entries: Instant(nanoseconds: 10), exits: Instant(nanoseconds: 110))
            bench.network.setUp(false, port: 1, at: Instant(nanoseconds: 10))
        }
    }

    @Test func floorsHold() async {
        await #expect(processExitsWith: .failure) {
            var network = SimulatedNetwork(.init(latency: 100, leastOut: 10))
            _ = network.addPort(name: "a")
        }
        await #expect(processExitsWith: .failure) {
            var bench = NetworkBench(latency: 100)
            bench.network.setPath(from: 0, to: 1, PathProfile(latency: 99))
        }
    }
}
