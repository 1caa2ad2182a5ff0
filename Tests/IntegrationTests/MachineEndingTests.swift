import Foundation
import Report
import Testing

/// How machines end: on request, unasked, and for breaking a rule.
@Suite(.serialized)
struct MachineEndingTests {
    /// Runs a lab and checks that no process of it is left.
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

    /// A command writes init's `bye` (message 6) to the control device, and the machine keeps running.
    @Test func aMachineThatSendsByeAndKeepsRunningIsEnded() throws {
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

    /// A program that joins the calendar as a kernel does, sends garbage to its entropy device after three simulated seconds, and keeps
    /// running, a turn each second.
    private static let hostileKernel = #"""
        #!/usr/bin/python3
        import socket, struct, sys
        name = int(next(a for a in sys.argv if a.startswith("time-travel=ext:")).split(":")[1])
        calendar = socket.socket(socket.AF_UNIX)
        calendar.connect("../../calendar.socket")
        sequence = 0

        def receive():
            data = b""
            while len(data) < 16:
                part = calendar.recv(16 - len(data))
                if not part:
                    sys.exit(9)
                data += part
            op, number, time = struct.unpack("IIQ", data)
            if op != 0:
                calendar.sendall(struct.pack("IIQ", 0, number, time))
            return op, number, time

        def say(op, time):
            global sequence
            sequence += 1
            calendar.sendall(struct.pack("IIQ", op, sequence, time))
            return sequence

        def ask(op, time):
            number = say(op, time)
            while receive()[:2] != (0, number):
                pass

        ask(1, name)
        second = 0
        while True:
            second += 1
            ask(2, second * 1000000000)
            say(3, 0)
            while receive()[0] != 6:
                pass
            if second == 3:
                entropy = socket.socket(socket.AF_UNIX)
                entropy.connect("entropy.socket")
                entropy.sendall(struct.pack("III", 1, 1, 0xffffffff))
                entropy.recv(1)
        """#

    /// With latency each machine is an island; without, they share one.
    @Test(arguments: ["5ms", "0s"]) func aMachineThatMisusesADeviceIsEnded(latency: String) throws {
        var hashes: Set<String> = []
        for _ in 0..<2 {
            let scratch = try Scratch()
            try scratch.write(Self.hostileKernel, to: "kernel")
            _ = unsafe chmod("\(scratch.path)/kernel", 0o755)
            let (text, summary) = try run(
                """
                networks: { lan: { subnet: 10.0.0.0/24, latency: \(latency) } }
                machines:
                  bad: { kernel: \(scratch.path)/kernel, networks: [lan] }
                  good: { networks: [lan], run: [sleep 5; echo done] }
                """, in: scratch, expecting: 1)
            let reason = try #require(summary.machines[0].problems.first)
            #expect(reason.contains("entropy of bad"), "\(reason)")
            #expect(summary.machines[0].ended == "ended: \(reason)")
            #expect(text.contains("!! bad: \(reason)"), "\(text)")
            #expect(summary.machines[1].ended == "powered off")
            #expect(summary.machines[1].commands[0].outcome == .passed)
            let starts = try #require(summary.machines[1].commands[0].startNanoseconds)
            #expect(starts / 100_000_000 == 30, "the others go on at once, at \(starts) ns")
            hashes.insert(try #require(summary.hash))
        }
        #expect(hashes.count == 1)
    }
}
