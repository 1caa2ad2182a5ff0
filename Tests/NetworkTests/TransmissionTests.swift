import Calendar
import Testing

@testable import Network

/// Bandwidth: serialisation and queueing against their formulas.
struct TransmissionTests {
    /// n frames take ceil(n * bits * 10^9 / bandwidth) ns, however the bits divide.
    @Test(arguments: [
        1, 3, 7_000_000, 10_000_000, 999_999_937, 1_000_000_007, 400_000_000_000, 1_000_000_000_000_000,
    ])
    func backToBackIsExact(bandwidth: UInt64) {
        for (bytes, overhead) in [(60, 24), (1514, 24), (20, 24), (20, 0), (777, 5)] {
            var bench = NetworkBench(out: LinkProfile { ($0.bandwidth, $0.overhead) = (bandwidth, overhead) })
            for _ in 0..<300 { bench.send(plainFrame(bytes), at: 1000) }
            bench.finish()
            let bits = UInt64((overhead == 24 ? max(bytes, 60) : bytes) + overhead) * 8
            #expect(
                bench.arrivals
                    == (1...300).map { 1000 + ($0 * bits * 1_000_000_000 + bandwidth - 1) / bandwidth })
        }
    }

    /// A link that is always busy passes its bandwidth less what each frame takes beside itself.
    @Test func aSaturatedLinkPassesItsBandwidth() {
        var bench = NetworkBench(
            out: LinkProfile { ($0.bandwidth, $0.queue.limit) = (10_000_000, .frames(50)) })
        var now: UInt64 = 0
        // Twice what it takes, for 10 s.
        while now < 10_000_000_000 {
            bench.send(plainFrame(1514), at: now)
            now += 615_200
        }
        bench.advance(to: 10_000_000_000)
        let payload = UInt64(bench.arrivals.filter { $0 <= 10_000_000_000 }.count) * 1514 * 8
        let expected = 10_000_000.0 * 1514 / 1538
        #expect(abs(Double(payload) / 10 / expected - 1) < 0.0002)
        // To the frame: one every 1,230,400 ns from the first on.
        #expect(bench.arrivals.count == 10_000_000_000 / 1_230_400)
        #expect(bench.arrivals == (1...bench.arrivals.count).map { UInt64($0) * 1_230_400 })
        note("saturated 10 Mbit/s: \(payload / 10) bit/s of frames; formula \(Int(expected)) bit/s")
    }

    /// Poisson arrivals at a link with frames of one size are an M/D/1 queue: mean wait rho * s / (2 * (1 - rho))
    /// (Pollaczek, Khinchine 1930).
    @Test(arguments: [0.3, 0.6, 0.9]) func waitsAsAnMD1Queue(load: Double) {
        let seed: UInt64 = 20_260_101
        let service = 1_000_000.0
        var random = SplitMix64(seed: seed, name: "M/D/1 at \(load)")
        // 1250 bytes on the wire at 10 Mbit/s are 1 ms.
        let profile = LinkProfile { ($0.bandwidth, $0.queue.limit) = (10_000_000, .frames(1_000_000)) }
        var bench = NetworkBench(out: profile)
        let frame = plainFrame(1226)
        let (batches, size) = (40, 2500)
        var waits: [Double] = []
        var sent: [Double] = []
        var now = 0.0
        for number in 0..<(batches + 1) * size {
            now += -ReproducibleMath.log(random.unit()) * service / load
            sent.append(now.rounded())
            bench.send(frame, at: UInt64(now.rounded()))
            if number % 1000 == 0 { bench.advance(to: UInt64(now.rounded())) }
        }
        bench.finish()
        for (arrival, sending) in zip(bench.arrivals, sent) {
            waits.append(Double(arrival) - sending - service)
        }
        // The first batch warms up.
        let means = Moments(
            (1...batches).map { batch in
                waits[batch * size..<(batch + 1) * size].reduce(0, +) / Double(size)
            })
        let expected = load * service / (2 * (1 - load))
        #expect(
            abs(means.mean - expected) < 4 * means.standardError,
            "seed \(seed): \(means.mean) ns, not \(expected) +- \(means.standardError)")
        #expect(means.standardError < 0.15 * expected)
        note(
            "M/D/1 at \(load): mean wait \(Int(means.mean)) ns, standard error \(Int(means.standardError)); formula \(Int(expected)); n = \(batches * size), seed \(seed)"
        )
    }

    @Test func aQueueHoldsWhatItsLimitSays() {
        var frames = NetworkBench(
            out: LinkProfile { ($0.bandwidth, $0.queue.limit) = (8_000_000, .frames(3)) })
        for _ in 0..<6 { frames.send(plainFrame(), at: 0) }
        // One has gone when the seventh comes, in the same nanosecond.
        frames.send(plainFrame(), at: 84_000)
        frames.finish()
        #expect(frames.numbers == [1, 2, 3, 4, 7])
        #expect(frames.reasons == ["the queue of a/eth0 is full", "the queue of a/eth0 is full"])
        var bytes = NetworkBench(
            out: LinkProfile { ($0.bandwidth, $0.queue.limit) = (8_000_000, .bytes(300)) })
        for size in [1000, 200, 101, 100, 60] { bytes.send(plainFrame(size), at: 0) }
        bytes.finish()
        #expect(bytes.numbers == [1, 2, 4])
        var none = NetworkBench(out: LinkProfile { ($0.bandwidth, $0.queue.limit) = (8_000_000, .frames(0)) })
        for _ in 0..<3 { none.send(plainFrame(), at: 0) }
        none.finish()
        #expect(none.numbers == [1])
    }
}
