import Foundation
import Report
import Testing

/// Labs that end in other ways than passing, on real kernels.
@Suite(.serialized)
struct LabTests {
    private let network = "networks:\n  lan: { subnet: 10.0.0.0/24, latency: 5ms }\n"

    private func lab(_ text: String, _ arguments: [String] = []) throws -> (Scratch, Almanac.Outcome) {
        let scratch = try Scratch()
        try scratch.write(text, to: "lab.yaml")
        return (scratch, try Almanac.run(["run", "lab.yaml"] + arguments, in: scratch.path))
    }

    @Test func anUnexpectedExitStatusFailsTheLab() throws {
        let (scratch, outcome) = try lab(
            """
            name: x
            machines:
              a:
                run:
                  - echo before; exit 3
                  - { command: exit 4, expect: 4 }
                  - { command: kill -9 $$, expect: 137 }
                  - { command: "false", expect: any }
            """)
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("failed:"))
        let commands = try scratch.summary("x").machines[0].commands
        #expect(commands.map(\.status) == [3, 4, 137, 1])
        #expect(commands.map(\.outcome) == [.failed, .passed, .passed, .passed])
        #expect(scratch.read("out/x/machines/a/1.out") == "before\n")
    }

    @Test func commandsStartAtTheirInstant() throws {
        let (scratch, outcome) = try lab(
            """
            name: x
            machines:
              a:
                run:
                  - sleep 100
                  - { command: date +%s.%N, at: 7.25s }
                  - { command: "true", at: 1h }
              b:
                run:
                  - { command: sleep 1000, background: true }
                  - { command: sleep 10000, expect: running, stop-signal: INT }
                  - { command: "true", at: 3s }
            """)
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        let machines = try scratch.summary("x").machines
        #expect(machines[0].commands[0].startNanoseconds.map { $0 / 1_000_000 } == 1000)
        #expect(machines[0].commands[1].startNanoseconds.map { $0 / 1_000_000 } == 7250)
        #expect(machines[0].commands[2].startNanoseconds.map { $0 / 1_000_000 } == 3_600_000)
        #expect(machines[1].commands[2].startNanoseconds.map { $0 / 1_000_000 } == 3000)
        #expect(machines[1].commands[0].status == 0, "it ended by itself while the other machine went on")
        #expect(machines[1].commands[1].endNanoseconds.map { $0 / 1_000_000_000 } == 3600)
        #expect(scratch.read("out/x/machines/a/2.out").hasPrefix("1767225607.25"))
    }

    /// Three megabytes over TCP arrive as they were sent, over IPv4 and IPv6, whether segments travel whole or are cut by the
    /// sender.
    @Test(arguments: ["true", "false"]) func aTransferArrivesWhole(offload: String) throws {
        let (scratch, outcome) = try lab(
            """
            name: transfer
            networks:
              lan: { subnet: 10.0.0.0/24, latency: 5ms, offload: \(offload) }
            machines:
              server:
                networks: [lan]
                run:
                  - command: >-
                      ip -6 addr add fd00::1/64 dev eth0 nodad; mkdir /srv/x; cd /srv/x; head -c 3M /dev/urandom > data; sha256sum data;
                      python3 -m http.server --bind :: 80
                    background: true
                    expect: running
              client:
                networks: [lan]
                run:
                  - sleep 3; curl --silent http://server/data | sha256sum
                  - ip -6 addr add fd00::2/64 dev eth0 nodad; curl --silent "http://[fd00::1]/data" | sha256sum
            """)
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        func sum(_ file: String) -> Substring { scratch.read("out/transfer/machines/\(file)").prefix(64) }
        #expect(sum("server/1.out").count == 64)
        #expect(sum("client/1.out") == sum("server/1.out"))
        #expect(sum("client/2.out") == sum("server/1.out"))
        // What is counted is what is on the wire.
        let traffic = try scratch.summary("transfer").machines[0].traffic
        #expect(traffic.framesSent > 6 << 20 / 1500)
        #expect(traffic.bytesSent / traffic.framesSent < 1514)
    }

    /// Too few descriptors for the lab: said before anything starts.
    @Test func aLabThatNeedsMoreFilesThanThereAre() throws {
        let scratch = try Scratch()
        try scratch.write(
            "name: x\nuntil: 2s\nnetworks: { lan: { subnet: 10.0.0.0/16 } }\nmachines:\n"
                + "  a: { model: echo, count: 200, networks: [lan] }\n", to: "lab.yaml")
        let command = "ulimit -n 100; exec '\(Almanac.program)' run lab.yaml"
        let outcome = try Almanac.Running("/bin/sh", ["-c", command], in: scratch.path).wait()
        #expect(outcome.status == 3)
        #expect(
            outcome.errors.contains(
                "this lab of 200 machines needs 264 open files, and this process may have 100"))
        #expect(outcome.errors.split(separator: "\n").count == 1)
    }

    @Test func theLimitEndsTheLab() throws {
        let (scratch, outcome) = try lab(
            "name: x\nuntil: 30s\nmachines:\n  a: { run: [sleep 1000] }\n  b: {}\n")
        #expect(outcome.status == 1)
        let summary = try scratch.summary("x")
        #expect(summary.machines[0].commands[0].outcome == .stillRunning)
        #expect(summary.machines[0].commands[0].endNanoseconds.map { $0 / 1_000_000_000 } == 30)
        #expect(summary.machines.allSatisfy { $0.ended == "powered off" })
    }

    @Test func aPanicIsReportedWithItsConsole() throws {
        let (scratch, outcome) = try lab(
            """
            name: x
            \(network)machines:
              bad:
                networks: [lan]
                run: [echo 2 > /proc/sys/vm/panic_on_oom; tail /dev/zero]
              good:
                networks: [lan]
                run: [sleep 50; echo done]
            """)
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("bad:"))
        #expect(outcome.output.contains("Kernel panic"))
        #expect(scratch.read("out/x/machines/good/1.out") == "done\n")
        let machines = try scratch.summary("x").machines
        #expect(machines[0].ended != "powered off")
        #expect(machines[1].ended == "powered off")
        #expect(machines[1].commands[0].outcome == .passed)
    }

    @Test func othersGoOnWhenOneIsKilled() throws {
        let scratch = try Scratch()
        try scratch.write(
            """
            name: x
            \(network)machines:
              a: { networks: [lan], run: [ping -c 3000 b] }
              b: { networks: [lan] }
              c: { networks: [lan], run: [ping -c 100000 a] }
            """, to: "lab.yaml")
        let running = try Almanac.Running(Almanac.program, ["run", "lab.yaml"], in: scratch.path)
        #expect(eventually("c pings") { scratch.read("out/x/machines/c/1.out").contains("icmp_seq=20 ") })
        let folder = "\(scratch.path)/out/x/machines/c"
        let kernel = processes(below: "\(scratch.path)/out/x/machines").filter { process in
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/cwd")) == folder
                && (try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8))?
                    .contains("PPid:\t\(running.process.processIdentifier)\n") == true
        }
        #expect(!kernel.isEmpty)
        for process in kernel { kill(process, SIGKILL) }
        let outcome = running.wait()
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("killed by signal 9"), "\(outcome.output)")
        #expect(scratch.read("out/x/machines/a/1.out").contains("3000 received, 0% packet loss"))
        let machines = try scratch.summary("x").machines
        #expect(machines.map { $0.ended == "powered off" } == [true, true, false])
        #expect(processes(below: scratch.path).isEmpty)
    }

    @Test func twoLabsAtOnce() throws {
        let scratch = try Scratch()
        let runs = try ["one", "two"].map { name in
            try Almanac.Running(
                Almanac.program,
                ["run", "\(Almanac.project)/Examples/three.yaml", "--set", "name=\(name)"], in: scratch.path)
        }
        for run in runs {
            let outcome = run.wait()
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        }
        let times = try ["one", "two"].map { try scratch.summary($0).virtualNanoseconds / 1_000_000_000 }
        #expect(times == [11, 11])
    }

    @Test func pathsWithSpaces() throws {
        let scratch = try Scratch(name: "almanac test, with spaces: and a colon")
        try scratch.write("from the host\n", to: "a file.txt")
        try scratch.write(
            """
            name: x
            \(network)machines:
              a:
                networks: [lan]
                env: { GREETING: "hello  you" }
                files:
                  /etc/deep/er/note: { from: a file.txt, mode: "0600" }
                run: ['ping -c 2 b && echo "$GREETING" && cat /etc/deep/er/note && stat -c %a /etc/deep/er/note']
              b: { networks: [lan] }
            """, to: "a lab.yaml")
        let outcome = try Almanac.run(["run", "a lab.yaml", "--out", "a run folder"], in: scratch.path)
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        let output = scratch.read("a run folder/machines/a/1.out")
        #expect(output.hasSuffix("hello  you\nfrom the host\n600\n"))
    }

    @Test func aGuestCannotHarmTheHost() throws {
        let scratch = try Scratch()
        let mark = "\(scratch.path)/harmed"
        try scratch.write(
            """
            name: x
            machines:
              a:
                run:
                  - touch /usr/almanac-was-here && test -e /usr/almanac-was-here
                  - mkdir /tmp/host && mount -t hostfs none /tmp/host && test -d /tmp/host\(scratch.path)
                  - { command: touch /tmp/host\(mark), expect: 1 }
                  - rm -rf /etc && test ! -e /etc/passwd
            """, to: "lab.yaml")
        let outcome = try Almanac.run(["run", "lab.yaml"], in: scratch.path)
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        #expect(!scratch.exists("harmed"))
        #expect(!FileManager.default.fileExists(atPath: "/usr/almanac-was-here"))
        #expect(FileManager.default.fileExists(atPath: "/etc/passwd"))
    }

    @Test func theTimeoutEndsARun() throws {
        let (scratch, outcome) = try lab(
            "name: x\nmachines:\n  a: { run: ['while :; do :; done'] }\n", ["--timeout", "2s"])
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("timeout"))
        #expect(try scratch.summary("x").result == .failed)
        #expect(processes(below: scratch.path).isEmpty)
    }

    @Test func aProgramThatIsNoKernel() throws {
        let (_, outcome) = try lab(
            "name: x\nmachines:\n  a: { run: [\"true\"] }\n", ["--kernel", "/bin/true"])
        #expect(outcome.status == 1)
        #expect(
            outcome.output.contains("a: never connected to the calendar: exited with status 0"),
            "\(outcome.output)")
    }
}
