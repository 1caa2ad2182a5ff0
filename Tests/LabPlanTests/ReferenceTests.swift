import Foundation
import Testing

@testable import LabPlan

/// docs/lab-file.md and docs/faults.md: every key has its row, every row a key, and every example passes `almanac check`.
///
/// The tables of the pages are made from the tables of keys: `ALMANAC_WRITE_REFERENCE=1 swift test --filter ReferenceTests`
/// writes them again.
struct ReferenceTests {
    static let project = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path
    static let pages = ["docs/lab-file.md", "docs/faults.md"]

    private static func page(_ name: String) throws -> String {
        try String(contentsOfFile: "\(project)/\(name)", encoding: .utf8)
    }

    private static func rows(_ table: KeyTable) -> String {
        let head = "| key | meaning | default | example |\n|---|---|---|---|\n"
        return head
            + table.keys.map { key in
                let cells = [
                    "`\(key.name)`", key.meaning, key.defaultText, "`\(key.name): \(key.example)`",
                ]
                return "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |\n"
            }.joined()
    }

    private static let end = "<!-- end of keys -->"

    private static func begin(_ table: KeyTable) -> String { "<!-- keys: \(table.place) -->\n" }

    @Test func everyKeyHasItsRow() throws {
        let isWriting = ProcessInfo.processInfo.environment["ALMANAC_WRITE_REFERENCE"] != nil
        var seen: [String] = []
        for name in Self.pages {
            var text = try Self.page(name)
            for table in KeyTables.documented {
                guard let start = text.range(of: Self.begin(table)) else { continue }
                let stop = try #require(text.range(of: Self.end, range: start.upperBound..<text.endIndex))
                seen.append(table.place)
                let rows = Self.rows(table)
                if isWriting {
                    text.replaceSubrange(start.upperBound..<stop.lowerBound, with: rows)
                } else {
                    #expect(
                        text[start.upperBound..<stop.lowerBound] == rows,
                        "\(name), keys of \(table.place): run ALMANAC_WRITE_REFERENCE=1 swift test --filter ReferenceTests"
                    )
                }
            }
            #expect(
                text.components(separatedBy: "<!-- keys: ").count - 1 == text.components(
                    separatedBy: Self.end
                ).count - 1)
            if isWriting {
                try text.write(toFile: "\(Self.project)/\(name)", atomically: true, encoding: .utf8)
            }
        }
        #expect(seen.sorted() == KeyTables.documented.map(\.place).sorted())
    }

    /// Nothing in a page can be taken for a row of a table that is not one.
    @Test func everyRowIsAKeys() throws {
        let known = Set(KeyTables.documented.flatMap { Self.rows($0).split(separator: "\n") })
        for name in Self.pages {
            for row in try Self.page(name).split(separator: "\n") where row.hasPrefix("| `") {
                #expect(known.contains(row), "\(name): \(row)")
            }
        }
    }

    @Test(arguments: KeyTables.documented.map(\.place))
    func everyExampleOfAKeyIsRight(place: String) throws {
        let table = try #require(KeyTables.documented.first { $0.place == place })
        let validator = try SchemaTests.validator()
        for key in table.keys {
            for lab in KeyExamples.labs(place, key.name, key.example) {
                #expect(KeyExamples.objection(to: lab) == nil, "\(lab)")
                #expect(try validator.problem(in: JSONValue(yaml: lab)) == nil, "\(lab)")
            }
        }
    }

    /// Blocks of YAML in a page: labs, or parts of one that the base completes.
    static func blocks(_ page: String) -> [String] {
        page.components(separatedBy: "```yaml\n").dropFirst().compactMap { rest in
            guard let end = rest.range(of: "\n```") else { return nil }
            return String(rest[..<end.lowerBound]) + "\n"
        }
    }

    static func completed(_ block: String) -> String {
        let given = Set(
            block.split(separator: "\n").compactMap { $0.prefixMatch(of: /([a-z-]+):/).map { String($0.1) } })
        let missing = KeyExamples.base.filter { !given.contains($0.key) }.sorted { $0.key < $1.key }
        return missing.map { "\($0.key): \($0.value)\n" }.joined() + block
    }

    @Test(arguments: pages) func everyBlockIsRight(name: String) throws {
        let blocks = Self.blocks(try Self.page(name))
        #expect(!blocks.isEmpty)
        for block in blocks {
            let lab = Self.completed(block)
            #expect(KeyExamples.objection(to: lab) == nil, "\(name): \(lab)")
        }
    }
}
