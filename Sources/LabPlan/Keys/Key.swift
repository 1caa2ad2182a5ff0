/// A key of the lab file. The reader, its "did you mean", the JSON Schema and the reference pages are all made from it, so
/// none of them can know a key that the others do not. A class: every value that is read holds its key, which has five fields.
package final class Key: Sendable {
    package let name: String
    package let shape: ValueShape
    /// One or two sentences for people.
    package let meaning: String
    /// What holds when the key is left out; `Key.required` when it must be there.
    package let defaultText: String
    /// A value as it may stand behind the key, in YAML.
    package let example: String

    /// The default of a key that must be there.
    package static let required = "required"

    init(
        _ name: String, _ shape: ValueShape, _ meaning: String, default defaultText: String, example: String
    ) {
        self.name = name
        self.shape = shape
        self.meaning = meaning
        self.defaultText = defaultText
        self.example = example
    }

    package var isRequired: Bool { defaultText == Self.required }
}

/// The keys that one kind of mapping may have.
package struct KeyTable: Sendable {
    /// What has these keys: a heading of the reference, a name in the schema.
    package let place: String
    package let keys: [Key]
    /// Of each group exactly one key is there.
    package let exactlyOne: [[String]]
    /// Of these, if there are any, one or more keys are there.
    package let atLeastOne: [String]

    init(_ place: String, exactlyOne: [[String]] = [], atLeastOne: [String] = [], _ keys: [Key]) {
        self.place = place
        self.keys = keys
        self.exactlyOne = exactlyOne
        self.atLeastOne = atLeastOne
    }

    package var names: [String] { keys.map(\.name) }

    package subscript(_ name: String) -> Key? { keys.first { $0.name == name } }
}
