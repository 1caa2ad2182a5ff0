import Foundation
import Report
import Testing

/// Each way in which a lab is found wanting: named, with its simulated instant and the command that repeats it; and that command
/// fails in the same way at the same instant.
struct JudgementTests {
    /// What a machine `m` does and what is asked of it, and what the summary says then.
    struct Case: Sendable, CustomStringConvertible {
        let name: String
        let machine: String
        var top = ""
        let reason: String
        let instant: ClosedRange<UInt64>

        var description: String { name }
    }

    static let cases = [
        Case(
            name: "a check at a time", machine: "run: [sleep 9], check: [{ command: exit 3, at: 5s }]",
            reason: "m check: exit 3 at 5.000 s: exit status 3, not 0", instant: 5_000_000_000...5_000_010_000
        ),
        Case(
            name: "a check again and again",
            machine:
                "run: [\"sleep 5.5; touch /root/x; sleep 3\"], check: [{ command: test ! -e /root/x, every: 1s }]",
            reason: "exit status 1, not 0; 3 of 8 runs failed", instant: 7_000_000_000...7_000_010_000),
        Case(
            name: "a check that should have passed by then",
            machine: "check: [{ command: exit 4, eventually: 7s }]", top: "until: 20s",
            reason: "it has not passed within 7s: its last exit status is 4",
            instant: 8_000_000_000...8_000_000_000),
        Case(
            name: "a line that may not be", machine: "run: [\"sleep 2; echo it is broken; sleep 1\"]",
            top: "logs: [{ never: \"is b.oken\", in: output }]",
            reason: "m log: never is b.oken at 3.000 s: it is broken",
            instant: 3_000_000_000...3_001_000_000),
        Case(
            name: "a last line without an end", machine: "run: [\"sleep 2; printf broken\"]",
            top: "logs: [{ never: \"broken\", in: output }]",
            reason: "m log: never broken at 3.000 s: broken",
            instant: 3_000_000_000...3_001_000_000),
        Case(
            name: "a line that must be", machine: "run: [echo hello]", top: "logs: [{ must: \"good ?bye\" }]",
            reason: "log: must good ?bye: no line matched", instant: 0...0),
        Case(
            name: "a kernel's report",
            machine: "run: [\"sleep 1; echo 'BUG: of a test' > /dev/kmsg; sleep 1\"]",
            reason: ": BUG: of a test", instant: 1_000_000_000...2_000_020_000),
        Case(
            name: "a sanitizer's report",
            machine: "run: [\"echo '==7==ERROR: AddressSanitizer: heap-use-after-free'; sleep 1\"]",
            reason: "a program at 1.000 s: ==7==ERROR: AddressSanitizer: heap-use-after-free",
            instant: 1_000_000_000...1_001_000_000),
    ]

    @Test(arguments: cases)
    func eachFailsTheSameWayAgain(_ example: Case) throws {
        let scratch = try Scratch()
        try scratch.write("name: x\n\(example.top)\nmachines:\n  m: { \(example.machine) }\n", to: "x.yaml")
        let outcome = try Almanac.run(["run", "x.yaml", "--seed", "5"], in: scratch.path)
        #expect(outcome.status == 1, "\(outcome.output)\(outcome.errors)")
        #expect(outcome.output.contains(example.reason), "\(outcome.output)")
        let summary = try scratch.summary("x")
        let failed = summary.verdicts.filter { !$0.passed }
        #expect(failed.count == 1)
        #expect(example.instant.contains(failed.first?.nanoseconds ?? 0), "\(failed)")
        let command = try #require(summary.repeatCommand)
        #expect(command == "almanac run x.yaml --seed 5")
        #expect(outcome.output.contains(command))
        let again = try Almanac.run(
            command.split(separator: " ").dropFirst().map(String.init), in: scratch.path)
        #expect(again.status == 1)
        let other = try scratch.summary("x")
        #expect(other.verdicts == summary.verdicts)
        #expect(other.hash == summary.hash)
    }

    @Test func whatIsRightPasses() throws {
        let scratch = try Scratch()
        try scratch.write(
            """
            name: x
            kernel-reports: false
            logs: [{ must: "hello", in: output, machines: [m] }, { never: "hello", in: console }]
            machines:
              m:
                run: ["echo hello; echo 'BUG: not one' > /dev/kmsg; sleep 3; touch /root/x"]
                check:
                  - { command: test -e /root/x, eventually: 20s }
                  - { command: exit 2, expect: 2, every: 1s }
                  - { command: exit 0, at: 2s }

            """, to: "x.yaml")
        let outcome = try Almanac.run(["run", "x.yaml"], in: scratch.path)
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        let summary = try scratch.summary("x")
        #expect(summary.verdicts.count == 5 && summary.verdicts.allSatisfy(\.passed))
        // It is tried each second from 1 s on, and passes at the first after 4 s.
        #expect(summary.verdicts[0].nanoseconds.map { $0 / 1_000_000 } == 5_000)
        #expect(summary.verdicts[0].runs == 5)
    }

    /// After the last fault there is a quiet phase in which what was broken must come right.
    @Test func whatMustComeRightIsTriedWhenAllFaultsAreOver() throws {
        let scratch = try Scratch()
        try scratch.write(
            """
            name: x
            networks: { lan: { subnet: 10.0.0.0/24, latency: 5ms } }
            faults:
              - { at: 5s, partition: [[a], [b]], for: 20s }
              - { at: 8s, machine: b, kill: true, restart: after 4s }
            machines:
              a: { networks: [lan], check: [{ command: ping -c 1 -W 1 b, eventually: 5s }] }
              b: { networks: [lan] }

            """, to: "x.yaml")
        let outcome = try Almanac.run(["run", "x.yaml", "--until", "60s"], in: scratch.path)
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        let verdict = try #require(try scratch.summary("x").verdicts.first)
        #expect(verdict.nanoseconds.map { $0 / 1_000_000_000 } == 25)
    }
}
