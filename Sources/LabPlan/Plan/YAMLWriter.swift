/// Writes YAML, a line at a time.
struct YAMLWriter {
    private(set) var text = ""

    mutating func line(_ level: Int, _ content: String) {
        text += String(repeating: "  ", count: level) + content + "\n"
    }

    /// A name of a machine or network: plain when that cannot be taken for something else.
    static func word(_ name: String) -> String {
        let isPlain = name.first.map { ("a"..."z").contains($0) } ?? false
        return isPlain && !otherMeanings.contains(name) ? name : quoted(name)
    }

    /// What YAML 1.1 or 1.2 take for truth or nothing.
    private static let otherMeanings = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"]

    /// A list in one line, of double-quoted scalars.
    static func list(_ words: [String]) -> String { "[\(words.map(quoted).joined(separator: ", "))]" }

    /// A double-quoted YAML scalar (YAML 1.2, section 5.7 and 7.3.1).
    static func quoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\t": out += "\\t"
            case "\r": out += "\\r"
            case _
            where scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) || scalar.value == 0xfeff
                || scalar.value == 0x2028 || scalar.value == 0x2029:
                let digits = String(scalar.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }
}
