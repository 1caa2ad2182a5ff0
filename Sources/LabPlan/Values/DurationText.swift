/// Durations as people write them: `5ms`, `1.5s`, `20min`, `1h30min`. A bare number is none.
package enum DurationText {
    private static let units: [(name: String, nanoseconds: UInt64)] = [
        ("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("min", 60_000_000_000), ("s", 1_000_000_000),
        ("ms", 1_000_000), ("us", 1_000), ("ns", 1),
    ]

    private static let hint = "a duration needs a unit: 5ms, 1.5s, 20min, 2h"

    /// Nanoseconds. The value must be a whole number of them and less than 2^63.
    package static func parse(_ text: String) throws(TextError) -> UInt64 {
        var rest = Substring(text)
        guard !rest.isEmpty else { throw TextError("a duration is missing: \(hint)") }
        var total: UInt64 = 0
        while !rest.isEmpty {
            let number = rest.prefix(while: DecimalText.isPart)
            rest = rest.dropFirst(number.count)
            let name = rest.drop { $0 == " " }.prefix { $0.isASCII && $0.isLetter }
            guard !number.isEmpty else { throw TextError("\(quoted(text)) is not a duration: \(hint)") }
            guard !name.isEmpty else { throw TextError("\(quoted(text)) has no unit: \(hint)") }
            guard let unit = units.first(where: { $0.name == name }) else {
                throw TextError("\(quoted(name)) is not a unit of time: ns, us, ms, s, min, h and d are")
            }
            try DecimalText.forbidSpace(after: number, before: rest, in: text)
            rest = rest.dropFirst(name.count)
            let part = try DecimalText.multiply(
                number, by: unit.nanoseconds, whole: text, unit: "nanoseconds")
            let (sum, overflow) = total.addingReportingOverflow(part)
            guard !overflow, sum < UInt64(Int64.max) else {
                throw TextError("\(quoted(text)) is more than 292 years")
            }
            total = sum
        }
        return total
    }

    /// The shortest exact text: `1500ms` is `1.5s` only in the reader's mind.
    package static func format(_ nanoseconds: UInt64) -> String {
        guard nanoseconds > 0 else { return "0s" }
        for unit in units where nanoseconds % unit.nanoseconds == 0 {
            return "\(nanoseconds / unit.nanoseconds)\(unit.name)"
        }
        return "\(nanoseconds)ns"
    }
}

/// Sizes as people write them: `64M`, `1.5G`, `512KiB`. Units are powers of 1024; a bare number is none.
package enum SizeText {
    private static let units: [(name: String, bytes: UInt64)] = [
        ("G", 1 << 30), ("M", 1 << 20), ("K", 1 << 10),
    ]

    /// Bytes.
    package static func parse(_ text: String) throws(TextError) -> UInt64 {
        let number = text.prefix(while: DecimalText.isPart)
        let name = text.dropFirst(number.count)
        guard !number.isEmpty else {
            throw TextError("\(quoted(text)) is not a size: 64M, 1.5G and 512K are")
        }
        try DecimalText.forbidSpace(after: number, before: name, in: text)
        guard !name.isEmpty else {
            throw TextError("\(quoted(text)) has no unit: a size needs one, as in 64M")
        }
        guard let unit = units.first(where: { $0.name == name || "\($0.name)iB" == name }) else {
            throw TextError("\(quoted(name)) is not a unit of size: K, M and G are (powers of 1024)")
        }
        return try DecimalText.multiply(number, by: unit.bytes, whole: text, unit: "bytes")
    }

    /// The shortest exact text: what is not whole kibibytes is a decimal number of them.
    package static func format(_ bytes: UInt64) -> String {
        for unit in units where bytes % unit.bytes == 0 { return "\(bytes / unit.bytes)\(unit.name)" }
        // 1/1024 has ten decimals.
        let fraction = DecimalText.divide(bytes % 1024 * 9_765_625, by: 10_000_000_000)
        return "\(bytes / 1024)\(fraction.dropFirst())K"
    }
}
