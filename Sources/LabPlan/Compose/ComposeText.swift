/// Texts of a compose file (Compose Specification; "Interpolation", "Specifying durations", "Specifying byte values").
enum ComposeText {
    /// Replaces `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME-default}`, `${NAME:?error}`, `${NAME?error}`, `${NAME:+other}`,
    /// `${NAME+other}` and `$$`. A variable that is not set is an empty text.
    static func interpolate(_ text: String, _ variables: [String: String]) throws(TextError) -> String {
        guard text.contains("$") else { return text }
        var rest = Array(text.unicodeScalars)[...]
        return try interpolate(&rest, variables, isInner: false)
    }

    /// - Parameter isInner: it ends at a closing brace.
    private static func interpolate(
        _ rest: inout ArraySlice<Unicode.Scalar>, _ variables: [String: String], isInner: Bool
    ) throws(TextError) -> String {
        var result = ""
        while let scalar = rest.first {
            if isInner, scalar == "}" { return result }
            rest.removeFirst()
            guard scalar == "$" else {
                result.unicodeScalars.append(scalar)
                continue
            }
            guard let next = rest.first else { throw TextError("a '$' at its end: write $$") }
            if next == "$" {
                rest.removeFirst()
                result += "$"
            } else if next == "{" {
                rest.removeFirst()
                result += try braced(&rest, variables)
            } else {
                let name = takeName(&rest)
                guard !name.isEmpty else { throw TextError("'$' without a name behind it: write $$") }
                result += variables[name] ?? ""
            }
        }
        guard !isInner else { throw TextError("'${' without its '}'") }
        return result
    }

    private static func braced(_ rest: inout ArraySlice<Unicode.Scalar>, _ variables: [String: String])
        throws(TextError) -> String
    {
        let name = takeName(&rest)
        guard !name.isEmpty else { throw TextError("'${' without a name behind it") }
        var countsEmpty = false
        if rest.first == ":" {
            countsEmpty = true
            rest.removeFirst()
        }
        let value = variables[name]
        let isSet = value != nil && !(countsEmpty && value == "")
        let operation = rest.popFirst()
        if operation == "}", !countsEmpty { return value ?? "" }
        let other = try interpolate(&rest, variables, isInner: true)
        guard rest.popFirst() == "}" else { throw TextError("'${\(name)' without its '}'") }
        switch operation {
        case "-": return isSet ? value ?? "" : other
        case "+": return isSet ? other : ""
        case "?":
            guard isSet else {
                throw TextError(
                    "the variable \(name) is not set\(other.isEmpty ? "" : ": \(Excerpt.of(other))")")
            }
            return value ?? ""
        default: throw TextError("'${\(name)' is followed by neither '}' nor ':-', ':?' or ':+'")
        }
    }

    private static func takeName(_ rest: inout ArraySlice<Unicode.Scalar>) -> String {
        var name = ""
        while let scalar = rest.first,
            scalar == "_" || ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
                || (!name.isEmpty && ("0"..."9").contains(scalar))
        {
            name.unicodeScalars.append(scalar)
            rest.removeFirst()
        }
        return name
    }

    /// The words of a command line, as a shell splits it, without its other rules (POSIX shell, 2.2).
    static func words(_ text: String) throws(TextError) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var isEscaped = false
        for character in text {
            if isEscaped {
                // In double quotes a backslash stays before what it does not change.
                if quote == "\"", !"\"\\$`".contains(character) { word = (word ?? "") + "\\" }
                word = (word ?? "") + String(character)
                isEscaped = false
            } else if let open = quote {
                if character == open {
                    quote = nil
                } else if character == "\\", open == "\"" {
                    isEscaped = true
                } else {
                    word = (word ?? "") + String(character)
                }
            } else if character == "'" || character == "\"" {
                quote = character
                word = word ?? ""
            } else if character == "\\" {
                isEscaped = true
            } else if character.isWhitespace {
                if let word { words.append(word) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        guard quote == nil, !isEscaped else { throw TextError("a quotation mark has no partner") }
        if let word { words.append(word) }
        return words
    }

    /// `1m30s`, `500ms`, `1h5m30s20ms`: ns.
    static func duration(_ text: String) throws(TextError) -> UInt64 {
        let units: [String: Double] = [
            "ns": 1, "us": 1e3, "µs": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9, "d": 86400e9,
        ]
        var total = 0.0
        var (number, unit) = ("", "")
        func add() -> Bool {
            guard let value = Double(number), let length = units[unit] else { return false }
            total += value * length
            return true
        }
        var isGood = !text.isEmpty
        for character in text {
            if character.isNumber || character == "." {
                if !unit.isEmpty {
                    isGood = isGood && add()
                    (number, unit) = ("", "")
                }
                number.append(character)
            } else {
                unit.append(character)
            }
        }
        guard isGood, add(), total < 1e18 else {
            throw TextError("\(quoted(text)) is not a duration such as 1m30s")
        }
        return UInt64(total)
    }

    /// `512m`, `1gb`, `64`: whole kibibytes, as a size of a lab file.
    static func size(_ text: String) throws(TextError) -> String {
        let lower = text.lowercased()
        let digits = lower.prefix { $0.isNumber || $0 == "." }
        let units: [String: Double] = [
            "": 1, "b": 1, "k": 1024, "kb": 1024, "m": 1_048_576, "mb": 1_048_576, "g": 1_073_741_824,
            "gb": 1_073_741_824,
        ]
        guard let value = Double(digits), let unit = units[String(lower.dropFirst(digits.count))],
            value * unit < 1e15
        else { throw TextError("\(quoted(text)) is not a size such as 512m") }
        return "\(UInt64((value * unit / 1024).rounded(.up)))K"
    }

    /// A name of a compose file as a host name: what is there too, `other`, has another.
    static func hostName(_ text: String) -> String {
        text.lowercased().replacing("_", with: "-").replacing(".", with: "-")
    }
}
