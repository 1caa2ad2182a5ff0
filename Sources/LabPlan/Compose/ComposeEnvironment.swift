/// Files of variables (`.env`, `env_file`): `NAME=VALUE` lines, comments, quotes.
enum ComposeEnvironment {
    static func read(_ text: String) -> [(String, String)] {
        text.split(whereSeparator: \.isNewline).compactMap { line in
            var line = line.drop(while: \.isWhitespace)
            if line.hasPrefix("export ") { line = line.dropFirst(7) }
            guard !line.hasPrefix("#"), let equals = line.firstIndex(of: "=") else { return nil }
            let name = line[..<equals].reversed().drop(while: \.isWhitespace).reversed()
            var value = String(line[line.index(after: equals)...])
            while value.first?.isWhitespace == true { value.removeFirst() }
            while value.last?.isWhitespace == true { value.removeLast() }
            if let quote = value.first, quote == "\"" || quote == "'", value.count > 1, value.last == quote {
                value = String(value.dropFirst().dropLast())
            } else if let comment = value.firstRange(of: " #") {
                value = String(value[..<comment.lowerBound])
                while value.last?.isWhitespace == true { value.removeLast() }
            }
            return (String(name), value)
        }
    }
}
