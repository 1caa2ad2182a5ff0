internal import Network
internal import Yams

/// A YAML node and the way to it: reads values, and says where and what when they are wrong.
struct NodeReader {
    /// What is the same for all nodes of a file.
    struct Context {
        let file: String
        /// Settings of the command line with the keys they lead to.
        var settings: [(path: [String], text: String)] = []
    }

    let node: Node
    /// What it is, for messages: "machine m1".
    let name: String
    let path: [String]
    let context: Context

    func error(_ message: String) -> LabFileError { error(message, at: node) }

    private func error(_ message: String, at node: Node) -> LabFileError {
        if let setting = context.settings.first(where: { path.starts(with: $0.path) }) {
            return LabFileError(place: .setting(setting.text), message: message)
        }
        let mark = node.mark
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
        guard let mapping = node.mapping else { throw error("\(name) must be a mapping: key: value") }
        var entries: [(key: String, value: NodeReader)] = []
        for (key, value) in mapping {
            guard let text = key.scalar?.string else {
                throw error("a key of \(name) is not a plain word", at: key)
            }
            entries.append((text, child(text, value, name: "\(text) of \(name)")))
        }
        return entries
    }

    /// The entries of a mapping by key; unknown keys are errors.
    func keys(_ known: [String]) throws(LabFileError) -> [String: NodeReader] {
        var found: [String: NodeReader] = [:]
        guard let mapping = node.mapping else {
            if isNull { return [:] }
            throw error(
                "\(name) must be a mapping with keys such as \(known.prefix(3).joined(separator: ", "))")
        }
        for (key, value) in mapping {
            guard let text = key.scalar?.string else {
                throw error("a key of \(name) is not a plain word", at: key)
            }
            guard known.contains(text) else {
                let hint =
                    Suggestion.nearest(to: text, among: known).map { "did you mean '\($0)'?" }
                    ?? "known are \(known.joined(separator: ", "))"
                let inner = child(text, key, name: text)
                throw inner.error("unknown key '\(text)' in \(name): \(hint)", at: key)
            }
            found[text] = child(text, value, name: "\(text) of \(name)")
        }
        return found
    }

    /// A mapping has a key.
    func has(_ key: String) throws(LabFileError) -> Bool { try entries().contains { $0.key == key } }

    func child(_ key: String, _ node: Node, name: String) -> NodeReader {
        NodeReader(node: node, name: name, path: path + [key], context: context)
    }

    func named(_ name: String) -> NodeReader {
        NodeReader(node: node, name: name, path: path, context: context)
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
        guard let scalar = node.scalar, !isNull else { throw error("\(name) must be a text") }
        return scalar.string
    }

    func bool() throws(LabFileError) -> Bool {
        switch node.scalar?.string {
        case "true": return true
        case "false": return false
        default: throw error("\(name) must be true or false")
        }
    }

    func integer<Value: FixedWidthInteger>(_ range: ClosedRange<Value>) throws(LabFileError) -> Value {
        guard let text = node.scalar?.string, let value = Value(text), range.contains(value) else {
            throw error("\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    func duration() throws(LabFileError) -> UInt64 {
        try value(DurationText.parse)
    }

    func duration(_ range: ClosedRange<UInt64>) throws(LabFileError) -> UInt64 {
        let duration = try duration()
        guard range.contains(duration) else {
            throw error(
                "\(name) must be from \(DurationText.format(range.lowerBound)) to \(DurationText.format(range.upperBound))"
            )
        }
        return duration
    }

    /// Short enough that an instant and it can be added.
    func positiveDuration() throws(LabFileError) -> UInt64 {
        let duration = try duration()
        guard duration > 0 else { throw error("\(name) must be more than 0s") }
        guard duration <= UInt64(Int64.max) / 2 else { throw error("\(name) must be less than 146 years") }
        return duration
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

    func size(_ range: ClosedRange<UInt64>) throws(LabFileError) -> UInt64 {
        let size = try value(SizeText.parse)
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
