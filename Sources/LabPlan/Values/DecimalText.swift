/// Decimal numbers, exactly.
enum DecimalText {
    /// A digit or the point.
    static func isPart(_ character: Character) -> Bool {
        character.isASCII && (character.isNumber || character == ".")
    }

    /// A number of ASCII digits and nothing else: Swift's own reading takes signs too.
    static func integer<Value: FixedWidthInteger>(_ text: some StringProtocol, radix: Int = 10) -> Value? {
        guard !text.isEmpty, text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) else {
            return nil
        }
        return Value(text, radix: radix)
    }

    /// Refuses `15 ms`: a unit follows its number at once.
    static func forbidSpace(after number: Substring, before rest: Substring, in text: String)
        throws(TextError)
    {
        let unit = rest.drop { $0 == " " }
        guard !number.isEmpty, !unit.isEmpty, unit.startIndex > rest.startIndex else { return }
        throw TextError(
            "\(quoted(text)) has a space before its unit: write \(quoted(text.filter { $0 != " " }))")
    }

    /// `number` times `factor`, which must be whole.
    static func multiply(_ number: Substring, by factor: UInt64, whole: String, unit: String)
        throws(TextError) -> UInt64
    {
        let parts = number.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, parts.allSatisfy({ !$0.isEmpty }) else {
            throw TextError("\(quoted(number)) is not a number")
        }
        guard let integer: UInt64 = Self.integer(parts[0]) else {
            throw TextError("\(quoted(whole)) is too large")
        }
        var (result, overflow) = integer.multipliedReportingOverflow(by: factor)
        if parts.count == 2 {
            let digits = parts[1]
            guard digits.count <= 12, let fraction: UInt64 = Self.integer(digits) else {
                throw TextError("\(quoted(whole)) has more than 12 decimals")
            }
            let scale = (0..<digits.count).reduce(UInt64(1)) { power, _ in power * 10 }
            let product = fraction.multipliedFullWidth(by: factor)
            let (quotient, remainder) = scale.dividingFullWidth(product)
            guard remainder == 0 else { throw TextError("\(quoted(whole)) is not a whole number of \(unit)") }
            let (sum, more) = result.addingReportingOverflow(quotient)
            (result, overflow) = (sum, overflow || more)
        }
        guard !overflow else { throw TextError("\(quoted(whole)) is too large") }
        return result
    }

    /// `number` divided by a power of ten, exactly.
    static func divide(_ number: UInt64, by scale: UInt64) -> String {
        let (integer, rest) = number.quotientAndRemainder(dividingBy: scale)
        guard rest > 0 else { return "\(integer)" }
        // A leading 1 keeps the zeros behind the point.
        var digits = String(String(scale + rest).dropFirst())
        while digits.last == "0" { digits.removeLast() }
        return "\(integer).\(digits)"
    }
}
