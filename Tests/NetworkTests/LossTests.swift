import Calendar
import Testing

@testable import Network

/// Loss, duplication, corruption and order against their probabilities.
struct LossTests {
    private static let trials = 1_000_000

    /// Within four standard deviations of the binomial: sqrt(p * (1 - p) / n).
    @Test(arguments: [0.5, 0.1, 0.001]) func independentLoss(probability: Double) {
        let seed: UInt64 = 7
        var process = LossProcess(
            .independent(Probability(probability)),
            random: SplitMix64(seed: seed, name: "loss \(probability)"))
        var lost = 0
        for _ in 0..<Self.trials where process.loses() { lost += 1 }
        let share = Double(lost) / Double(Self.trials)
        let sigma = (probability * (1 - probability) / Double(Self.trials)).squareRoot()
        #expect(abs(share - probability) < 4 * sigma, "seed \(seed): \(share)")
        note("independent loss \(probability): \(share); sigma \(sigma); n = \(Self.trials), seed \(seed)")
    }

    struct Gilbert: CustomTestStringConvertible {
        let (toBad, toGood, lossInGood, lossInBad): (Double, Double, Double, Double)
        init(_ toBad: Double, _ toGood: Double, _ lossInGood: Double, _ lossInBad: Double) {
            (self.toBad, self.toGood, self.lossInGood, self.lossInBad) = (
                toBad, toGood, lossInGood, lossInBad
            )
        }
        var testDescription: String { "\(toBad) \(toGood) \(lossInGood) \(lossInBad)" }
    }

