/// Times and untrusted text for people. Times are cut, never rounded up.
package enum Format {
    /// Simulated time, ns: `12.345 s`, `1000.4 s`, `02:46:40` from an hour on, `30 d 00:00:00` from a day on.
    package static func simulated(_ nanoseconds: UInt64) -> String {
        let seconds = nanoseconds / 1_000_000_000
        if seconds < 1000 { return decimal(nanoseconds, unit: 1_000_000_000, places: 3) + " s" }
        if seconds < 3600 { return decimal(nanoseconds, unit: 1_000_000_000, places: 1) + " s" }
        let clock = [seconds / 3600 % 24, seconds / 60 % 60, seconds % 60].map { padded($0, 2) }
        let days = seconds / 86400
        return (days > 0 ? "\(days) d " : "") + clock.joined(separator: ":")
    }

    /// Wall-clock time, ns: `1.20 s`, `2 min 05 s`, `1 h 02 min`.
    package static func wall(_ nanoseconds: UInt64) -> String {
        let seconds = nanoseconds / 1_000_000_000
        if seconds < 60 { return decimal(nanoseconds, unit: 1_000_000_000, places: 2) + " s" }
        if seconds < 3600 { return "\(seconds / 60) min \(padded(seconds % 60, 2)) s" }
        return "\(seconds / 3600) h \(padded(seconds / 60 % 60, 2)) min"
    }

    /// Simulated time per wall-clock time: `833x`, `0.75x` below 10; `-` while no wall-clock time has passed.
    package static func speed(virtualNanoseconds: UInt64, wallNanoseconds: UInt64) -> String {
        guard wallNanoseconds > 0 else { return "-" }
        let whole = virtualNanoseconds / wallNanoseconds
        if whole >= 10 { return "\(whole)x" }
        // The quotient is below 10, so a double holds its hundredths.
        let hundredths = Double(virtualNanoseconds) / Double(wallNanoseconds) * 100
        return decimal(UInt64(hundredths), unit: 100, places: 2) + "x"
    }

    /// Untrusted text made safe for a terminal: control and format characters become spaces.
    package static func harmless(_ text: some StringProtocol) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            // Format characters can reverse the direction of writing.
            case .control, .format, .lineSeparator, .paragraphSeparator: result.append(" ")
            default: result.append(scalar)
            }
        }
        return String(result)
    }

    /// At most `width` characters, the last one `…` if the text was longer.
    package static func shortened(_ text: String, to width: Int) -> String {
        if text.count <= width { return text }
        return width > 0 ? text.prefix(width - 1) + "…" : ""
    }

    static func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    private static func padded(_ number: UInt64, _ digits: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    /// `value / unit` with `places` decimals, cut; `unit` is a power of ten of at least 10^places.
    private static func decimal(_ value: UInt64, unit: UInt64, places: Int) -> String {
        var step = unit
        for _ in 0..<places { step /= 10 }
        return "\(value / unit).\(padded(value % unit / step, places))"
    }
}
