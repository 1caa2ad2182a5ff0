/// Text of a lab file as messages show it: in one line, and not all of the 16 MiB that a file may have.
package enum Excerpt {
    /// Most characters (Unicode scalars) that are shown.
    package static let longest = 80

    /// `text`, cut with an ellipsis; control characters and line separators are escaped.
    package static func of(_ text: some StringProtocol, longest: Int = longest) -> String {
        // As nearly all are.
        if text.utf8.count <= longest, text.utf8.allSatisfy({ (0x20..<0x7f).contains($0) }) {
            return String(text)
        }
        var result = ""
        for (count, scalar) in text.unicodeScalars.enumerated() {
            guard count < longest else { return result + "…" }
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: result += scalar.escaped(asASCII: true)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

/// A text of a lab file, quoted for a message.
func quoted(_ text: some StringProtocol) -> String { "'\(Excerpt.of(text))'" }
