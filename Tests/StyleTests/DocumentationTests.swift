import Foundation
import Testing

/// The pages: complete, connected, and in plain English.
struct DocumentationTests {
    private struct Page {
        /// Relative to the project.
        let name: String
        let text: String

        var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }

        /// The text without blocks of code.
        var prose: String {
            var isCode = false
            return lines.filter { line in
                if line.hasPrefix("```") {
                    isCode.toggle()
                    return false
                }
                return !isCode
            }.joined(separator: "\n")
        }

        /// The anchors of its headings, as GitHub makes them.
        var anchors: Set<String> {
            Set(
                prose.split(separator: "\n").filter { $0.hasPrefix("#") }.map { heading in
                    let title = heading.drop { $0 == "#" }.drop { $0 == " " }.lowercased()
                    return String(
                        title.compactMap { character -> Character? in
                            if character == " " { return "-" }
                            return character.isLetter || character.isNumber || "-_".contains(character)
                                ? character : nil
                        })
                })
        }

        /// The lines below a heading, to the next heading of any level.
        func section(_ title: String) -> [Substring]? {
            guard let start = lines.firstIndex(where: { $0.drop { $0 == "#" } == " \(title)" }) else {
                return nil
            }
            return Array(lines[(start + 1)...].prefix { !$0.hasPrefix("#") })
        }
    }

    private static let pages: [Page] = {
        let root = StyleTests.project
        let top = ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []).filter {
            $0.hasSuffix(".md")
        }
        let docs = ((try? FileManager.default.contentsOfDirectory(atPath: "\(root)/docs")) ?? []).filter {
            $0.hasSuffix(".md")
        }
        return (top.sorted() + docs.sorted().map { "docs/\($0)" }).compactMap { name in
            (try? String(contentsOfFile: "\(root)/\(name)", encoding: .utf8)).map {
                Page(name: name, text: $0)
            }
        }
    }()

    private static func page(_ name: String) throws -> Page {
        try #require(pages.first { $0.name == name }, "\(name) is missing")
    }

    @Test func readmeIsShort() throws {
        let lines = try Self.page("README.md").text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count - 1 <= 160, "README.md has \(lines.count - 1) lines: move details to docs/")
    }

    /// Every relative link and image leads to a file, and to a heading where it names one.
    @Test func linksLeadSomewhere() throws {
        var count = 0
        for page in Self.pages {
            for match in page.prose.matches(of: /\]\(([^)\s]+)\)/) {
                let target = String(match.1)
                if target.contains("://") { continue }
                count += 1
                let parts = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
                let folder = URL(fileURLWithPath: "\(StyleTests.project)/\(page.name)")
                    .deletingLastPathComponent()
                let file =
                    parts[0].isEmpty
                    ? "\(StyleTests.project)/\(page.name)"
                    : folder.appendingPathComponent(String(parts[0])).standardizedFileURL.path
                #expect(
                    FileManager.default.fileExists(atPath: file), "\(page.name): \(target) does not exist")
                guard parts.count == 2,
                    let linked = Self.pages.first(where: {
                        "\(StyleTests.project)/\($0.name)" == file
                    })
                else { continue }
                #expect(
                    linked.anchors.contains(String(parts[1])),
                    "\(page.name): \(linked.name) has no heading #\(parts[1])")
            }
        }
        #expect(count > 20)
    }

    /// Files and folders that a page names exist: pages are true after a move. docs/library.md names files of its reader.
    @Test func namedFilesExist() {
        var count = 0
        for page in Self.pages where page.name != "docs/library.md" {
            let pattern = /`((?:Sources|Tests|Kernel|Examples|Benchmarks|tools|docs)\/[A-Za-z0-9_+.\/-]+)`/
            for match in page.text.matches(of: pattern) {
                count += 1
                #expect(
                    FileManager.default.fileExists(atPath: "\(StyleTests.project)/\(match.1)"),
                    "\(page.name): \(match.1) does not exist")
            }
        }
        #expect(count > 20)
    }

    /// Every page in docs/ is one that README leads to.
    @Test func readmeLeadsToEveryPage() throws {
        let readme = try Self.page("README.md").text
        for page in Self.pages where page.name != "README.md" {
            #expect(readme.contains("](\(page.name))"), "README.md has no link to \(page.name)")
        }
    }

    // MARK: The command line

    /// What the help of a command says: `Tests/IntegrationTests/Help`, which is compared with the program.
    private struct Help {
        /// `almanac trace show`.
        let command: String
        let options: Set<String>
        let isGroup: Bool

        init?(_ text: String) {
            guard let usage = text.firstMatch(of: /USAGE: (almanac(?: [a-z][a-z-]*)*)/) else { return nil }
            command = String(usage.1)
            let found = text.split(separator: "\n").compactMap {
                $0.prefixMatch(of: /\ \ (?:-h, )?(--[a-z-]+)/)
            }
            options = Set(found.map { String($0.1) }).subtracting(["--help", "--version"])
            isGroup = text.contains("\nSUBCOMMANDS:")
        }
    }

    private static let helps = StyleTests.files(below: "Tests/IntegrationTests/Help", suffixes: [".txt"])
        .compactMap { Help($0.lines.joined(separator: "\n")) }

    /// docs/cli.md has a section for each command, whose table has every option and no other.
    @Test func theCommandLineIsDocumented() throws {
        let page = try Self.page("docs/cli.md")
        let commands = Self.helps.filter { !$0.isGroup }
        #expect(commands.count >= 11)
        for help in commands {
            guard let section = page.section(help.command) else {
                Issue.record("docs/cli.md has no section \"## \(help.command)\"")
                continue
            }
            let cells = section.filter { $0.hasPrefix("| `") }.map {
                $0.split(separator: "|").first ?? ""
            }
            let documented = Set(
                cells.flatMap { $0.matches(of: /`(--[a-z-]+)/).map { String($0.1) } })
            let missing = help.options.subtracting(documented).sorted()
            #expect(missing.isEmpty, "docs/cli.md, section \(help.command): add a row for \(missing)")
            let unknown = documented.subtracting(help.options).sorted()
            #expect(unknown.isEmpty, "docs/cli.md, section \(help.command): \(unknown) is not an option")
        }
    }

    // MARK: Words

    /// Turns of phrase that are this project's own, or that give machines a mind, with what to write instead. In
    /// pages they are errors wherever they stand outside code.
    static let idioms: [(pattern: String, instead: String)] = [
        (#"\bhost's matter\b"#, "nondeterministic"),
        (#"\bhomesick\b"#, "dedicatedCoreUnused"),
        (#"\bfor ever\b"#, "forever, or name the limit"),
        (#"\blets? go of\b"#, "releases"),
        (#"\b(is|are|was|were|be) told\b(?! apart)"#, "receives, learns, knows"),
        (#"\bmends?\b"#, "fix"),
        (#"\bgo(es)? home\b|\bcomes? home\b|\bat home\b(?!:)"#, "name the core"),
        (#"\bhappenings?\b"#, "events"),
        (#"\bwords? of (a|any|no) (machine|client|guest)"#, "control message"),
        (#"\bwho made whom wait\b"#, "which participant others waited for"),
        (#"\bwhat does not matter to\b"#, "what cannot affect"),
        (#"\bwhen nothing goes on\b"#, "hang detection"),
        (#"\bkernel at hand\b|\bis at hand\b|\bare at hand\b|\bwas at hand\b"#, "is available"),
        (#"\bmade anew\b|\banew\b"#, "again"),
        (#"\breckons? with\b"#, "expects"),
        (#"\bs of yours\b|\bhost of yours\b"#, "of wall-clock time"),
        (#"\bthe same to the last\b"#, "identical"),
        (#"\bin (its|their) own past\b"#, "at an earlier instant"),
        (#"\bsays? goodbye\b"#, "sends `bye`"),
        (#"\bpassed over\b"#, "ignored"),
        (#"\blooked at\b"#, "checked, examined"),
        (#"\bspeaks? of\b"#, "describes"),
    ]

    private static let anyIdiom = try! NSRegularExpression(
        pattern: idioms.map { "(?:\($0.pattern))" }.joined(separator: "|"), options: .caseInsensitive)

    private func expectPlainEnglish(_ name: String, _ lines: [Substring]) {
        let text = lines.joined(separator: "\n")
        let found = Self.anyIdiom.matches(in: text, range: NSRange(0..<text.utf16.count))
        for match in found {
            guard let range = Range(match.range, in: text) else { continue }
            let idiom = String(text[range])
            let instead = Self.idioms.first {
                idiom.range(of: $0.pattern, options: [.regularExpression, .caseInsensitive]) != nil
            }?.instead
            let number = text[..<range.lowerBound].count { $0 == "\n" } + 1
            Issue.record("\(name):\(number): \"\(idiom)\": write \(instead ?? "plain English")")
        }
    }

    @Test func pagesAreInPlainEnglish() {
        #expect(Self.pages.count > 10)
        for page in Self.pages {
            expectPlainEnglish(page.name, page.lines)
        }
    }

    /// What users read beside the pages: help, examples, the Makefile's help.
    @Test func helpIsInPlainEnglish() {
        let help = StyleTests.files(below: "Tests/IntegrationTests/Help", suffixes: [".txt"])
        let examples = StyleTests.files(below: "Examples", suffixes: [".yaml"])
        #expect(help.count > 10 && examples.count > 10)
        for file in help + examples { expectPlainEnglish(file.name, file.lines) }
    }

    @Test func sourcesAreInPlainEnglish() {
        for file in StyleTests.sources { expectPlainEnglish(file.name, file.lines) }
        // This file names the idioms.
        for file in StyleTests.files(below: "Tests", suffixes: [".swift"])
        where !file.name.hasSuffix("DocumentationTests.swift") {
            expectPlainEnglish(file.name, file.lines)
        }
    }
}
