/// A JSON value as text, members in the order in which they were given: the same schema has the same bytes.
indirect enum JSONText {
    case string(String)
    case number(UInt64)
    case bool(Bool)
    case array([JSONText])
    case object([(String, JSONText)])

    /// Indented by two spaces.
    func text(indent: Int = 0) -> String {
        let inner = String(repeating: " ", count: indent + 2)
        let end = "\n" + String(repeating: " ", count: indent)
        switch self {
        case .string(let text): return Self.quoted(text)
        case .number(let number): return "\(number)"
        case .bool(let value): return "\(value)"
        case .array(let elements):
            guard !elements.isEmpty else { return "[]" }
            let lines = elements.map { "\n\(inner)\($0.text(indent: indent + 2))" }
            return "[" + lines.joined(separator: ",") + end + "]"
        case .object(let members):
            guard !members.isEmpty else { return "{}" }
            let lines = members.map { "\n\(inner)\(Self.quoted($0)): \($1.text(indent: indent + 2))" }
            return "{" + lines.joined(separator: ",") + end + "}"
        }
    }

    /// RFC 8259, section 7.
    private static func quoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }
}
