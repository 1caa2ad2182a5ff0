import Calendar
import Testing

@testable import Network

struct JitterTests {
    private static let scale: UInt64 = 1_000_000
    private static let trials = 1_000_000

    /// Mean, variance and fourth moment about the mean, in scales.
    private static func moments(_ distribution: Jitter.Distribution) -> (
        mean: Double, variance: Double, fourth: Double
    ) {
        switch distribution {
        case .uniform: (0.5, 1.0 / 12, 1.0 / 80)
        // sqrt(2/pi), 1 - 2/pi; the fourth is 3 - 4/pi - 12/pi^2.
        case .normal:
            (
                (2 / Double.pi).squareRoot(), 1 - 2 / Double.pi,
                3 - 4 / Double.pi - 12 / (Double.pi * Double.pi)
            )
        case .exponential: (1, 1, 9)
        // Infinite but for the cap at 1000 scales: the integral of x^4 * 24 / x^4 up to there.
        case .pareto: (1, 3, 24_000)
        }
    }

    @Test(arguments: Jitter.Distribution.allCases) func meanAndVariance(distribution: Jitter.Distribution) {
        let seed: UInt64 = 13
        var random = SplitMix64(seed: seed, name: "jitter \(distribution)")
        let jitter = Jitter(distribution: distribution, scale: Self.scale)
        var measured = Moments()
        var longest: UInt64 = 0
        for _ in 0..<Self.trials {
            let delay = jitter.draw(&random)
            longest = max(longest, delay)
            // Drawn delays are rounded down.
            measured.add((Double(delay) + 0.5) / Double(Self.scale))
        }
        #expect(longest <= 1000 * Self.scale)
        let expected = Self.moments(distribution)
        let count = Double(Self.trials)
        let meanError = (expected.variance / count).squareRoot()
        let varianceError = ((expected.fourth - expected.variance * expected.variance) / count).squareRoot()
        #expect(abs(measured.mean - expected.mean) < 4 * meanError, "seed \(seed): \(measured.mean)")
        #expect(
            abs(measured.variance - expected.variance) < 4 * varianceError,
            "seed \(seed): \(measured.variance)")
        note(
            "jitter \(distribution): mean \(measured.mean), formula \(expected.mean), sigma \(meanError); variance \(measured.variance), formula \(expected.variance), sigma \(varianceError); longest \(Double(longest) / Double(Self.scale)); in scales; n = \(Self.trials), seed \(seed)"
        )
    }

    /// The distributions' shapes: the share of draws above two scales.
    @Test(arguments: Jitter.Distribution.allCases) func tail(distribution: Jitter.Distribution) {
        let (seed, trials): (UInt64, Int) = (17, 200_000)
        var random = SplitMix64(seed: seed, name: "tail \(distribution)")
        let jitter = Jitter(distribution: distribution, scale: Self.scale)
        var above = 0
        for _ in 0..<trials where jitter.draw(&random) >= 2 * Self.scale { above += 1 }
        // exp(-2); erfc(sqrt 2); (1 + 2/2)^-3.
        let expected: Double =
            switch distribution {
            case .uniform: 0
            case .normal: 0.04550026389635842
            case .exponential: 0.1353352832366127
            case .pareto: 0.125
            }
        let share = Double(above) / Double(trials)
        let sigma = (expected * (1 - expected) / Double(trials)).squareRoot()
        #expect(abs(share - expected) <= 4 * sigma, "seed \(seed): \(share), not \(expected)")
    }

    /// Frames keep their order whatever the jitter, unless the profile says otherwise.
    @Test(arguments: [false, true]) func order(isFree: Bool) {
        let profile = LinkProfile {
            $0.jitter = Jitter(distribution: .exponential, scale: 1_000_000)
            $0.reorder.byJitter = isFree
        }
        for (out, into) in [(profile, LinkProfile()), (LinkProfile(), profile)] {
            var bench = NetworkBench(out: out, in: into, latency: 100)
            for number: UInt64 in 0..<2000 { bench.send(plainFrame(), at: number * 100_000) }
            bench.finish()
            let byNumber = bench.outcomes.deliveries.sorted { $0.id.number < $1.id.number }.map(\.at)
            #expect((byNumber == byNumber.sorted()) == !isFree)
            #expect(
                bench.outcomes.deliveries.allSatisfy {
                    $0.at.nanoseconds >= ($0.id.number - 1) * 100_000 + 100
                })
        }
    }

    /// The same bits in every run, on every host: these numbers are those of the formulas in another language.
    @Test func drawsAreReproducible() {
        for (distribution, expected) in [
            (Jitter.Distribution.uniform, [512_402_928, 861_184_593, 983_383_353] as [UInt64]),
            (.normal, [236_352_045, 700_276_354, 990_817_538]),
            (.exponential, [668_643_994, 149_446_402, 16_756_251]),
            (.pareto, [33_794_850, 542_154_157, 1_612_399_726]),
        ] {
            var random = SplitMix64(seed: 1, name: "known")
            let jitter = Jitter(distribution: distribution, scale: 1_000_000_000)
            let draws = (0..<3).map { _ in jitter.draw(&random) }
            #expect(draws == expected)
        }
    }
}