    /// Share p / (p + r) of bad states, mean length of bursts P(lost) / P(lost, next not lost): 1 / r for Gilbert's own model.
    @Test(arguments: [Gilbert(0.01, 0.25, 0, 1), Gilbert(0.05, 0.2, 0.01, 0.6), Gilbert(0.001, 0.1, 0, 0.5)])
    func burstLoss(model: Gilbert) {
        let seed: UInt64 = 11
        var process = LossProcess(
            .gilbertElliott(
                toBad: Probability(model.toBad), toGood: Probability(model.toGood),
                lossInGood: Probability(model.lossInGood), lossInBad: Probability(model.lossInBad)),
            random: SplitMix64(seed: seed, name: model.testDescription))
        var (lost, bursts, wasLost) = (0, 0, false)
        var lengths = Moments()
        var length = 0.0
        for _ in 0..<Self.trials {
            let isLost = process.loses()
            if isLost {
                lost += 1
                length += 1
            } else if wasLost {
                lengths.add(length)
                bursts += 1
                length = 0
            }
            wasLost = isLost
        }
        let bad = model.toBad / (model.toBad + model.toGood)
        let expected = bad * model.lossInBad + (1 - bad) * model.lossInGood
        // Variance of a mean over a two-state chain: the correlation falls by this factor each frame.
        let factor = 1 - model.toBad - model.toGood
        let step = model.lossInBad - model.lossInGood
        let variance =
            expected * (1 - expected) + 2 * step * step * bad * (1 - bad) * factor / (1 - factor)
        let sigma = (variance / Double(Self.trials)).squareRoot()
        let share = Double(lost) / Double(Self.trials)
        #expect(abs(share - expected) < 4 * sigma, "seed \(seed): \(share), not \(expected) +- \(sigma)")
        let keptAfterBad = model.toGood * (1 - model.lossInGood) + (1 - model.toGood) * (1 - model.lossInBad)
        let keptAfterGood = model.toBad * (1 - model.lossInBad) + (1 - model.toBad) * (1 - model.lossInGood)
        let ends = bad * model.lossInBad * keptAfterBad + (1 - bad) * model.lossInGood * keptAfterGood
        let burst = expected / ends
        #expect(
            abs(lengths.mean - burst) < 4 * lengths.standardError,
            "seed \(seed): \(lengths.mean), not \(burst)")
        note(
            "Gilbert-Elliott \(model.testDescription): loss \(share), formula \(expected), sigma \(sigma); burst \(lengths.mean), formula \(burst), standard error \(lengths.standardError); n = \(Self.trials), seed \(seed)"
        )
    }

    /// Each of two ways a frame can go wrong in a whole network has its own share.
    @Test func linkAndPathLoseOnTheirOwn() {
        let (seed, trials): (UInt64, Int) = (3, 100_000)
        var bench = NetworkBench(out: LinkProfile { $0.loss = .independent(Probability(0.2)) }, seed: seed)
        bench.network.setPath(from: 0, to: 1, PathProfile(latency: 0, loss: Probability(0.1)))
        for _ in 0..<trials { bench.send(plainFrame(), at: 0) }
        bench.finish()
        let share = Double(bench.outcomes.deliveries.count) / Double(trials)
        #expect(abs(share - 0.72) < 4 * (0.72 * 0.28 / Double(trials)).squareRoot(), "seed \(seed): \(share)")
        #expect(bench.outcomes.deliveries.count + bench.outcomes.losses.count == trials)
    }

    @Test func duplicates() {
        let (seed, trials): (UInt64, Int) = (4, 100_000)
        var bench = NetworkBench(out: LinkProfile { $0.duplicate = Probability(0.05) }, seed: seed)
        for number in 0..<trials { bench.send(plainFrame(), at: UInt64(number)) }
        bench.finish()
        let share = Double(bench.arrivals.count - trials) / Double(trials)
        #expect(abs(share - 0.05) < 4 * (0.05 * 0.95 / Double(trials)).squareRoot(), "seed \(seed): \(share)")
        #expect(bench.numbers == bench.numbers.sorted())
        #expect(Set(bench.numbers).count == trials)
        note("duplicate 0.05: \(share); n = \(trials), seed \(seed)")
    }

    /// Exactly one bit, behind the header, all alike often; and a checksum tells.
    @Test func corruptionFlipsOneBit() throws {
        let (seed, trials): (UInt64, Int) = (5, 40_000)
        let (one, two) = (IPv4Address("10.0.0.1")!, IPv4Address("10.0.0.2")!)
        let datagram = UDPDatagram(sourcePort: 1, destinationPort: 2, data: [1, 2, 3, 4, 5, 6])
        let whole = IPv4Packet(
            source: one, destination: two, carried: IPv4Packet.Carried.udp,
            payload: datagram.payload(from: one, to: two)
        ).frame(from: MACAddress(value: 0x0200_0000_0001), to: MACAddress(value: 0x0200_0000_0002))
        var bench = NetworkBench(out: LinkProfile { $0.corrupt = Probability(0.25) }, seed: seed)
        for _ in 0..<trials { bench.send(Frame(whole), at: 0) }
        bench.finish()
        var counts = [Int](repeating: 0, count: whole.count * 8)
        var broken = 0
        for delivery in bench.outcomes.deliveries where delivery.frame.bytes != whole {
            broken += 1
            let changed = zip(delivery.frame.bytes, whole).map { $0 ^ $1 }
            let bits = (0..<whole.count * 8).filter { bit in changed[bit / 8] >> UInt8(bit % 8) & 1 == 1 }
            #expect(bits.count == 1 && bits[0] >= 14 * 8)
            counts[bits[0]] += 1
            #expect(IPv4Packet(frame: delivery.frame.bytes).flatMap { UDPDatagram($0) } == nil)
        }
        let share = Double(broken) / Double(trials)
        #expect(abs(share - 0.25) < 4 * (0.25 * 0.75 / Double(trials)).squareRoot(), "seed \(seed): \(share)")
        // Chi-squared over all bits: mean k - 1, variance 2 (k - 1).
        let places = Double(counts.count - 14 * 8)
        let each = Double(broken) / places
        var squares = 0.0
        for count in counts[(14 * 8)...] { squares += (Double(count) - each) * (Double(count) - each) / each }
        #expect(abs(squares - (places - 1)) < 4 * (2 * (places - 1)).squareRoot(), "seed \(seed): \(squares)")
        note(
            "corrupt 0.25: \(share); chi-squared over \(Int(places)) bits \(squares); n = \(trials), seed \(seed)"
        )
    }

    /// A checksum that the sender left to do is done before the bit flips: TCP's tells too.
    @Test func corruptionIsBehindTheChecksum() throws {
        var bytes = [UInt8](repeating: 0, count: 54 + 100)
        (bytes[5], bytes[11], bytes[12], bytes[14], bytes[23], bytes[46]) = (2, 1, 8, 0x45, 6, 0x50)
        let sum = ~InternetChecksum.of(bytes[26..<34], initial: UInt64(6 + bytes.count - 34))
        (bytes[50], bytes[51]) = (UInt8(sum >> 8), UInt8(sum & 255))
        let frame = try #require(
            Frame(bytes, offload: .init(checksum: .init(start: 34, offset: 16), segments: nil)))
        func check(_ frame: [UInt8]) -> UInt16 {
            let pseudo = UInt64(~InternetChecksum.of(frame[26..<34])) + 6 + UInt64(frame.count - 34)
            return InternetChecksum.of(frame[34...], initial: pseudo)
        }
        #expect(check(try #require(frame.wireFrames().first)) == 0)
        var bench = NetworkBench(out: LinkProfile { $0.corrupt = .always })
        for _ in 0..<500 { bench.send(frame, at: 0) }
        bench.finish()
        for delivery in bench.outcomes.deliveries {
            let got = delivery.frame.bytes
            #expect(delivery.frame.offload == nil)
            let flipped = (0..<got.count).first { got[$0] != frame.wireFrames()[0][$0] } ?? 0
            #expect(flipped >= 14)
            if flipped >= 34 { #expect(check(got) != 0) }
        }
    }

    @Test func reorderedFramesAreOvertaken() {
        let (seed, trials): (UInt64, Int) = (6, 100_000)
        let profile = LinkProfile {
            $0.latency = 1000
            $0.reorder.share = Probability(0.1)
            $0.reorder.by = 50
        }
        var bench = NetworkBench(out: profile, seed: seed)
        for number in 0..<trials { bench.send(plainFrame(), at: UInt64(number) * 10) }
        bench.finish()
        let late = bench.outcomes.deliveries.filter { $0.at.nanoseconds != ($0.id.number - 1) * 10 + 1000 }
        #expect(late.allSatisfy { $0.at.nanoseconds == ($0.id.number - 1) * 10 + 1050 })
        let share = Double(late.count) / Double(trials)
        #expect(abs(share - 0.1) < 4 * (0.1 * 0.9 / Double(trials)).squareRoot(), "seed \(seed): \(share)")
        #expect(bench.arrivals == bench.arrivals.sorted())
        #expect(bench.numbers != bench.numbers.sorted())
        note("reorder 0.1: \(share) held back by exactly 50 ns; n = \(trials), seed \(seed)")
    }
}
