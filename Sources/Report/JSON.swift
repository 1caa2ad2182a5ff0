// `FoundationEssentials` has the encoder without the locales of `Foundation`. Used once at the end of a run and once
// for each event of `--format json`, never for a frame or a turn.
internal import FoundationEssentials

extension RunSummary {
    /// The text of `summary.json`: indented, keys in alphabetical order, without absent values, with a newline at the
    /// end.
    package func json() -> String { jsonFile(self) }

    /// Reads the text of `summary.json`.
    package static func read(_ json: String) throws -> RunSummary {
        try JSONDecoder().decode(RunSummary.self, from: Data(json.utf8))
    }
}

extension RunEvent {
    /// The event as one line of JSON with its newline, keys in alphabetical order, without absent values.
    package func line() -> String {
        jsonText(self, []) + "\n"
    }

    /// Reads one line.
    package static func read(_ line: String) throws -> RunEvent {
        try JSONDecoder().decode(RunEvent.self, from: Data(line.utf8))
    }
}

/// The text of a JSON file of the run folder: indented, keys in alphabetical order, without absent values, with a newline at the end.
package func jsonFile(_ value: some Encodable) -> String {
    jsonText(value, [.prettyPrinted]) + "\n"
}

private func jsonText(_ value: some Encodable, _ formatting: JSONEncoder.OutputFormatting) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = formatting.union([.sortedKeys, .withoutEscapingSlashes])
    do {
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    } catch {
        // Only strings, integers and truth values: JSON can represent all of them.
        preconditionFailure("a report cannot be encoded: \(error)")
    }
}
