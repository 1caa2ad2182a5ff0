internal import Yams

/// The text of a lab file as YAML nodes. Bounds hold before anything is built: a text that breaks one costs one pass over it.
package enum YAMLText {
    /// Longest text, bytes.
    package static let longest = 16 << 20
    /// Deepest nesting of lists and mappings, aliases followed; a lab needs eight levels.
    static let deepest = 32
    /// Most values once aliases are followed.
    static let mostValues = 1_000_000

    static func compose(_ text: String, file: String) throws(LabFileError) -> Node {
        func failure(_ line: Int, _ column: Int, _ message: String) -> LabFileError {
            LabFileError(place: .file(file, line: line, column: column), message: message)
        }
        guard text.utf8.count <= longest else {
            throw failure(1, 1, "the file is longer than \(longest >> 20) MiB")
        }
        if let line = firstTab(text) {
            throw failure(line, 1, "a tab indents this line: YAML wants spaces")
        }
        if let problem = YAMLBounds.problem(of: text) {
            throw failure(problem.line, problem.column, problem.message)
        }
        do {
            guard let node = try node(of: text) else { throw failure(1, 1, "the file is empty") }
            return node
        } catch let error as LabFileError {
            throw error
        } catch let error as YamlError {
            throw describe(error, text, failure)
        } catch {
            throw failure(1, 1, "the file is not YAML: \(error)")
        }
    }

    /// - Returns: nil for an empty text.
    static func node(of text: String) throws -> Node? {
        // Tags mean nothing to the reader; the basic resolver does not look for them in every scalar. Yams's default encoding
        // is this one too, but it copies the environment to find that out.
        try Parser(yaml: text, resolver: .basic, encoding: .utf8).singleRoot()
    }

    private static func describe(
        _ error: YamlError, _ text: String, _ failure: (Int, Int, String) -> LabFileError
    ) -> LabFileError {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let began = context.map { (place: ($0.mark.line, $0.mark.column), words: $0.text) }
            if let hint = YAMLHint(problem, at: (mark.line, mark.column), context: began, in: text) {
                return failure(hint.line, hint.column, "not YAML: \(hint.message)")
            }
            return failure(mark.line, mark.column, "not YAML: \(problem)")
        case .reader(let problem, let offset, _, let yaml):
            let before = Array(yaml.utf8.prefix(offset ?? 0))
            let column = before.count - (before.lastIndex(of: UInt8(ascii: "\n")) ?? -1)
            return failure(before.count { $0 == UInt8(ascii: "\n") } + 1, column, "not YAML: \(problem)")
        case .duplicatedKeysInMapping(let duplicates, let context):
            return failure(
                context.mark.line, context.mark.column,
                "the key \(quoted(duplicates.first ?? "?")) is there twice")
        default:
            return failure(1, 1, "the file is not YAML: \(error)")
        }
    }

    /// A line that begins with a tab and has more than white space; a tab after spaces may be a block's content.
    private static func firstTab(_ text: String) -> Int? {
        for (number, line) in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .enumerated()
        where line.first == UInt8(ascii: "\t") && !Substring(line).allSatisfy(\.isWhitespace) {
            return number + 1
        }
        return nil
    }
}
