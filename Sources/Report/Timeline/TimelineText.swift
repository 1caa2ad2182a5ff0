/// Untrusted text for the page: one line, without control sequences and without changes of direction.
enum TimelineText {
    /// Removes terminal control sequences and other control characters; at most `limit` characters, the last `…` if
    /// the text was longer.
    static func clean(_ text: String, limit: Int) -> String {
        var scalars = String.UnicodeScalarView()
        var isInSequence = false
        // Sequences are a few characters long: no more is needed for `limit` characters.
        for scalar in text.unicodeScalars.prefix(limit * 8) {
            if isInSequence {
                // ECMA-48, 5.4: parameters and intermediates below 0x40, then one final octet. `[` begins.
                if scalar.value >= 0x40, scalar != "[" { isInSequence = false }
            } else if scalar == "\u{1b}" {
                isInSequence = true
            } else {
                scalars.append(scalar)
            }
        }
        let line = Format.harmless(String(scalars))
        return Format.shortened(String(line.reversed().drop { $0 == " " }.reversed()), to: limit)
    }

    /// The length, at most `limit`, to which all texts must be shortened to take no more than `budget` bytes in JSON.
    static func length(of texts: some Sequence<String>, limit: Int, budget: Int) -> Int {
        var length = limit
        while length > 8 {
            let bytes = texts.reduce(0) { $0 + TimelineJSON.encodedBytes(Format.shortened($1, to: length)) }
            if bytes <= budget { return length }
            length /= 2
        }
        return length
    }

    /// `1,234,567`.
    static func number(_ value: UInt64) -> String {
        let digits = Array(String(value))
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text.append(",") }
            text.append(digit)
        }
        return text
    }
}
