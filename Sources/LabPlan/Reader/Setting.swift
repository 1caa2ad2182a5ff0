internal import Yams

/// A change of the lab file from the command line: `machines.m1.memory=128M`.
struct Setting {
    /// As the user typed it, for messages.
    let option: String
    let path: [String]
    private let value: Node

    init(_ source: OptionSetting) throws(LabFileError) {
        option = source.option
        let text = source.setting
        func failure(_ message: String) -> LabFileError {
            LabFileError(place: .option(source.option), message: message)
        }
        guard let equals = text.firstIndex(of: "=") else {
            throw failure("a setting is KEY=VALUE, as in seed=7")
        }
        path = text[..<equals].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard path.allSatisfy({ !$0.isEmpty }) else { throw failure("the key before '=' has an empty part") }
        do {
            let yaml = String(text[text.index(after: equals)...])
            if let problem = YAMLBounds.problem(of: yaml) { throw failure(problem.message) }
            guard let node = try YAMLText.node(of: yaml) else {
                throw failure("there is no value after '='")
            }
            value = node
        } catch let error as LabFileError {
            throw error
        } catch {
            throw failure("the value is not YAML")
        }
    }

    /// The node with the value in its place; missing mappings on the way are made.
    func applied(to root: Node) throws(LabFileError) -> Node { try replace(root, path[...]) }

    private func replace(_ node: Node, _ rest: ArraySlice<String>) throws(LabFileError) -> Node {
        guard let key = rest.first else { return value }
        if var sequence = node.sequence {
            guard let index: Int = DecimalText.integer(key), sequence.indices.contains(index) else {
                throw LabFileError(
                    place: .option(option), message: "\(quoted(key)) is not the number of an element, from 0")
            }
            sequence[index] = try replace(sequence[index], rest.dropFirst())
            return .sequence(sequence)
        }
        guard node.mapping != nil || node.scalar?.string.isEmpty == true else {
            throw LabFileError(
                place: .option(option), message: "there are no keys below a plain value, so no \(quoted(key))"
            )
        }
        var mapping = node.mapping ?? Node.Mapping([])
        let name = Node(key, Tag(.str))
        mapping[name] = try replace(mapping[name] ?? Node(""), rest.dropFirst())
        return .mapping(mapping)
    }
}
