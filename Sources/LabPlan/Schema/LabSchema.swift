/// The JSON Schema (draft 2020-12) of the lab file, made of the tables of keys. It says what a schema can say: names, types
/// and forms. What depends on other parts of a file only the reader checks.
package enum LabSchema {
    package static var text: String { schema.text() + "\n" }

    private static var schema: JSONText {
        .object(
            [
                ("$schema", .string("https://json-schema.org/draft/2020-12/schema")),
                ("title", .string("Almanac lab file")),
                ("$ref", reference(to: .lab)),
                ("$defs", .object(KeyTables.all.map { (name(of: $0), definition($0)) })),
            ])
    }

    private static func name(of table: KeyTable) -> String {
        String(table.place.map { $0 == " " ? "-" : $0 })
    }

    private static func reference(to table: KeyTable) -> JSONText { .string("#/$defs/\(name(of: table))") }

    private static func definition(_ table: KeyTable) -> JSONText {
        let required = table.keys.filter(\.isRequired).map(\.name)
        // Nothing behind the colon is a mapping without keys.
        let isEmptyAllowed = required.isEmpty && table.exactlyOne.isEmpty
        var members: [(String, JSONText)] = [
            ("type", isEmptyAllowed ? types("object", "null") : .string("object")),
            ("additionalProperties", .bool(false)),
            ("properties", .object(table.keys.map { ($0.name, property($0)) })),
        ]
        if !required.isEmpty { members.append(("required", .array(required.map { .string($0) }))) }
        if !table.exactlyOne.isEmpty {
            let groups = table.exactlyOne.map { group in
                JSONText.object([("oneOf", requiring(group))])
            }
            members.append(("allOf", .array(groups)))
        }
        if !table.atLeastOne.isEmpty { members.append(("anyOf", requiring(table.atLeastOne))) }
        return .object(members)
    }

    /// An alternative for each key: it is there.
    private static func requiring(_ keys: [String]) -> JSONText {
        .array(keys.map { .object([("required", .array([.string($0)]))]) })
    }

    private static func property(_ key: Key) -> JSONText {
        // Links of the reference lead nowhere here.
        let meaning = key.meaning.replacing(/\[([^\[\]]+)\]\([^)]+\)/) { $0.1 }
        let described =
            "\(meaning) \(key.isRequired ? "Required" : "Default: \(key.defaultText)"). "
            + "Example: \(key.name): \(key.example)"
        return .object([("description", .string(described))] + constraints(key.shape))
    }

    private static func fragment(_ shape: ValueShape) -> JSONText { .object(constraints(shape)) }

    private static func constraints(_ shape: ValueShape) -> [(String, JSONText)] {
        switch shape {
        case .text: return [("type", types("string", "number", "boolean"))]
        case .form(let form): return [("type", .string("string")), ("pattern", .string(form))]
        case .boolean: return [("type", .string("boolean"))]
        case .onlyTrue: return [("const", .bool(true))]
        case .nothing: return [("type", .string("null"))]
        case .integer(let range):
            var members: [(String, JSONText)] = [
                ("type", .string("integer")), ("minimum", .number(range.lowerBound)),
            ]
            // Validators read numbers as doubles: the greatest of 64 bits is none.
            if range.upperBound < UInt64(Int64.max) { members.append(("maximum", .number(range.upperBound))) }
            return members
        case .word(let words): return [("enum", .array(words.map { .string($0) }))]
        case .time: return constraints(.form("^\(ValueShape.timeForm)$"))
        case .timeRange:
            return constraints(.form("^\(ValueShape.timeForm)(\\.\\.\(ValueShape.timeForm))?$"))
        case .list(let element):
            return [("type", types("array", "null")), ("items", fragment(element))]
        case .mapping(let names, let value):
            var members: [(String, JSONText)] = [("type", types("object", "null"))]
            if let names { members.append(("propertyNames", .object([("pattern", .string(names))]))) }
            return members + [("additionalProperties", fragment(value))]
        case .keys(let table): return [("$ref", reference(to: table))]
        case .either(let shapes): return [("anyOf", .array(shapes.map(fragment)))]
        }
    }

    private static func types(_ names: String...) -> JSONText { .array(names.map { .string($0) }) }
}
