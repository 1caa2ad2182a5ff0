import Foundation
import FoundationXML
import Testing

@testable import Report

/// Parses JUnit XML: elements with their attributes, in order, and text.
private final class Reader: NSObject, XMLParserDelegate {
    var elements: [(name: String, attributes: [String: String])] = []
    var text = ""

    init(_ xml: String) {
        super.init()
        let parser = XMLParser(data: Data(xml.utf8))
        parser.delegate = self
        isWellFormed = parser.parse()
    }

    var isWellFormed = false

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        elements.append((name, attributes))
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

    func named(_ name: String) -> [[String: String]] { elements.filter { $0.name == name }.map(\.attributes) }
}

private func example() -> RunSummary {
    var machine = MachineSummary(name: "m1", id: 1, kernel: "/k", ended: "killed by signal 9")
    machine.commands = [
        CommandSummary(
            index: 1, command: "true", expectation: "exit 0", status: 0, outcome: .passed,
            startNanoseconds: 1_000_000_000, endNanoseconds: 1_500_000_001, output: "1.out"),
        CommandSummary(
            index: 2, command: "test 1 -lt 0 && \"<x>\"\n\u{1b}[31m", expectation: "exit 0", status: 1,
            outcome: .failed, startNanoseconds: 2_000_000_000, endNanoseconds: 3_000_000_000, output: "2.out"),
        CommandSummary(
            index: 3, command: "sleep 9", expectation: "exit 0", outcome: .notStarted, output: "3.out"),
        CommandSummary(
            index: 4, command: "sleep 1d", expectation: "exit 0", outcome: .stillRunning, startNanoseconds: 5,
            output: "4.out"),
    ]
    machine.failed = true
    machine.problems = ["killed by signal 9; the last lines of its console:", "| a < b & c\u{0}\u{7}"]
    var other = MachineSummary(name: "m2", id: 2, kernel: "/k", ended: "powered off")
    other.failed = false
    var summary = RunSummary(
        name: "x & y", seed: 7, kernel: nil, result: .failed, reason: "m1 was killed",
        virtualNanoseconds: 4_000_000_000, wallNanoseconds: 1_250_000_000, toolVersion: "0.1.0",
        machines: [machine, other])
    summary.hash = "0123456789abcdef"
    summary.repeatCommand = "almanac run 'a b.yaml' --seed 7"
    return summary
}

@Test func aReaderOfJUnitFindsEveryCase() {
    var summary = example()
    summary.verdicts = [
        VerdictSummary(
            .check, machine: "m1", name: "ping m2", passed: false, reason: "exit status 1, not 0",
            nanoseconds: 2_500_000_000, runs: 3), VerdictSummary(.log, name: "never a < b", passed: true),
    ]
    let report = JUnitReport(summary) { machine, command in
        command.index == 2 ? ["]]> last words \u{fffe}\r"] : []
    }
    let reader = Reader(report.xml)
    #expect(reader.isWellFormed, "\(report.xml)")
    let suite = reader.named("testsuite")
    #expect(
        suite == [
            [
                "name": "x & y", "tests": "9", "failures": "5", "errors": "0", "skipped": "1",
                "time": "1.250000000",
            ]
        ])
    #expect(reader.named("testsuites").count == 1)
    let cases = reader.named("testcase")
    #expect(
        cases.map { $0["classname"] } == Array(repeating: "x & y.m1", count: 5) + [
            "x & y.m2", "x & y.m1", "x & y", "x & y",
        ])
    #expect(
        cases.map { $0["name"] } == [
            "1 true", "2 test 1 -lt 0 && \"<x>\"\n\u{fffd}[31m", "3 sleep 9", "4 sleep 1d", "machine",
            "machine",
            "check ping m2", "log never a < b", "lab",
        ])
    #expect(
        reader.named("failure").map { $0["message"] } == [
            "exit 1, expected exit 0, at 3.000 s simulated",
            "still running, expected exit 0, at 4.000 s simulated", "killed by signal 9",
            "exit status 1, not 0, at 2.500 s simulated", "m1 was killed, at 4.000 s simulated",
        ])
    #expect(reader.named("skipped") == [["message": "not started"]])
    #expect(reader.text.contains("]]> last words \u{fffd}\r"))
    #expect(reader.text.contains("| a < b & c\u{fffd}\u{fffd}"))
    var properties: [String: String] = [:]
    for property in reader.named("property").prefix(5) { properties[property["name"]!] = property["value"]! }
    #expect(
        properties == [
            "seed": "7", "hash": "0123456789abcdef", "repeat": "almanac run 'a b.yaml' --seed 7",
            "virtual-time": "4.000000000", "version": "0.1.0",
        ])
    let simulated = reader.named("property").filter { $0["name"] == "simulated-end" }.map { $0["value"] }
    #expect(simulated == ["1.500000001", "3.000000000"])
}

@Test func aRunThatPassedHasNoFailure() {
    var summary = example()
    summary.result = .passed
    summary.machines.removeFirst()
    let reader = Reader(JUnitReport(summary).xml)
    #expect(reader.isWellFormed)
    #expect(
        reader.named("failure").isEmpty && reader.named("error").isEmpty && reader.named("skipped").isEmpty)
    #expect(reader.named("testcase").count == 2)
}

@Test func aRunThatCouldNotStartIsAnError() {
    let reader = Reader(JUnitReport(name: "x", error: "no kernel \"there\"").xml)
    #expect(reader.isWellFormed)
    #expect(reader.named("error") == [["message": "no kernel \"there\""]])
}

/// A guest may write every scalar value.
@Test func anyTextGivesWellFormedXML() {
    var text = ""
    for value in UInt32(0)...0x10ffff
    where value % 7 == 0 || value < 0x3000 || value > 0xff00 && value < 0x1_0100 {
        if let scalar = Unicode.Scalar(value) { text.unicodeScalars.append(scalar) }
    }
    let reader = Reader(JUnitReport(name: text, error: text).xml)
    #expect(reader.isWellFormed)
}

@Test func theRepeatCommandIsPrintedOnFailure() {
    let text = TextReport().text(example())
    #expect(text.contains("\nrepeat: almanac run 'a b.yaml' --seed 7\nfailed: "))
    var passed = example()
    passed.result = .passed
    #expect(!TextReport().text(passed).contains("repeat:"))
}
