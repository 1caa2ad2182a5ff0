extension Jitter {
    /// Longest `scale`, ns: about 11 days. A thousand times that is a time that fits.
    package static let longestScale: UInt64 = 1_000_000_000_000_000
    /// Times the scale: no draw is above that.
    private static let cap: UInt64 = 1000

    /// A delay, ns, rounded down.
    func draw(_ random: inout SplitMix64) -> UInt64 {
        let delay: Double
        switch distribution {
        case .uniform:
            return random.next().multipliedFullWidth(by: scale).high
        case .normal:
            delay = Self.halfNormal(&random)
        case .exponential:
            delay = -ReproducibleMath.log(random.unit())
        case .pareto:
            // Of three uniform draws the greatest is below x with probability x^3: it is the cube root that turning the
            // distribution 1 - (1 + x / 2s)^-3 round asks for, without a cube root.
            let greatest = max(random.unit(), random.unit(), random.unit())
            delay = 2 * (1 / greatest - 1)
        }
        return min(UInt64(min(delay, Double(Self.cap)) * Double(scale)), Self.cap * scale)
    }

    /// The absolute value of a standard normal draw (Marsaglia's polar method, 1964: a logarithm and a square root, which
    /// IEEE 754 rounds one way, and neither sine nor cosine).
    private static func halfNormal(_ random: inout SplitMix64) -> Double {
        while true {
            let (x, y) = (random.unit(), random.unit())
            let square = x * x + y * y
            if square > 0, square < 1 {
                return x * (-2 * ReproducibleMath.log(square) / square).squareRoot()
            }
        }
    }
}
