import Foundation
import Testing
import Trace

@testable import Report

/// What made a run fail, at the top of its page.
@Suite(.serialized)
struct TimelineFailureTests {
    private static func summary() -> RunSummary {
        var summary = RunSummary(
            name: "x", seed: 1, kernel: nil, result: .failed, virtualNanoseconds: 0, wallNanoseconds: 5,
            toolVersion: "0",
            machines: [])
        let commands = [
            CommandSummary(
                index: 1, command: "curl server", expectation: "exit status 0", status: 22, outcome: .failed,
                startNanoseconds: 1, endNanoseconds: 900, output: "machines/m1/1.out"),
            CommandSummary(
                index: 2, command: "true", expectation: "exit status 0", status: 0, outcome: .passed,
                startNanoseconds: 1, endNanoseconds: 2, output: "machines/m1/2.out"),
        ]
        var failed = MachineSummary(name: "m2", id: 2, kernel: "/k", ended: "killed by signal 9")
        failed.failed = true
        failed.problems = ["its last words"]
        summary.machines = [
            MachineSummary(name: "m1", id: 1, kernel: "/k", ended: "powered off", commands: commands), failed,
        ]
        summary.verdicts = [
            VerdictSummary(
                .log, machine: "m1", name: "never error", passed: false, reason: "a line", nanoseconds: 300)
        ]
        return summary
    }

    @Test func whatFailedFirstComesFirst() {
        let failures = TimelineFailure.all(Self.summary()) { file in (1...12).map { "\(file) \($0)" } }
        #expect(
            failures.map(\.text) == [
                "log failed: never error",
                "command 1 ended with exit 22, expected exit status 0: curl server",
                "killed by signal 9",
            ])
        #expect(failures.map(\.machine) == ["m1", "m1", "m2"])
        #expect(failures[0].lines == ["a line"])
        #expect(failures[1].lines.first == "machines/m1/1.out 5" && failures[1].lines.count == 8)
        #expect(failures[2].lines == ["its last words"])
    }

    @Test func thePageShowsThemWithTheirInstants() throws {
        let scene = try TraceScene.ping(seconds: 20)
        let page = try scene.page(summary: Self.summary(), output: { _ in ["<b>last</b> line"] })
        let browser = try Browser()
        try browser.open(page: page)
        let text = try browser.value("document.getElementById('failures').innerText", as: String.self)
        #expect(text.contains("m1: command 1 ended with exit 22"), "\(text)")
        #expect(text.contains("<b>last</b> line"))
        // The page writes what it shows into its address a moment later.
        let address = "new Promise((done) => setTimeout(() => done(location.hash), 400))"
        let before = try browser.value(address, as: String.self)
        _ = try browser.evaluate("document.querySelector('#failures button').click(); 1")
        #expect(try browser.value(address, as: String.self) != before)
    }
}
