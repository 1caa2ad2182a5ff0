import Foundation
import FoundationXML
import Report
import Testing

/// `almanac run --junit`, and the command that repeats a run.
@Suite(.serialized)
struct JUnitTests {
    private func isWellFormed(_ xml: String) -> Bool { XMLParser(data: Data(xml.utf8)).parse() }

    @Test func aLabThatFailsIsReportedAndRepeats() throws {
        let scratch = try Scratch()
        try scratch.write(
            "name: x\nmachines:\n  a: { run: ['echo \"<last & words>\"; sleep 2; exit 3', \"true\"] }\n",
            to: "lab.yaml")
        let outcome = try Almanac.run(
            ["run", "lab.yaml", "--trace", "events", "--junit", "junit.xml"], in: scratch.path)
        #expect(outcome.status == 1)
        let xml = scratch.read("junit.xml")
        #expect(isWellFormed(xml))
        #expect(
            xml.contains(
                "<testcase classname=\"x.a\" name=\"1 echo &quot;&lt;last &amp; words&gt;&quot;; sleep 2; exit 3\">"
            ))
        #expect(xml.contains("message=\"exit 3, expected exit status 0, at 3.0"), "\(xml)")
        #expect(xml.contains("\n&lt;last &amp; words&gt;</failure>"), "\(xml)")
        let first = try scratch.summary("x")
        #expect(first.repeatCommand == "almanac run lab.yaml --seed 1 --trace events")
        #expect(outcome.output.contains("\nrepeat: almanac run lab.yaml --seed 1 --trace events\nfailed: "))
        // It fails in the same way at the same instant, and has the same hash.
        let words = try #require(first.repeatCommand).split(separator: " ").dropFirst().map(String.init)
        #expect(try Almanac.run(words, in: scratch.path).status == 1)
        let second = try scratch.summary("x")
        #expect(second.hash == first.hash)
        #expect(second.machines[0].commands == first.machines[0].commands)
    }

    @Test func aRunThatCannotBeMadeIsReported() throws {
        let scratch = try Scratch()
        try scratch.write("name: x\nmachines:\n  a: { run: [\"true\"] }\n", to: "lab.yaml")
        let outcome = try Almanac.run(
            ["run", "lab.yaml", "--kernel", "/no/kernel", "--junit", "junit.xml"], in: scratch.path)
        #expect(outcome.status == 3)
        let xml = scratch.read("junit.xml")
        #expect(isWellFormed(xml))
        #expect(xml.contains("no kernel at /no/kernel"), "\(xml)")
    }

    @Test func aLabFileThatCannotBeReadIsReported() throws {
        let scratch = try Scratch()
        try scratch.write("name: x\nmachines:\n  a: { ru: [\"true\"] }\n", to: "bad.yaml")
        let outcome = try Almanac.run(["run", "bad.yaml", "--junit", "junit.xml"], in: scratch.path)
        #expect(outcome.status == 2)
        let xml = scratch.read("junit.xml")
        #expect(isWellFormed(xml))
        #expect(xml.contains("<testsuite name=\"bad\""), "\(xml)")
        #expect(
            xml.contains("bad.yaml:3:8: unknown key &apos;ru&apos;") || xml.contains("unknown key 'ru'"),
            "\(xml)")
    }

    /// A command that should run to the end has done so at a timeout; it is the lab that fails.
    @Test func aTimeoutFailsTheLabAlone() throws {
        let scratch = try Scratch()
        try scratch.write(
            """
            name: x
            machines:
              a: { run: [{ command: sleep infinity, background: true, expect: running }] }
              b: { run: ["while :; do :; done"] }
            """, to: "lab.yaml")
        let outcome = try Almanac.run(
            ["run", "lab.yaml", "--timeout", "2s", "--junit", "junit.xml"], in: scratch.path)
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("pass a 1  sleep infinity"), "\(outcome.output)")
        #expect(!scratch.read("junit.xml").contains("still running, expected running"))
        #expect(outcome.output.contains("timeout"), "\(outcome.output)")
    }

    /// Nothing has begun.
    @Test(arguments: [
        (
            "no/such/folder/junit.xml", Int32(3),
            "cannot write the JUnit report no/such/folder/junit.xml: No such file"
        ),
        ("out/x/junit.xml", 2, "--junit out/x/junit.xml is in the run folder out/x, which is replaced"),
    ])
    func aPathThatCannotBeWritten(path: String, status: Int32, message: String) throws {
        let scratch = try Scratch()
        try scratch.write("name: x\nmachines:\n  a: { run: [\"true\"] }\n", to: "lab.yaml")
        let outcome = try Almanac.run(["run", "lab.yaml", "--junit", path], in: scratch.path)
        #expect(outcome.status == status)
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
        #expect(outcome.errors.split(separator: "\n").count == 1)
        #expect(!scratch.exists("out"))
    }
}
