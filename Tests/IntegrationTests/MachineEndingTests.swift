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

    /// A command writes init's goodbye (message 6) to the control device, and the machine goes on.
    @Test func aMachineThatSaysGoodbyeAndStaysIsEnded() throws {
        let (text, summary) = try run(
            """
            machines:
              stays: { run: ["printf '\\\\0\\\\0\\\\0\\\\0\\\\6' > /dev/hvc0; sleep infinity"] }
              other: { run: [sleep 100; echo done] }
            """, in: Scratch(), expecting: 1)
        #expect(summary.machines.map(\.ended) == ["ended: it did not power off", "powered off"])
        #expect(summary.machines.map(\.failed) == [true, false])
        #expect(
            text.contains("!! stays: it announced that it powers off and has not done so within 1min"),
            "\(text)")
        #expect(summary.machines[1].commands[0].outcome == .passed)
        #expect(summary.virtualNanoseconds / 1_000_000_000 == 101)
    }

    @Test func aMachineThatWritesGarbageToItsControlDeviceIsEnded() throws {
        let lab = """
            machines:
              bad: { run: ["sleep 2; printf '\\\\377\\\\377\\\\377\\\\377\\\\6' > /dev/hvc0; sleep infinity"] }
              good: { run: [sleep 10; echo done] }
            """
        var hashes: Set<String> = []
        for _ in 0..<2 {
            let (text, summary) = try run(lab, in: Scratch(), expecting: 1)
            #expect(
                summary.machines.map(\.ended) == [
                    "ended: its init sent a control message of 4294967295 bytes", "powered off",
                ])
            #expect(
                text.contains("!! bad: its init sent a control message of 4294967295 bytes"), "\(text)")
            #expect(summary.machines[1].commands[0].outcome == .passed)
            hashes.insert(try #require(summary.hash))
        }
        #expect(hashes.count == 1)
    }
}
