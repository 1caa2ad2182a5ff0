internal import Network
internal import Yams

/// A YAML node and the way to it: reads values, and says where and what when they are wrong.
struct NodeReader {
    /// What is the same for all nodes of a file.
    final class Context {
        let file: String
        /// Options of the command line with the keys they lead to.
        let settings: [(path: [String], option: String)]
        /// The size of a file that the lab file names.
        let fileSize: LabFile.FileMeasure

        init(
            file: String, settings: [(path: [String], option: String)],
            fileSize: @escaping LabFile.FileMeasure
        ) {
            self.file = file
            self.settings = settings
            self.fileSize = fileSize
        }
    }

    let node: Node
    /// What it is, for messages: "machine m1".
    let name: String
    /// The keys that lead to it; none where no setting asks for them.
    let path: [String]
    let context: Context
    /// The key that it is the value of, when a table has it.
    var key: Key?
    /// Where the key stands that it is the value of, when the author chose it.
    var keyMark: Mark?

    func error(_ message: String) -> LabFileError { error(message, at: node.mark) }

    /// The key is wrong, not what stands behind it.
    func errorAtKey(_ message: String) -> LabFileError { error(message, at: keyMark ?? node.mark) }

    private func error(_ message: String, at mark: Mark?) -> LabFileError {
        if let setting = context.settings.last(where: { path.starts(with: $0.path) }) {
            return LabFileError(place: .option(setting.option), message: message)
        }
        return LabFileError(
            place: .file(context.file, line: mark?.line ?? 1, column: mark?.column ?? 1), message: message)
    }

    var isNull: Bool {
        guard let scalar = node.scalar else { return false }
        return scalar.style == .plain && ["", "~", "null"].contains(scalar.string)
    }

    var isMapping: Bool { node.mapping != nil }
    var isSequence: Bool { node.sequence != nil }

    /// What a scalar says, be it nothing.
    var text: String? { node.scalar?.string }

    // MARK: Mappings

    /// The entries of a mapping, in the order of the file.
    func entries() throws(LabFileError) -> [(key: String, value: NodeReader)] {
        if isNull { return [] }
        guard let mapping = node.mapping else { throw notAMapping(": key: value") }
        var entries: [(key: String, value: NodeReader)] = []
        entries.reserveCapacity(mapping.count)
        for (key, value) in mapping {
            guard let text = key.scalar?.string else {
                throw error("a key of \(name) is not a plain word", at: key.mark)
            }
            var reader = child(text, value, name: "\(Excerpt.of(text)) of \(name)")
            reader.keyMark = key.mark
            entries.append((text, reader))
        }
        return entries
    }

    /// The entries of a mapping by key; keys that the table does not have are errors.
    func keys(_ table: KeyTable) throws(LabFileError) -> FoundKeys {
        var found = FoundKeys()
        guard let mapping = node.mapping else {
            if isNull { return FoundKeys() }
            throw notAMapping(" with keys such as \(table.names.prefix(3).joined(separator: ", "))")
        }
        found.reserveCapacity(mapping.count)
        for (keyNode, value) in mapping {
            guard let text = keyNode.scalar?.string else {
                throw error("a key of \(name) is not a plain word", at: keyNode.mark)
            }
            guard let key = table[text] else {
                let inner = child(text, keyNode, name: Excerpt.of(text))
                throw inner.error("unknown key \(quoted(text)) in \(name): \(Self.hint(text, table))")
            }
            var reader = child(text, value, name: "\(text) of \(name)")
            reader.key = key
            found.append(reader, for: text)
        }
        return found
    }

    /// What to write instead of a key that a table does not have.
    private static func hint(_ text: String, _ table: KeyTable) -> String {
        if let (key, _) = YAMLHint.keyWithoutSpace(text) {
            return "a space must follow the colon of \(quoted(key + ":"))"
        }
        if let nearest = Suggestion.nearest(to: text, among: table.names) {
            return "did you mean \(quoted(nearest))?"
        }
        // `- echo foo: bar` is a mapping for YAML.
        if text.contains(" ") { return "a text with ': ' needs quotes" }
        return "the keys are \(table.names.joined(separator: ", "))"
    }

    /// - Parameter form: what it should look like.
    private func notAMapping(_ form: String) -> LabFileError {
        if let (key, _) = node.scalar.flatMap({ YAMLHint.keyWithoutSpace($0.string) }) {
            return error("a space must follow the colon of \(quoted(key + ":"))")
        }
        guard let first = node.sequence?.first else { return error("\(name) must be a mapping\(form)") }
        let word = first.scalar?.string ?? first.mapping?.first?.key.scalar?.string ?? ""
        let key = word.first?.isLetter == true ? word : "NAME"
        return error(
            "\(name) must be a mapping, not a list: write \(quoted(key + ":")) without '- ' or brackets")
    }

