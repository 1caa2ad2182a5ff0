/// Functions that have the same bits on every host: only additions, multiplications and divisions, which IEEE 754 rounds
/// one way, and no library whose last bit may change.
package enum ReproducibleMath {
    /// The natural logarithm of a positive, finite number, to a few units in the last place.
    package static func log(_ value: Double) -> Double {
        precondition(value > 0 && value.isFinite, "no logarithm of \(value)")
        // value = significand * 2^exponent, significand in [sqrt(1/2), sqrt(2)).
        var significand = value.significand
        var exponent = Double(value.exponent)
        if significand > 1.4142135623730951 {
            significand /= 2
            exponent += 1
        }
        // ln s = 2 artanh((s-1)/(s+1)); the argument is below 0.172, so 12 terms reach the last bit.
        let ratio = (significand - 1) / (significand + 1)
        let square = ratio * ratio
        var (sum, term) = (0.0, 23.0)
        while term >= 1 {
            sum = sum * square + 1 / term
            term -= 2
        }
        return exponent * 0.6931471805599453 + 2 * ratio * sum
    }
    /// `base` to a whole power, by squaring: at most 128 multiplications.
    package static func power(_ base: Double, _ exponent: UInt64) -> Double {
        var (result, factor, rest) = (1.0, base, exponent)
        while rest > 0 {
            if rest & 1 == 1 { result *= factor }
            factor *= factor
            rest >>= 1
        }
        return result
    }
}
