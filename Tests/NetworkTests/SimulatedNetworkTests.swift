import Calendar
import Testing

@testable import Network

/// The way of single frames: every instant to the nanosecond.
struct SimulatedNetworkTests {
    /// Every combination of what delays a frame, at 1 ns per bit: (bytes + 24) * 8 ns.
    @Test func oneWayIsTheSumOfItsParts() {
        var count = 0
        for outLatency: UInt64 in [0, 7] {
            for outBandwidth: UInt64? in [nil, 1_000_000_000] {
                for pathLatency: UInt64? in [nil, 0, 11] {
                    for inLatency: UInt64 in [0, 13] {
                        for inBandwidth: UInt64? in [nil, 100_000_000] {
                            for bytes in [14, 60, 61, 1514] {
                                var network = SimulatedNetwork(
                                    .init(
                                        latency: 100, leastOut: outLatency, leastIn: inLatency, leastPath: 0))
                                let out = LinkProfile {
                                    ($0.latency, $0.bandwidth) = (outLatency, outBandwidth)
                                }
                                let into = LinkProfile {
                                    ($0.latency, $0.bandwidth) = (inLatency, inBandwidth)
                                }
                                let a = network.addPort(name: "a", out: out, in: into)
                                let b = network.addPort(name: "b", out: out, in: into)
                                if let pathLatency {
                                    network.setPath(from: a, to: b, PathProfile(latency: pathLatency))
                                }
                                var bench = NetworkBench(network)
                                bench.send(plainFrame(bytes), from: a, at: 5)
                                bench.finish()
                                let bits = UInt64(max(bytes, 60) + 24) * 8
                                let expected =
                                    5 + outLatency + (outBandwidth == nil ? 0 : bits) + (pathLatency ?? 100)
                                    + (inBandwidth == nil ? 0 : bits * 10) + inLatency
                                #expect(bench.arrivals == [expected])
                                #expect(expected >= 5 + network.leastDelay)
                                // And back, at the same instant: the path is of one direction only.
                                bench.outcomes.removeAll()
                                var back = NetworkBench(network)
                                back.send(plainFrame(bytes, to: 1, from: 2), from: b, at: expected)
                                back.finish()
                                #expect(back.arrivals == [2 * expected - 5 + 100 - (pathLatency ?? 100)])
                                count += 1
                            }
                        }
                    }
                }
            }
        }
        note("one-way and back to the nanosecond in \(count) combinations")
    }

    @Test func hubsAndCablesLearnNothing() {
        var hub = SimulatedNetwork(.init(kind: .hub, latency: 1))
        for name in ["a", "b", "c"] { _ = hub.addPort(name: name) }
        _ = hub.addPort(
            name: "d", for: .init(mac: MACAddress(value: 0x0200_0000_0009), address: IPv4Address("10.0.0.9")!)
        )
        var bench = NetworkBench(hub)
        bench.send(plainFrame(to: 2, from: 1), from: 0, at: 0)
        bench.send(plainFrame(to: 1, from: 2), from: 1, at: 0)
        bench.finish()
        #expect(bench.outcomes.deliveries.map(\.port) == [1, 2, 3, 0, 2, 3])
        var cable = NetworkBench(latency: 9)
        cable.send(plainFrame(to: 77), from: 1, at: 1)
        cable.finish()
        #expect(cable.outcomes.deliveries.map(\.port) == [0] && cable.arrivals == [10])
    }