    /// A mapping has a key.
    func has(_ key: String) throws(LabFileError) -> Bool { try entries().contains { $0.key == key } }

    func child(_ key: String, _ node: Node, name: String) -> NodeReader {
        NodeReader(
            node: node, name: name, path: context.settings.isEmpty ? [] : path + [key], context: context)
    }

    func named(_ name: String) -> NodeReader {
        NodeReader(node: node, name: name, path: path, context: context, key: key, keyMark: keyMark)
    }

    /// The elements of a list.
    func elements() throws(LabFileError) -> [NodeReader] {
        if isNull { return [] }
        guard let sequence = node.sequence else {
            throw error("\(name) must be a list: lines that begin with '- '")
        }
        return sequence.enumerated().map { child(String($0), $1, name: name) }
    }

    // MARK: Values

    func string() throws(LabFileError) -> String {
        if let scalar = node.scalar, !isNull { return scalar.string }
        let found =
            isMapping
            ? ", not a mapping: a text with ': ' or braces needs quotes"
            : isSequence ? ", not a list: a text that begins with '[' or '- ' needs quotes" : ""
        throw error("\(name) must be a text\(found)")
    }

    func bool() throws(LabFileError) -> Bool {
        switch node.scalar?.string {
        case "true": return true
        case "false": return false
        default: throw error("\(name) must be true or false")
        }
    }

    func integer<Value: FixedWidthInteger>(_ range: ClosedRange<Value>) throws(LabFileError) -> Value {
        guard let text = node.scalar?.string, let value: Value = DecimalText.integer(text),
            range.contains(value)
        else {
            throw error("\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// A duration or an instant in the range of its key, ns.
    func duration() throws(LabFileError) -> UInt64 {
        guard case .time(let range)? = key?.shape else {
            preconditionFailure("a key that is read as a time has a range in its table")
        }
        return try duration(range)
    }

    /// - Parameter range: ns.
    func duration(_ range: ClosedRange<UInt64>) throws(LabFileError) -> UInt64 {
        let duration = try value(DurationText.parse)
        try check(duration, in: range)
        return duration
    }

    /// `20s..60s` or one duration in the range of its key, ns.
    func durations() throws(LabFileError) -> ClosedRange<UInt64> {
        guard case .timeRange(let range)? = key?.shape else {
            preconditionFailure("a key that is read as a range of times has a range in its table")
        }
        let durations = try value { (text) throws(TextError) in
            try RangeText.parse(text, DurationText.parse)
        }
        try check(durations.lowerBound, in: range)
        try check(durations.upperBound, in: range)
        return durations
    }

    /// The bounds of all times are named by these two messages.
    func check(_ duration: UInt64, in range: ClosedRange<UInt64>) throws(LabFileError) {
        guard duration <= range.upperBound else {
            throw error("\(name) must be at most \(DurationText.format(range.upperBound))")
        }
        guard duration >= range.lowerBound else {
            let least =
                range.lowerBound == 1 ? "more than 0s" : "at least \(DurationText.format(range.lowerBound))"
            throw error("\(name) must be \(least)")
        }
    }

    /// `20%`.
    func percent() throws(LabFileError) -> Probability { try value(PercentText.parse) }

    /// One of an enumeration's words.
    func word<Word: RawRepresentable<String> & CaseIterable>(_: Word.Type) throws(LabFileError) -> Word {
        guard let text = node.scalar?.string, let word = Word(rawValue: text) else {
            throw error("\(name) must be \(LabFile.alternatives(Word.allCases.map(\.rawValue)))")
        }
        return word
    }

    /// An exit status.
    func status() throws(LabFileError) -> Int { try integer(0...255) }

    /// Whole kibibytes: a kernel takes no others.
    func size(_ range: ClosedRange<UInt64>) throws(LabFileError) -> UInt64 {
        let size = try value(SizeText.parse)
        guard size % 1024 == 0 else {
            throw error("\(name) must be a whole number of kibibytes (1K)")
        }
        guard range.contains(size) else {
            throw error(
                "\(name) must be from \(SizeText.format(range.lowerBound)) to \(SizeText.format(range.upperBound))"
            )
        }
        return size
    }

    /// A scalar read by a function that says what is wrong with it.
    func value<Value>(_ parse: (String) throws(TextError) -> Value) throws(LabFileError) -> Value {
        let text = try string()
        do throws(TextError) {
            return try parse(text)
        } catch {
            throw self.error("\(name): \(error)")
        }
    }
}
