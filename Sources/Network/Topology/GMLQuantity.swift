/// Numbers with units as Shadow writes them (its configuration's "Format notes"): `10 ms`, `100 Mbit`, `1.5 Gibit`, exact.
enum GMLQuantity {
    /// Nanoseconds; without a unit, seconds.
    static func time(_ text: String) -> UInt64? {
        scaled(
            text,
            units: [
                "": 1_000_000_000, "ns": 1, "nanosecond": 1, "us": 1000, "μs": 1000, "µs": 1000,
                "microsecond": 1000,
                "ms": 1_000_000, "millisecond": 1_000_000, "s": 1_000_000_000, "sec": 1_000_000_000,
                "second": 1_000_000_000, "m": 60_000_000_000, "min": 60_000_000_000, "minute": 60_000_000_000,
                "h": 3_600_000_000_000, "hr": 3_600_000_000_000, "hour": 3_600_000_000_000,
            ])
    }

    /// Bits per second; without a unit, bits.
    static func bandwidth(_ text: String) -> UInt64? {
        var units: [String: UInt64] = ["": 1, "bit": 1, "B": 8, "byte": 8]
        let steps: [(short: String, long: String)] = [
            ("K", "kilo"), ("M", "mega"), ("G", "giga"), ("T", "tera"),
        ]
        var (decimal, binary): (UInt64, UInt64) = (1, 1)
        for step in steps {
            decimal *= 1000
            binary *= 1024
            for prefix in [step.short, step.long, step.short.lowercased()] {
                (units["\(prefix)bit"], units["\(prefix)B"], units["\(prefix)byte"]) = (
                    decimal, decimal * 8, decimal * 8
                )
            }
            for prefix in ["\(step.short)i", "\(step.long.prefix(2))bi"] {
                (units["\(prefix)bit"], units["\(prefix)B"], units["\(prefix)byte"]) = (
                    binary, binary * 8, binary * 8
                )
            }
        }
        return scaled(text, units: units)
    }

    /// A share from 0 to 1, in parts per billion, rounded to the nearest.
    static func share(_ text: String) -> Probability? {
        guard let value = Double(text), value >= 0, value <= 1 else { return nil }
        return Probability(partsPerBillion: UInt32(value * 1e9 + 0.5))
    }

    /// A decimal number and a unit, in the smallest unit, rounded down; units may stand in the plural.
    private static func scaled(_ text: String, units: [String: UInt64]) -> UInt64? {
        let number = text.prefix { ("0"..."9").contains($0) || $0 == "." }
        let unit = String(text.dropFirst(number.count).drop { $0 == " " })
        guard let scale = units[unit] ?? (unit.hasSuffix("s") ? units[String(unit.dropLast())] : nil) else {
            return nil
        }
        let parts = number.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, let whole = UInt64(parts[0]) else { return nil }
        let (product, overflow) = whole.multipliedReportingOverflow(by: scale)
        guard !overflow else { return nil }
        guard parts.count == 2 else { return product }
        // 18 digits fit; scales are below 2^43, so more change nothing that is asked for.
        let digits = parts[1].prefix(18)
        guard let fraction = UInt64(digits) else { return nil }
        var power: UInt64 = 1
        for _ in digits { power *= 10 }
        let wide = fraction.multipliedFullWidth(by: scale)
        let (sum, tooMuch) = product.addingReportingOverflow(power.dividingFullWidth(wide).quotient)
        return tooMuch ? nil : sum
    }
}