    @Test func aCableHasTwoEnds() async {
        await #expect(processExitsWith: .failure) {
            var bench = NetworkBench()
            _ = bench.network.addPort(name: "c")
        }
    }

    @Test func lossesSayWhy() {
        var network = SimulatedNetwork(.init(latency: 0))
        _ = network.addPort(name: "m1/eth0")
        var bench = NetworkBench(network)
        bench.send(plainFrame(), from: 0, at: 0)
        bench.send(Frame([UInt8](repeating: 2, count: 13)), from: 0, at: 0)
        _ = bench.network.addPort(name: "m2/eth0", mtu: 1500)
        for size in [1514, 1518, 1519] { bench.send(plainFrame(size), from: 0, at: 1) }
        let down = LinkProfile { $0.loss = .independent(.always) }
        bench.network.setLink(of: 0, out: down, in: nil, at: Instant(nanoseconds: 1))
        bench.send(plainFrame(), from: 0, at: 1)
        bench.finish()
        #expect(
            bench.reasons == [
                "nobody else is there for it", "no Ethernet frame", "longer than the receiver's MTU",
                "lost on the way",
            ])
        #expect(bench.outcomes.losses.map(\.port) == [0, 0, 1, 0])
        #expect(bench.arrivals == [1, 1])
        #expect(bench.network.counters(of: 0).lost == 1 && bench.network.counters(of: 1).lost == 1)
        #expect(bench.network.counters(of: 0).framesIn == 6 && bench.network.counters(of: 1).framesOut == 2)
    }

    /// A segment that stands for many takes the time of all of them, and each goes its own way.
    @Test func segmentsAreSplitWhereALinkIsNotIdeal() throws {
        var bytes = [UInt8](repeating: 0, count: 54 + 4000)
        (bytes[5], bytes[11], bytes[12], bytes[14], bytes[23], bytes[46]) = (2, 1, 8, 0x45, 6, 0x50)
        let frame = try #require(
            Frame(
                bytes,
                offload: .init(
                    checksum: .init(start: 34, offset: 16),
                    segments: .init(isIPv6: false, size: 1000, notifiesCongestion: false))))
        var ideal = NetworkBench()
        ideal.send(frame, at: 0)
        ideal.finish()
        #expect(ideal.outcomes.deliveries.map(\.frame) == [frame])
        let slow = LinkProfile { $0.bandwidth = 1_000_000_000 }
        for (out, into) in [(slow, LinkProfile()), (LinkProfile(), slow)] {
            var bench = NetworkBench(out: out, in: into)
            bench.send(frame, at: 0)
            bench.finish()
            #expect(bench.arrivals == (1...4).map { $0 * (1054 + 24) * 8 })
            #expect(bench.outcomes.deliveries.map(\.frame.bytes) == frame.wireFrames())
            #expect(bench.numbers == [1, 1, 1, 1])
        }
        var lossy = NetworkBench()
        lossy.network.setPath(from: 0, to: 1, PathProfile(latency: 0, loss: .always))
        lossy.send(frame, at: 0)
        lossy.finish()
        #expect(lossy.reasons.count == 4 && lossy.outcomes.deliveries.isEmpty)
    }

    /// What is behind a receiver's link is served in the order in which it gets there, whoever sent first.
    @Test func theReceiversLinkServesInOrderOfArrival() {
        var network = SimulatedNetwork(.init(latency: 0, leastPath: 0))
        for name in ["a", "b"] { _ = network.addPort(name: name) }
        _ = network.addPort(name: "c", in: LinkProfile { $0.bandwidth = 1_000_000_000 })
        network.setPath(from: 0, to: 2, PathProfile(latency: 1000))
        network.setPath(from: 1, to: 2, PathProfile(latency: 100))
        var bench = NetworkBench(network)
        bench.send(plainFrame(to: 3, from: 1), from: 0, at: 0)
        bench.send(plainFrame(to: 3, from: 2), from: 1, at: 500)
        bench.finish()
        let toC = bench.outcomes.deliveries.filter { $0.port == 2 }
        #expect(toC.map(\.at.nanoseconds) == [600 + 672, 600 + 2 * 672] && toC.map(\.id.number) == [2, 1])
    }

    /// Equal instants are in the order of ports, whoever sent first.
    @Test func equalInstantsAreInTheOrderOfPorts() {
        var network = SimulatedNetwork(.init(latency: 0))
        for (name, latency) in [("a", 5), ("b", 10), ("c", 0)] as [(String, UInt64)] {
            _ = network.addPort(name: name, out: LinkProfile { $0.latency = latency })
        }
        var bench = NetworkBench(network)
        bench.send(plainFrame(to: 3, from: 2), from: 1, at: 0)
        bench.send(plainFrame(to: 3, from: 1), from: 0, at: 5)
        bench.finish()
        let toC = bench.outcomes.deliveries.filter { $0.port == 2 }
        #expect(toC.map(\.at.nanoseconds) == [10, 10] && toC.map(\.id.number) == [2, 1])
    }

    /// Who else is there changes nobody's random numbers.
    @Test func randomNumbersHaveNames() {
        func lost(others: Int) -> [UInt64] {
            var network = SimulatedNetwork(.init(latency: 0, seed: 5, name: "lan"))
            let profile = LinkProfile { $0.loss = .independent(Probability(0.5)) }
            for other in 0..<others { _ = network.addPort(name: "other\(other)", out: profile, in: profile) }
            let port = network.addPort(name: "a", out: profile)
            _ = network.addPort(name: "b")
            var bench = NetworkBench(network)
            for _ in 0..<200 { bench.send(plainFrame(), from: port, at: 0) }
            bench.finish()
            return bench.outcomes.losses.filter { $0.port == port }.map(\.id.number)
        }
        #expect(lost(others: 0) == lost(others: 7))
    }

    /// An effect more changes nothing of the others.
    @Test func effectsDrawNumbersOfTheirOwn() {
        func lost(_ change: (inout LinkProfile) -> Void) -> [UInt64] {
            var profile = LinkProfile { $0.loss = .independent(Probability(0.3)) }
            change(&profile)
            var bench = NetworkBench(out: profile)
            for number in 0..<300 as Range<UInt64> { bench.send(plainFrame(), at: number * 100_000) }
            bench.finish()
            return bench.outcomes.losses.map(\.id.number)
        }
        let plain = lost { _ in }
        #expect(plain.count > 50)
        #expect(lost { $0.jitter = Jitter(scale: 1000) } == plain)
        #expect(lost { $0.duplicate = Probability(0.5) } == plain)
        #expect(lost { $0.corrupt = Probability(0.5) } == plain)
        #expect(lost { $0.reorder.share = Probability(0.5) } == plain)
        #expect(lost { $0.bandwidth = 100_000_000 } == plain)
    }
}
