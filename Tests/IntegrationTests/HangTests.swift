import Foundation
import Report
import Testing

/// Hang detection: a run that makes no progress ends by itself and names the machine that everybody waits for, and why.
@Suite(.serialized)
struct HangTests {
    private func lab(_ text: String, in scratch: Scratch) throws -> Almanac.Running {
        try scratch.write(text, to: "lab.yaml")
        return try Almanac.Running(
            Almanac.program, ["run", "lab.yaml", "--silence-limit", "5"], in: scratch.path)
    }

    /// Kernels of a run: almanac's children that work in a machine's folder.
    private func kernels(of running: Almanac.Running, machine: String) -> [Int32] {
        let almanac = running.process.processIdentifier
        let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(almanac)/task")) ?? []
        let children = tasks.flatMap { task in
            ((try? String(contentsOfFile: "/proc/\(almanac)/task/\(task)/children", encoding: .utf8)) ?? "")
                .split(separator: " ").compactMap { Int32($0) }
        }
        return children.filter { child in
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(child)/cwd"))?
                .hasSuffix("/machines/\(machine)") == true
        }
    }

    @Test(arguments: ["while :; do :; done", "python3 -c \"while True: pass\""])
    func aProgramThatSpins(program: String) throws {
        let scratch = try Scratch()
        let outcome = try lab(
            """
            name: x
            networks: { lan: { subnet: 10.0.0.0/24, latency: 5ms } }
            machines:
              spins: { networks: [lan], run: ['for i in 1 2 3; do echo word $i; done; \(program)'] }
              b: { networks: [lan], run: [sleep 500] }
            """, in: scratch
        ).wait()
        #expect(outcome.status == 1)
        #expect(
            outcome.output.contains(
                "stuck: no simulated time passes, for 5 s of wall-clock time (--silence-limit); spins holds the turn since 1.0"
            ),
            "\(outcome.output)")
        #expect(
            outcome.output.contains("!! spins: a program in it spins without a system call: process "),
            "\(outcome.output)")
        #expect(outcome.output.contains("!! spins: its command 1 runs since 1.0"), "\(outcome.output)")
        #expect(outcome.output.contains("!! spins: its kernel is in "), "\(outcome.output)")
        #expect(outcome.output.contains("userspace+0x"), "\(outcome.output)")
        #expect(outcome.output.contains("!! b: waits: its next event is at "), "\(outcome.output)")
        // What it wrote before is not lost.
        #expect(scratch.read("out/x/machines/spins/1.out") == "word 1\nword 2\nword 3\n")
        let summary = try scratch.summary("x")
        #expect(summary.result == .failed)
        #expect(
            summary.machines.map(\.ended) == [
                "killed: the lab was stuck with it", "killed when the lab was stuck",
            ])
        #expect(processes(below: scratch.path).isEmpty)
    }

    /// System calls and first accesses to memory take no simulated time, but a machine that makes them works.
    @Test func aMachineThatWorksIsNotSilent() throws {
        let scratch = try Scratch()
        let program = "import os; print([os.getppid() for i in range(400000)][0] > 0)"
        try scratch.write(
            "name: x\nmachines: { a: { run: ['python3 -c \"\(program)\"'] } }\n", to: "lab.yaml")
        // The limit is shorter than what the program takes on any host: some 8 s.
        let outcome = try Almanac.run(["run", "lab.yaml", "--silence-limit", "3"], in: scratch.path)
        #expect(outcome.status == 0, "\(outcome.output)")
        #expect(scratch.read("out/x/machines/a/1.out") == "True\n")
    }

    @Test func aKernelThatIsStoppedBySIGSTOP() throws {
        let scratch = try Scratch()
        let running = try lab(
            """
            name: x
            networks: { lan: { subnet: 10.0.0.0/24, latency: 5ms } }
            machines:
              a: { networks: [lan], run: [ping b] }
              b: { networks: [lan] }
            """, in: scratch)
        #expect(eventually("a pings") { scratch.read("out/x/machines/a/1.out").contains("icmp_seq=20 ") })
        let found = kernels(of: running, machine: "b")
        #expect(found.count == 1)
        for kernel in found { kill(kernel, SIGSTOP) }
        let outcome = running.wait()
        #expect(outcome.status == 1)
        #expect(
            outcome.output.contains(
                "stuck: no simulated time passes, for 5 s of wall-clock time (--silence-limit); b "),
            "\(outcome.output)")
        for kernel in found {
            #expect(
                outcome.output.contains(
                    "!! b: its kernel (process \(kernel)) is stopped by a signal: `kill -CONT \(kernel)` resumes it"
                ),
                "\(outcome.output)")
        }
        #expect(processes(below: scratch.path).isEmpty)
    }

    /// Kernels always have timers of their own; what programs wait for is asked of the machines, at a simulated instant.
    @Test func aLabWithNothingLeftToDo() throws {
        let scratch = try Scratch()
        let text = """
            name: x
            networks: { lan: { subnet: 10.0.0.0/24, latency: 0ms } }
            machines:
              a: { networks: [lan], run: [ping -c 2 b, sleep 20000, sleep infinity] }
              b: { networks: [lan], run: [{ command: "sleep infinity", background: true, expect: running }] }
              c: { networks: [lan], run: ['python3 -c "import signal; signal.pause()"'] }
            """
        var hashes: Set<String> = []
        for _ in 0..<2 {
            let outcome = try lab(text, in: scratch).wait()
            #expect(outcome.status == 1)
            #expect(
                outcome.output.contains(
                    "stuck: no program can ever run again, but commands have not ended\n"),
                "\(outcome.output)")
            #expect(
                outcome.output.contains("!! a: blocked: command 3 has run since 20002."),
                "\(outcome.output)")
            #expect(
                outcome.output.contains(
                    "!! a: programs that wait without a timer: sh -c sleep infinity (process "),
                "\(outcome.output)")
            #expect(
                outcome.output.contains("!! c: blocked: command 1 has run since 1.0"), "\(outcome.output)"
            )
            #expect(!outcome.output.contains("!! b:"), "\(outcome.output)")
            let summary = try scratch.summary("x")
            #expect(summary.machines.map(\.ended) == ["powered off", "powered off", "powered off"])
            hashes.insert(try #require(summary.hash))
        }
        #expect(hashes.count == 1)
    }

    @Test func aProgramThatTalksForEver() throws {
        let scratch = try Scratch()
        let outcome = try lab(
            "name: x\nmachines:\n  a: { run: ['while :; do echo x; done'] }\n", in: scratch
        ).wait()
        #expect(outcome.status == 1)
        #expect(
            outcome.output.contains(
                "stuck: machines take turns endlessly at the same instant, for 5 s of wall-clock time (--silence-limit); a "
            ),
            "\(outcome.output)")
        #expect(processes(below: scratch.path).isEmpty)
    }

    @Test func aKernelThatNeverStarts() throws {
        let scratch = try Scratch()
        try scratch.write("#!/bin/sh\nexec sleep 100\n", to: "kernel")
        _ = unsafe chmod("\(scratch.path)/kernel", 0o755)
        let outcome = try lab(
            """
            name: x
            machines:
              a: { kernel: \(scratch.path)/kernel }
              b: { run: [sleep 5] }
            """, in: scratch
        ).wait()
        #expect(outcome.status == 1)
        #expect(
            outcome.output.contains(
                "!! a: never connected to the calendar: does its kernel have time travel?"),
            "\(outcome.output)")
        #expect(outcome.output.contains(") waits on the host (it sleeps"), "\(outcome.output)")
        #expect(outcome.output.contains("!! b: waits: its next event is at 0.0"), "\(outcome.output)")
        #expect(processes(below: scratch.path).isEmpty)
    }

    @Test func aClientThatNeverAnswers() throws {
        let scratch = try Scratch()
        let calendar = try Almanac.Running(
            Almanac.program, ["calendar", "--socket", "s", "--clients", "2", "--silence-limit", "5"],
            in: scratch.path)
        #expect(eventually("the socket appears") { scratch.exists("s") })
        // Both start and the second asks for an event; then the first never says a word in its turn.
        let script = """
            import socket, struct
            def client(name):
                one = socket.socket(socket.AF_UNIX); one.connect('s')
                one.sendall(struct.pack('IIQ', 1, 1, name))
                return one
            first, second = client(1), client(2)
            first.recv(16)
            first.sendall(struct.pack('IIQ', 2, 2, 5000) + struct.pack('IIQ', 3, 3, 0))
            second.recv(16)
            second.recv(16)
            """
        let client = try Almanac.Running("/usr/bin/python3", ["-c", script], in: scratch.path)
        let outcome = calendar.wait()
        _ = client.wait()
        #expect(outcome.status == 1)
        #expect(
            outcome.output.contains("stuck for 5 s of wall-clock time: no simulated time passes\n"),
            "\(outcome.output)")
        let process = client.process.processIdentifier
        #expect(
            outcome.output.contains(
                "  client 2, process \(process) (sleeping) holds the turn since 0.000000000 s\n"),
            "\(outcome.output)")
        #expect(
            outcome.output.contains(
                "  client 1, process \(process) (sleeping) waits: its next event is at 0.000005000 s\n"),
            "\(outcome.output)")
        #expect(
            outcome.output.contains("it had the turn and sent nothing for 5 s of wall-clock time"),
            "\(outcome.output)")
    }
}
