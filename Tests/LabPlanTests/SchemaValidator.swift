import Foundation
import Yams

/// A value of YAML 1.2's core schema, as JSON has it. JSON itself is YAML.
indirect enum JSONValue: Equatable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    init(yaml: String) throws {
        guard let node = try Parser(yaml: yaml, resolver: .basic).singleRoot() else {
            self = .null
            return
        }
        self.init(node)
    }

    init(_ node: Node) {
        switch node {
        case .mapping(let mapping):
            var members: [String: JSONValue] = [:]
            for (key, value) in mapping { members[key.scalar?.string ?? ""] = JSONValue(value) }
            self = .object(members)
        case .sequence(let sequence): self = .array(sequence.map { JSONValue($0) })
        case .scalar(let scalar):
            let text = scalar.string
            if scalar.style != .plain {
                self = .string(text)
            } else if ["", "~", "null"].contains(text) {
                self = .null
            } else if text == "true" || text == "false" {
                self = .bool(text == "true")
            } else if text.wholeMatch(of: /[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?/) != nil,
                let number = Double(text)
            {
                self = .number(number)
            } else {
                self = .string(text)
            }
        case .alias: self = .null
        }
    }

    var object: [String: JSONValue]? { if case .object(let members) = self { members } else { nil } }
    var array: [JSONValue]? { if case .array(let elements) = self { elements } else { nil } }
    var string: String? { if case .string(let text) = self { text } else { nil } }

    var typeNames: Set<String> {
        switch self {
        case .null: ["null"]
        case .bool: ["boolean"]
        case .number(let number): number == number.rounded() ? ["number", "integer"] : ["number"]
        case .string: ["string"]
        case .array: ["array"]
        case .object: ["object"]
        }
    }
}

/// The keywords of JSON Schema that the lab file's schema uses; another keyword is an error, so that none is ignored.
struct SchemaValidator {
    struct UnknownKeyword: Error { let name: String }

    let root: JSONValue

    /// The first thing that is wrong: a path and a keyword; nil when nothing is.
    func problem(in value: JSONValue) throws -> String? { try problem(value, root, "") }

    private func problem(_ value: JSONValue, _ schema: JSONValue, _ path: String) throws -> String? {
        guard let keywords = schema.object else { return nil }
        for (keyword, argument) in keywords {
            if let problem = try problem(value, keyword, argument, keywords, path) { return problem }
        }
        return nil
    }

    private func problem(
        _ value: JSONValue, _ keyword: String, _ argument: JSONValue, _ schema: [String: JSONValue],
        _ path: String
    ) throws -> String? {
        func fails(_ isWrong: Bool) -> String? { isWrong ? "\(path): \(keyword)" : nil }
        switch keyword {
        case "$schema", "title", "description", "$defs": return nil
        case "$ref":
            let name = String((argument.string ?? "").dropFirst("#/$defs/".count))
            guard let target = root.object?["$defs"]?.object?[name] else { throw UnknownKeyword(name: name) }
            return try problem(value, target, path)
        case "type":
            let allowed = argument.array?.compactMap(\.string) ?? [argument.string ?? ""]
            return fails(value.typeNames.isDisjoint(with: allowed))
        case "const": return fails(value != argument)
        case "enum": return fails(argument.array?.contains(value) != true)
        case "pattern":
            guard let text = value.string, let pattern = argument.string else { return nil }
            return fails(text.range(of: pattern, options: .regularExpression) == nil)
        case "minimum", "maximum":
            guard case .number(let number) = value, case .number(let bound) = argument else { return nil }
            return fails(keyword == "minimum" ? number < bound : number > bound)
        case "required":
            guard let members = value.object else { return nil }
            return fails((argument.array ?? []).contains { members[$0.string ?? ""] == nil })
        case "properties":
            for (name, member) in value.object ?? [:] {
                guard let schema = argument.object?[name] else { continue }
                if let problem = try problem(member, schema, "\(path)/\(name)") { return problem }
            }
            return nil
        case "additionalProperties":
            let known = schema["properties"]?.object ?? [:]
            for (name, member) in value.object ?? [:] where known[name] == nil {
                if argument == .bool(false) { return "\(path)/\(name): \(keyword)" }
                if let problem = try problem(member, argument, "\(path)/\(name)") { return problem }
            }
            return nil
        case "propertyNames":
            for name in (value.object ?? [:]).keys {
                if let problem = try problem(.string(name), argument, "\(path)/\(name)") { return problem }
            }
            return nil
        case "items":
            for (index, element) in (value.array ?? []).enumerated() {
                if let problem = try problem(element, argument, "\(path)/\(index)") { return problem }
            }
            return nil
        case "allOf":
            for schema in argument.array ?? [] {
                if let problem = try problem(value, schema, path) { return problem }
            }
            return nil
        case "anyOf", "oneOf":
            let matches = try (argument.array ?? []).count { try problem(value, $0, path) == nil }
            return fails(keyword == "anyOf" ? matches == 0 : matches != 1)
        default: throw UnknownKeyword(name: keyword)
        }
    }
}
