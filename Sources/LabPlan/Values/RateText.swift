package import Network

/// Bits per second as people write them: `10Mbit`, `1.5Gbit`. Units are powers of 1000; a bare number is none.
package enum BandwidthText {
    private static let units: [(name: String, bits: UInt64)] = [
        ("Tbit", 1_000_000_000_000), ("Gbit", 1_000_000_000), ("Mbit", 1_000_000), ("kbit", 1_000),
        ("bit", 1),
    ]
    /// Some, and not so much that arithmetic on it overflows.
    private static let range = LinkProfile.bandwidths

    private static let hint =
        "a bandwidth is a number and bit, kbit, Mbit, Gbit or Tbit (a second), as in 10Mbit"

    /// Bits per second, at least 1.
    package static func parse(_ text: String) throws(TextError) -> UInt64 {
        let number = text.prefix(while: DecimalText.isPart)
        let name = text.dropFirst(number.count)
        try DecimalText.forbidSpace(after: number, before: name, in: text)
        guard !number.isEmpty, let unit = units.first(where: { $0.name == name }) else {
            throw TextError("\(quoted(text)) is not a bandwidth: \(hint)")
        }
        let bits = try DecimalText.multiply(number, by: unit.bits, whole: text, unit: "bits")
        guard range.contains(bits) else {
            throw TextError("\(quoted(text)) is not a bandwidth from 1bit to 1000Tbit")
        }
        return bits
    }

    /// The shortest exact text.
    package static func format(_ bits: UInt64) -> String {
        for unit in units where bits % unit.bits == 0 { return "\(bits / unit.bits)\(unit.name)" }
        return "\(bits)bit"
    }
}

/// Shares as people write them: `20%`, `0.001%`. A bare number is none, for 1 might be all or a hundredth.
package enum PercentText {
    private static let partsInPercent: UInt64 = 10_000_000

    package static func parse(_ text: String) throws(TextError) -> Probability {
        guard text.hasSuffix("%") else {
            throw TextError("\(quoted(text)) has no %: a share is written like 20% or 0.5%")
        }
        let digits = text.prefix(while: DecimalText.isPart)
        try DecimalText.forbidSpace(after: digits, before: text.dropFirst(digits.count), in: text)
        let number = text.dropLast()
        guard !number.isEmpty, number.allSatisfy(DecimalText.isPart) else {
            throw TextError("\(quoted(text)) is not a share: 20% and 0.5% are")
        }
        let parts = try DecimalText.multiply(
            number, by: partsInPercent, whole: text, unit: "parts per billion")
        guard parts <= Probability.always.partsPerBillion else {
            throw TextError("\(quoted(text)) is more than 100%")
        }
        return Probability(partsPerBillion: UInt32(parts))
    }

    /// The shortest exact text.
    package static func format(_ probability: Probability) -> String {
        DecimalText.divide(UInt64(probability.partsPerBillion), by: partsInPercent) + "%"
    }
}
