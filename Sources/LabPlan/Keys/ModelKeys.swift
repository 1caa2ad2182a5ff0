internal import Models

/// Keys of models: what each kind in `Models` says about its parameters.
package enum ModelKeys {
    static let kinds = ModelKinds.all.map { $0.kind }

    /// By kind; `kind` itself is the first key.
    package static let tables: [KeyTable] = ModelKinds.all.map { kind in
        let head = Key(
            "kind", .word([kind.kind]), kind.meaning, default: Key.required, example: kind.kind)
        return KeyTable("model \(kind.kind)", [head] + kind.parameters.map(key))
    }

    /// `model:` of a machine: a kind, or a mapping with the kind's keys.
    static let shape: ValueShape = {
        var shapes: [ValueShape] = [.word(kinds)]
        for table in tables { shapes.append(.keys(table)) }
        return .either(shapes)
    }()

    static func table(of kind: String) -> KeyTable {
        guard let index = kinds.firstIndex(of: kind) else { preconditionFailure("no model \(kind)") }
        return tables[index]
    }

    private static func key(_ parameter: ModelParameter) -> Key {
        let shape: ValueShape =
            switch parameter.kind {
            case .duration(let range): .time(range.clamped(to: LabLimits.times))
            case .integer(let range): .integer(range)
            case .word(let words): .word(words)
            case .peer: .text
            }
        let defaultText: String? = parameter.defaultValue.map { value in
            switch value {
            case .duration(let nanoseconds): DurationText.format(nanoseconds)
            case .integer(let number): "\(number)"
            case .word(let word): word
            case .peer(let name, _): name
            }
        }
        return Key(
            parameter.name, shape, parameter.meaning, default: defaultText ?? Key.required,
            example: parameter.example)
    }
}
