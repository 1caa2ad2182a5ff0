import Foundation
import Report
import Testing
import Trace

/// The pages of real runs in a real browser. With ALMANAC_SCREENSHOTS set the screenshots are written to docs/
/// (`make screenshots`).
@Suite(.serialized)
struct ReportPageTests {
    private static let size = (width: 1280, height: 900)

    @Test(arguments: ["ping", "three", "mixed"]) func lanesMatchTheTrace(_ lab: String) throws {
        let scratch = try Scratch()
        // A copy, so that the page names no folder of this host.
        try FileManager.default.createDirectory(
            atPath: "\(scratch.path)/Examples", withIntermediateDirectories: false)
        try FileManager.default.copyItem(
            atPath: "\(Almanac.project)/Examples/\(lab).yaml", toPath: "\(scratch.path)/Examples/\(lab).yaml")
        let run = try Almanac.run(["run", "Examples/\(lab).yaml", "--out", "run"], in: scratch.path)
        #expect(run.status == 0, "\(run.output)\(run.errors)")
        let page = scratch.read("run/report.html")
        #expect(page.utf8.count < 2_000_000 && !page.isEmpty)

        let reader = try TraceReader(path: "\(scratch.path)/run/trace.almt")
        let statistics = try TraceStatistics(reader)
        let browser = try Browser(width: Self.size.width, height: Self.size.height)
        defer { browser.close() }
        try browser.open(page: page)
        #expect(browser.errors == [])
        let lanes: [[String: Any]] = try browser.value("almanac.lanes()")
        #expect(lanes.map { $0["name"] as? String } == reader.header.participants.map(\.name))
        // The first turn of each machine is the answer to START, which the page does not count.
        #expect(lanes.map { $0["turns"] as? UInt64 } == statistics.participants.map { $0.turns - 1 })
        #expect(lanes.map { $0["commands"] as? Int } == reader.header.participants.map(\.commands.count))
        let text: String = try browser.value("document.body.innerText")
        let summary = try RunSummary.read(scratch.read("run/summary.json"))
        #expect(text.contains(try #require(summary.hash)))
        let picture = try #require(Data(base64Encoded: try browser.screenshot()))
        #expect(picture.count > 20_000)
        if ProcessInfo.processInfo.environment["ALMANAC_SCREENSHOTS"] != nil {
            try picture.write(to: URL(fileURLWithPath: "\(Almanac.project)/docs/report-\(lab).png"))
        }

        // A click on a machine's row offers the command that looks at it there.
        let left: Double = try browser.value("almanac.plot().left + almanac.plot().width / 2")
        let top: Double = try browser.value("almanac.plot().top + almanac.lanes()[0].top + 2")
        try browser.click(left, top)
        let command: String = try browser.value("document.querySelector('#look code').textContent")
        #expect(command.hasPrefix("almanac replay RUN --at "))
        // A model has no shell.
        let name = try #require(reader.header.participants.first).name
        #expect(lab == "mixed" || command.hasSuffix("s --shell \(name)"), "\(command)")
        try browser.key("0")

        // Zooms from the whole run to a microsecond, and back.
        let whole: String = try browser.value("almanac.view().to")
        for _ in 0..<60 { try browser.wheel(at: 700, 320, by: -400) }
        let (from, to): (String, String) = (
            try browser.value("almanac.view().from"), try browser.value("almanac.view().to")
        )
        #expect(try #require(UInt64(to)) - (try #require(UInt64(from))) < 1000)
        try browser.key("0")
        #expect(try browser.value("almanac.view().to", as: String.self) == whole)
        #expect(browser.errors == [])
    }

    @Test func reportsAreOptionalAndCanBeMadeLater() throws {
        let scratch = try Scratch()
        let run = try Almanac.run(
            [
                "run", "\(Almanac.project)/Examples/sleep.yaml", "--until", "10s", "--out", "run",
                "--no-report",
            ],
            in: scratch.path)
        #expect(run.output.contains("simulated in"), "\(run.errors)")
        #expect(!scratch.exists("run/report.html"))
        for (arguments, path) in [([], "run/report.html"), (["--out", "x.html"], "x.html")] {
            let report = try Almanac.run(["report", "run"] + arguments, in: scratch.path)
            #expect(report.status == 0 && report.output == path + "\n", "\(report.errors)")
            #expect(scratch.read(path).hasPrefix("<!DOCTYPE html>"))
        }
        let missing = try Almanac.run(["report", "nowhere"], in: scratch.path)
        #expect(missing.status == 2 && missing.errors == "almanac: nowhere: there is no such run folder\n")
    }
}
