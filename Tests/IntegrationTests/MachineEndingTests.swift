import Foundation
import Report
import Testing

/// How machines end: told to, by themselves, and for what they did wrong.
@Suite(.serialized)
struct MachineEndingTests {
    /// Runs a lab; nothing of it is left.
    private func run(_ lab: String, in scratch: Scratch, expecting status: Int32) throws -> (
        text: String, summary: RunSummary
    ) {
        try scratch.write("name: x\n" + lab, to: "x.yaml")
        let outcome = try Almanac.run(["run", "x.yaml"], in: scratch.path)
        #expect(outcome.status == status, "\(outcome.output)\(outcome.errors)")
        #expect(processes(below: scratch.path).isEmpty)
        return (outcome.output, try scratch.summary("x"))
    }

    /// Each command ignores SIGTERM, so its machine takes five simulated seconds to power off: all together, not one after the other.
    @Test func thirteenStubbornMachinesPowerOffTogether() throws {
        let (text, summary) = try run(
            """
            machines:
              m:
                count: 13
                memory: 64M
                run: ["true", { command: "trap '' TERM; sleep infinity", background: true, expect: running }]
            """, in: Scratch(), expecting: 0)
        #expect(summary.machines.count == 13)
        #expect(summary.machines.allSatisfy { $0.ended == "powered off" }, "\(text)")
        #expect((6_000_000_000..<9_000_000_000).contains(summary.virtualNanoseconds), "\(text)")
    }
}
