/// How fast a clock is wrong: `50ppm`, `-20ppb`.
package enum DriftText {
    private static let units: [(name: String, parts: UInt64)] = [("ppm", 1000), ("ppb", 1)]
    /// Most, either way: a kernel's tick may be a tenth longer or shorter (adjtimex(2)).
    private static let limit: UInt64 = 100_000_000

    /// Parts per billion, not 0.
    package static func parse(_ text: String) throws(TextError) -> Int64 {
        let (isNegative, rest) = SignedText.sign(text)
        guard let unit = units.first(where: { rest.hasSuffix($0.name) }) else {
            throw TextError("\(quoted(text)) is not a drift: 50ppm and -20ppb are")
        }
        let number = rest.dropLast(unit.name.count)
        guard !number.isEmpty, number.allSatisfy(DecimalText.isPart) else {
            throw TextError("\(quoted(text)) is not a drift: 50ppm and -20ppb are")
        }
        let parts = try DecimalText.multiply(number, by: unit.parts, whole: text, unit: "parts per billion")
        guard (1...limit).contains(parts) else {
            throw TextError("\(quoted(text)) is not from 1ppb to 100000ppm, either way")
        }
        return isNegative ? -Int64(parts) : Int64(parts)
    }

    package static func format(_ drift: Int64) -> String {
        let sign = drift < 0 ? "-" : "+"
        guard drift % 1000 == 0 else { return "\(sign)\(drift.magnitude)ppb" }
        return "\(sign)\(drift.magnitude / 1000)ppm"
    }
}

/// How far a clock steps: `+3s`, `-1.5ms`. It needs a sign, for `3s` might be a time.
package enum StepText {
    /// ns, not 0.
    package static func parse(_ text: String) throws(TextError) -> Int64 {
        guard text.hasPrefix("+") || text.hasPrefix("-") else {
            throw TextError(
                "\(quoted(text)) has no sign: a clock steps forward, as in +3s, or back, as in -3s")
        }
        let (isNegative, rest) = SignedText.sign(text)
        let step = try DurationText.parse(String(rest))
        guard step > 0 else { throw TextError("\(quoted(text)) is no step") }
        return isNegative ? -Int64(step) : Int64(step)
    }

    package static func format(_ step: Int64) -> String {
        (step < 0 ? "-" : "+") + DurationText.format(step.magnitude)
    }
}

/// Texts that may begin with a sign.
private enum SignedText {
    static func sign(_ text: String) -> (isNegative: Bool, rest: Substring) {
        switch text.first {
        case "-": (true, text.dropFirst())
        case "+": (false, text.dropFirst())
        default: (false, text[...])
        }
    }
}
