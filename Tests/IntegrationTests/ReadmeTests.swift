import Foundation
import Testing

@testable import Trace

/// A page of the project, and the blocks of code in it.
private struct Page {
    let name: String
    let text: String

    init(_ name: String) throws {
        self.name = name
        text = try String(contentsOfFile: "\(Almanac.project)/\(name)", encoding: .utf8)
    }

    /// The first block of code of a language after a line.
    func block(_ language: String, after line: String) throws -> String {
        let after = try #require(text.range(of: line), "\(name) has no line \(line)").upperBound
        let begin = try #require(text.range(of: "\n```\(language)\n", range: after..<text.endIndex))
            .upperBound
        let end = try #require(text.range(of: "\n```\n", range: begin..<text.endIndex)).lowerBound
        return String(text[begin..<end]) + "\n"
    }
}

/// What README and the pages of docs/ show works as pasted.
struct ReadmeTests {
    /// The lab of README runs, prints what README shows, and docs/output.md has every field of its summary.
    @Test func theLabWorksAsPasted() throws {
        let readme = try Page("README.md")
        let lab = try readme.block("yaml", after: "## A lab")
        let scratch = try Scratch()
        try scratch.write(lab, to: "shop.yaml")
        let outcome = try Almanac.run(["run", "shop.yaml"], in: scratch.path)
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        // The last line has wall-clock time and cores.
        let shown = try readme.block("", after: "## What comes out").split(separator: "\n").dropLast()
        #expect(outcome.output.split(separator: "\n").dropLast() == shown)
        #expect(scratch.read("out/shop/machines/client/1.out") == "hello\n")

        let json = try JSONSerialization.jsonObject(with: Data(scratch.read("out/shop/summary.json").utf8))
        let fields = names(json)
        #expect(fields.count > 30)
        let output = try Page("docs/output.md").text
        for field in fields.sorted() {
            #expect(output.contains("`\(field)`"), "docs/output.md, summary.json: \(field) is missing")
        }
    }

    /// The names of all fields, at any depth.
    private func names(_ value: Any) -> Set<String> {
        if let list = value as? [Any] { return list.reduce(into: []) { $0.formUnion(names($1)) } }
        guard let object = value as? [String: Any] else { return [] }
        return object.reduce(into: Set(object.keys)) { $0.formUnion(names($1.value)) }
    }

    @Test func aTypingErrorIsTheLineShown() throws {
        let readme = try Page("README.md")
        let lab = try readme.block("yaml", after: "## A lab").replacing("memory: 128M", with: "memroy: 128M")
        let scratch = try Scratch()
        try scratch.write(lab, to: "shop.yaml")
        let outcome = try Almanac.run(["check", "shop.yaml"], in: scratch.path)
        #expect(outcome.status == 2)
        let line = outcome.errors.trimmingCharacters(in: .newlines)
        #expect(readme.text.contains("`\(line)`"), "\(line)")
    }

    @Test func everyKindOfEventIsDocumented() throws {
        let text = try Page("docs/output.md").text
        for kind in TraceEvent.Kind.allCases {
            let level = kind.isDetail ? "full" : "events"
            let row = text.split(separator: "\n").first { $0.hasPrefix("| `\(kind.name)` |") }
            #expect(row?.hasSuffix("| \(level) |") == true, "docs/output.md: \(kind.name) is of \(level)")
        }
    }

    @Test func everyExampleIsDocumented() throws {
        let text = try Page("docs/examples.md").text
        let names = try FileManager.default.contentsOfDirectory(atPath: "\(Almanac.project)/Examples")
        for name in names where name.hasSuffix(".yaml") {
            #expect(text.contains("`Examples/\(name)`"), "docs/examples.md has no row for \(name)")
        }
        let pages = try text + Page("docs/what-a-machine-sees.md").text
        for folder in ["real", "features"] {
            for name in try FileManager.default.contentsOfDirectory(
                atPath: "\(Almanac.project)/Examples/\(folder)")
            {
                #expect(
                    pages.contains("`Examples/\(folder)/\(name)`"), "no page has a row for \(folder)/\(name)")
            }
        }
    }

    /// Every statement of the page that a lab can check is checked by the labs on it.
    @Test func theLabsOfTheMachinePagePass() throws {
        let page = try Page("docs/what-a-machine-sees.md")
        let labs = page.text.components(separatedBy: "```yaml\n").dropFirst().compactMap {
            $0.components(separatedBy: "```").first
        }
        #expect(labs.count == 4)
        for lab in labs {
            let scratch = try Scratch()
            try scratch.write(lab, to: "lab.yaml")
            let outcome = try Almanac.run(["run", "lab.yaml"], in: scratch.path)
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        }
    }

    /// The program of docs/library.md joins `almanac calendar` from a package of its own, outside the repository.
    @Test func theProgramWorksAsPasted() throws {
        let page = try Page("docs/library.md")
        let scratch = try Scratch()
        let program = try page.block("swift", after: "`Sources/heartbeat/main.swift`")
        #expect(program.split(separator: "\n", omittingEmptySubsequences: false).count <= 40)
        let folder = "\(scratch.path)/heartbeat"
        try FileManager.default.createDirectory(
            atPath: "\(folder)/Sources/heartbeat", withIntermediateDirectories: true)
        // The clone stands beside it under the name that the page gives it.
        try FileManager.default.createSymbolicLink(
            atPath: "\(scratch.path)/almanac", withDestinationPath: Almanac.project)
        try scratch.write(program, to: "heartbeat/Sources/heartbeat/main.swift")
        try scratch.write(
            try page.block("swift", after: "`Package.swift`"), to: "heartbeat/Package.swift")
        let build = try Almanac.Running("/usr/bin/env", ["swift", "build"], in: folder).wait(seconds: 600)
        try #require(build.status == 0, "\(build.output)\(build.errors)")

        let calendar = try Almanac.Running(
            Almanac.program, ["calendar", "--socket", "calendar", "--clients", "1"], in: scratch.path)
        let socket = "\(scratch.path)/calendar"
        for _ in 0..<1000 where !FileManager.default.fileExists(atPath: socket) { usleep(10_000) }
        let heart = try Almanac.Running(
            "\(folder)/.build/debug/heartbeat", ["time-travel=ext:7:\(socket)"], in: scratch.path
        ).wait()
        #expect(heart.status == 0, "\(heart.errors)")
        #expect(
            heart.output == """
                600.000000000 s  mouse
                1200.000000000 s  mouse
                1500.000000000 s  whale
                1800.000000000 s  mouse
                2400.000000000 s  mouse
                3000.000000000 s  whale
                3000.000000000 s  mouse
                3600.000000000 s  mouse
                8 beats

                """)
        let served = calendar.wait()
        #expect(served.status == 0)
        #expect(served.output.contains("left at 4500.000000000 s"), "\(served.output)")
    }
}
