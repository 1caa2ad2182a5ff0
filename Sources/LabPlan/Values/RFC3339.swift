/// Moments of the wall clock as RFC 3339 writes them: `2026-01-01T00:00:00Z`, with fraction and offset.
package enum RFC3339 {
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    package static func parse(_ text: String) throws(TextError) -> UInt64 {
        let wrong = TextError("\(quoted(text)) is not a time like 2026-01-01T00:00:00Z")
        let bytes = Array(text.utf8)
        func number(_ start: Int, _ count: Int) throws(TextError) -> Int {
            guard start + count <= bytes.count else { throw wrong }
            var value = 0
            for byte in bytes[start..<start + count] {
                guard (48...57).contains(byte) else { throw wrong }
                value = value * 10 + Int(byte - 48)
            }
            return value
        }
        func expect(_ characters: String, at index: Int) throws(TextError) {
            guard index < bytes.count, characters.utf8.contains(bytes[index]) else { throw wrong }
        }
        let (year, month, day) = (try number(0, 4), try number(5, 2), try number(8, 2))
        let (hour, minute, second) = (try number(11, 2), try number(14, 2), try number(17, 2))
        try expect("-", at: 4)
        try expect("-", at: 7)
        try expect("Tt ", at: 10)
        try expect(":", at: 13)
        try expect(":", at: 16)
        guard (1...12).contains(month), day >= 1, day <= days(in: month, of: year), hour < 24, minute < 60,
            second < 60
        else { throw wrong }
        var index = 19
        var fraction: UInt64 = 0
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            let digits = bytes[(index + 1)...].prefix { (48...57).contains($0) }
            guard (1...9).contains(digits.count) else { throw wrong }
            fraction = digits.reduce(0) { $0 * 10 + UInt64($1 - 48) }
            for _ in digits.count..<9 { fraction *= 10 }
            index += 1 + digits.count
        }
        var offset = 0
        try expect("Zz+-", at: index)
        if bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-") {
            let (hours, minutes) = (try number(index + 1, 2), try number(index + 4, 2))
            try expect(":", at: index + 3)
            guard hours < 24, minutes < 60 else { throw wrong }
            offset = (hours * 60 + minutes) * 60 * (bytes[index] == UInt8(ascii: "-") ? -1 : 1)
            index += 5
        }
        guard index == bytes.count - 1 else { throw wrong }
        let seconds = daysSinceEpoch(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset
        guard seconds >= 0, year < 2200 else { throw TextError("\(quoted(text)) is outside of 1970 to 2199") }
        return UInt64(seconds) * 1_000_000_000 + fraction
    }

    /// In UTC, with as many decimals as there are.
    package static func format(_ nanoseconds: UInt64) -> String {
        let seconds = Int(nanoseconds / 1_000_000_000)
        let (year, month, day) = date(daysSinceEpoch: seconds / 86_400)
        let time = seconds % 86_400
        var text = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T"
        text += "\(padded(time / 3600, 2)):\(padded(time / 60 % 60, 2)):\(padded(time % 60, 2))"
        let fraction = Int(nanoseconds % 1_000_000_000)
        if fraction > 0 { text += "." + padded(fraction, 9) }
        return text + "Z"
    }

    private static func padded(_ value: Int, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    private static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    private static func days(in month: Int, of year: Int) -> Int {
        month == 2 ? (isLeap(year) ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    }

    private static func daysSinceEpoch(_ year: Int, _ month: Int, _ day: Int) -> Int {
        var total = day - 1
        for earlier in 1..<max(1, month) { total += days(in: earlier, of: year) }
        if year >= 1970 {
            for earlier in 1970..<year { total += isLeap(earlier) ? 366 : 365 }
        } else {
            for later in year..<1970 { total -= isLeap(later) ? 366 : 365 }
        }
        return total
    }

    private static func date(daysSinceEpoch days: Int) -> (Int, Int, Int) {
        var rest = days
        var year = 1970
        while rest >= (isLeap(year) ? 366 : 365) {
            rest -= isLeap(year) ? 366 : 365
            year += 1
        }
        var month = 1
        while rest >= Self.days(in: month, of: year) {
            rest -= Self.days(in: month, of: year)
            month += 1
        }
        return (year, month, rest + 1)
    }
}
