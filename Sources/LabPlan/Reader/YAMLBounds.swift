// libyaml, which Yams contains: only its events can be checked before nodes are built, and nodes with aliases may be
// exponentially larger than their text.
internal import CYaml

/// Holds the events of a YAML text to the bounds of `YAMLText`, aliases followed, in one pass and without building nodes.
struct YAMLBounds {
    struct Problem {
        let line: Int
        let column: Int
        let message: String
    }

    /// What a node is once aliases are followed.
    private struct Extent {
        var values = 1
        var height = 0
        var isScalar: Bool { height == 0 }
    }

    /// A list or mapping whose end has not come.
    private struct Open {
        let isMapping: Bool
        let anchor: String?
        var extent = Extent(values: 1, height: 1)
        /// The next node is a key.
        var awaitsKey: Bool
    }

    private var open: [Open] = []
    private var anchors: [String: Extent] = [:]
    private var values = 0

    /// The first thing that breaks a bound; nil when nothing does before the end, or before what is not YAML.
    static func problem(of text: String) -> Problem? {
        var text = text
        return text.withUTF8 { bytes in
            // The parser and its input live in this call only.
            var parser = unsafe yaml_parser_t()
            guard unsafe yaml_parser_initialize(&parser) == 1 else { return nil }
            defer { unsafe yaml_parser_delete(&parser) }
            unsafe yaml_parser_set_input_string(&parser, bytes.baseAddress, bytes.count)
            var bounds = YAMLBounds()
            while true {
                var event = unsafe yaml_event_t()
                guard unsafe yaml_parser_parse(&parser, &event) == 1 else {
                    return unsafe failure(of: parser)
                }
                // Strings of an event are its own until it is deleted.
                defer { unsafe yaml_event_delete(&event) }
                if unsafe event.type == YAML_STREAM_END_EVENT { return nil }
                if let message = unsafe bounds.take(event) {
                    let mark = unsafe event.start_mark
                    return Problem(line: Int(mark.line) + 1, column: Int(mark.column) + 1, message: message)
                }
            }
        }
    }

    /// libyaml reads ahead of its events and has a bound on nesting of its own, above ours; nil for any other failure.
    private static func failure(of parser: borrowing yaml_parser_t) -> Problem? {
        // libyaml's messages are constants.
        guard let problem = unsafe parser.problem.map({ unsafe String(cString: $0) }),
            problem.contains("nesting level")
        else { return nil }
        let mark = unsafe parser.problem_mark
        return Problem(line: Int(mark.line) + 1, column: Int(mark.column) + 1, message: tooDeep)
    }

    /// - Returns: what is wrong.
    private mutating func take(_ event: borrowing yaml_event_t) -> String? {
        switch unsafe event.type {
        case YAML_SCALAR_EVENT:
            if let anchor = unsafe Self.text(event.data.scalar.anchor) { anchors[anchor] = Extent() }
            return place(Extent(), isNew: true)
        case YAML_ALIAS_EVENT:
            guard let anchor = unsafe Self.text(event.data.alias.anchor) else { return nil }
            return place(anchors[anchor] ?? Extent(), isNew: true)
        case YAML_SEQUENCE_START_EVENT:
            return begin(isMapping: false, anchor: unsafe Self.text(event.data.sequence_start.anchor))
        case YAML_MAPPING_START_EVENT:
            return begin(isMapping: true, anchor: unsafe Self.text(event.data.mapping_start.anchor))
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT:
            guard let ended = open.popLast() else { return nil }
            if let anchor = ended.anchor { anchors[anchor] = ended.extent }
            return place(ended.extent, isNew: false)
        default: return nil
        }
    }

    private mutating func begin(isMapping: Bool, anchor: String?) -> String? {
        if open.last?.awaitsKey == true { return Self.notAKey }
        open.append(Open(isMapping: isMapping, anchor: anchor, awaitsKey: isMapping))
        return grow(by: 1) ?? (open.count > YAMLText.deepest ? Self.tooDeep : nil)
    }

    /// A node is complete.
    ///
    /// - Parameter isNew: its values are not counted yet.
    private mutating func place(_ extent: Extent, isNew: Bool) -> String? {
        if isNew, let message = grow(by: extent.values) { return message }
        guard let last = open.indices.last else { return nil }
        if open[last].isMapping {
            if open[last].awaitsKey, !extent.isScalar { return Self.notAKey }
            open[last].awaitsKey.toggle()
        }
        open[last].extent.values += extent.values
        open[last].extent.height = max(open[last].extent.height, extent.height + 1)
        return open.count + extent.height > YAMLText.deepest ? Self.tooDeep : nil
    }

    private mutating func grow(by count: Int) -> String? {
        values += count
        return values > YAMLText.mostValues
            ? "the file has more than \(YAMLText.mostValues) values once its aliases are followed" : nil
    }

    private static let tooDeep = "lists and mappings are nested more than \(YAMLText.deepest) levels deep"
    private static let notAKey = "a key is a plain text, not a list or a mapping"

    private static func text(_ bytes: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        // libyaml ends its strings with a zero.
        unsafe bytes.map { unsafe String(cString: $0) }
    }
}
