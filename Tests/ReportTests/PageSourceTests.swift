import Foundation
import Testing

@testable import Report

/// The sources of the page: what the program embeds of them, the tests of the script, and the lint.
struct PageSourceTests {
    private static let project = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    private static let sources = project.appendingPathComponent("Sources/ReportPage")
    private static let tests = project.appendingPathComponent("Tests/ReportTests/Page")

    private static func files(in folder: URL, _ suffix: String) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.lastPathComponent.hasSuffix(suffix) }
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
    }

    @Test func thePageIsItsSourcesAndNothingElse() throws {
        let page = TimelinePage.html(title: "<a> & b", data: "{}")
        let style = try String(contentsOf: Self.sources.appendingPathComponent("style.css"), encoding: .utf8)
        #expect(page.contains("<style>\n\(style)</style>"))
        var lines: Set<Substring> = []
        let modules = try Self.files(in: Self.sources.appendingPathComponent("script"), ".js")
        #expect(modules.count > 20)
        for module in modules {
            let text = try String(contentsOf: module, encoding: .utf8)
            // What a module exports is declared in the page, without the word.
            for line in text.split(separator: "\n") where line.hasPrefix("export ") {
                let declaration = line.dropFirst("export ".count)
                #expect(page.contains("\n\(declaration)\n"), "\(module.lastPathComponent): \(line)")
            }
            lines.formUnion(text.split(separator: "\n"))
        }
        let script = TimelinePage.script.split(separator: "\n")
        #expect(script.count > 1000)
        for line in script {
            #expect(!line.hasPrefix("import ") && !line.hasPrefix("export "))
            #expect(lines.contains(line) || lines.contains("export \(line)"), "\(line)")
        }
        #expect(page.contains("<title>&lt;a&gt; &amp; b</title>"))
        #expect(!page.contains("{{"))
    }

    /// Program text belongs into files that its own tools check.
    @Test func noProgramTextIsInSwiftStrings() throws {
        let folder = Self.project.appendingPathComponent("Sources/Report").path
        let names = try #require(FileManager.default.enumerator(atPath: folder)?.allObjects as? [String])
        let words = [
            "\"\"\"", "function", "addEventListener", "document.", "<div", "<span", "<script", "px;", "=> {",
        ]
        var count = 0
        for name in names where name.hasSuffix(".swift") {
            count += 1
            let text = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
            for line in text.split(separator: "\n") {
                let code = line.drop { $0 == " " }
                guard !code.hasPrefix("//"), code.contains("\"") else { continue }
                let found = words.filter { code.contains($0) }
                #expect(found.isEmpty, "\(name): \(code)")
            }
        }
        #expect(count > 10)
    }

    @Test func theScriptPassesItsTests() throws {
        let files = try Self.files(in: Self.tests, ".test.mjs").map(\.path)
        #expect(files.count >= 4)
        let result = try Node.run(["--test", "--test-reporter", "tap"] + files)
        #expect(result.status == 0, "\(result.output)")
        let passed = result.output.firstMatch(of: /# pass (\d+)/).flatMap { Int($0.1) } ?? 0
        #expect(passed >= 30, "\(result.output)")
    }

    // MARK: Lint

    /// A fault in a copy of the sources: what stands in a file, what is there instead, and what the lint says.
    struct Fault: CustomTestStringConvertible, Sendable {
        let file: String
        let text: String
        let replacement: String
        let message: String

        var testDescription: String { message }
    }

    private func lint(_ fault: Fault?) throws -> Node.Result {
        let manager = FileManager.default
        let copy = manager.temporaryDirectory.appendingPathComponent("almanac-lint-\(UUID().uuidString)")
        defer { try? manager.removeItem(at: copy) }
        for folder in ["Sources", "Tests/ReportTests"] {
            try manager.createDirectory(
                at: copy.appendingPathComponent(folder), withIntermediateDirectories: true)
        }
        for (from, to) in [(Self.sources, "Sources/ReportPage"), (Self.tests, "Tests/ReportTests/Page")] {
            try manager.copyItem(at: from, to: copy.appendingPathComponent(to))
        }
        if let fault {
            let file = copy.appendingPathComponent("Sources/ReportPage/\(fault.file)")
            let text = try String(contentsOf: file, encoding: .utf8)
            try #require(text.contains(fault.text), "\(fault.file) has no \(fault.text)")
            let broken = text.replacing(fault.text, with: fault.replacement, maxReplacements: 1)
            try broken.write(to: file, atomically: true, encoding: .utf8)
        }
        return try Node.run([Self.project.appendingPathComponent("tools/lint-page").path, copy.path])
    }

    @Test func theLintFindsNothingWrong() throws {
        let result = try lint(nil)
        #expect(result.status == 0 && result.output.isEmpty, "\(result.output)")
    }

    @Test(arguments: [
        Fault(
            file: "script/rows.js", text: "let count = 0;", replacement: "let count = ;",
            message: "script/rows.js:13: SyntaxError"),
        Fault(
            file: "script/scale.js", text: "import { SECOND", replacement: "import {{ SECOND",
            message: "another form of import"),
        Fault(
            file: "script/search.js", text: "let total = 0", replacement: "totl = 0",
            message: "totl is not declared"),
        Fault(
            file: "script/rows.js", text: "let count = 0;",
            replacement: "let count = 0;\n    const spare = 1;",
            message: "spare is not used"),
        Fault(
            file: "script/dom.js", text: "export function make", replacement: "function make",
            message: "dom.js has no export make"),
        Fault(
            file: "script/axis.js", text: "import { byId } from './dom.js';", replacement: "",
            message: "byId is not declared"),
        Fault(
            file: "script/rows.js", text: "const MOST_ROWS",
            replacement: "const padded = 1;\nconst MOST_ROWS",
            message: "padded is declared in format.js too"),
        Fault(
            file: "script/data.js", text: "import { byId }", replacement: "import { byId as id }",
            message: "an import under another name"),
        Fault(
            file: "script/rows.js", text: "row < 0", replacement: "row == 0",
            message: "== or !="),
        Fault(
            file: "page.c", text: "#embed \"script/search.js\" suffix(, 0)", replacement: "0",
            message: "search.js is not embedded"),
        Fault(
            file: "page.c", text: " dom_js, columns_js,", replacement: " columns_js, dom_js,",
            message: "the table differs"),
        Fault(file: "page.html", text: "</header>", replacement: "", message: "</body> closes <header>"),
        Fault(
            file: "page.html", text: "<canvas id=\"axis\">", replacement: "<canvas>",
            message: "the page has no element axis"),
        Fault(
            file: "page.html", text: "</header>",
            replacement: "</header><img src=\"https://localhost/x.png\">",
            message: "the page loads nothing"),
        Fault(file: "style.css", text: "}", replacement: "", message: "braces are not balanced"),
        Fault(
            file: "style.css", text: "var(--text)", replacement: "var(--txt)",
            message: "--txt is not defined"),
        Fault(
            file: "style.css", text: ".tablebox {", replacement: ".tablbox {",
            message: "nothing has .tablbox"),
    ])
    func theLintFindsEachFault(_ fault: Fault) throws {
        let result = try lint(fault)
        #expect(result.status == 1 && result.output.contains(fault.message), "\(result.output)")
    }
}
