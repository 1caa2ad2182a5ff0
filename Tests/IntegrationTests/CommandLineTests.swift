import Foundation
import Report
import Testing

/// The command line: exit codes, one clear line for each mistake, interruption.
@Suite(.serialized)
struct CommandLineTests {
    @Test(arguments: [
        (["run", "missing.yaml"], Int32(2), "cannot read the lab file missing.yaml: there is no such file"),
        (["run"], 2, "almanac: missing expected argument '<FILE>' (see `almanac help run`)"),
        (["run", "lab.yaml", "--cores", "0-"], 2, "--cores 0-: write numbers and ranges, such as 0,2-3"),
        (["run", "lab.yaml", "--cores", "60000"], 2, "--cores 60000: core 60000 is not one of 0"),
        (["run", "lab.yaml", "--jobs", "0"], 2, "--jobs is from 1 to 1024"),
        (["run", "lab.yaml", "--until", "5"], 2, "almanac: --until 5: until of the lab: '5' has no unit"),
        (["run", "lab.yaml", "--set", "machines.a.memroy=1G"], 2, "did you mean 'memory'?"),
        (["run", "lab.yaml", "--kernel", "/no/kernel"], 3, "no kernel at /no/kernel"),
        (
            ["check", "bad.yaml"], 2,
            "bad.yaml:2:1: unknown key 'machine' in the lab: did you mean 'machines'?"
        ),
        (["calendar", "--socket", "lab.yaml"], 2, "lab.yaml is there already and is not a socket"),
        (["calendar", "--socket", "no/folder/s"], 3, "cannot listen at no/folder/s"),
        (["calendar", "--socket", "s", "--latency", "5ms"], 2, "--latency needs --switch PATH"),
        (["kernel", "build", "--series", "x"], 2, "the kernel was not built"),
        (
            ["run", "lab.yaml", "--timeout", "5"], 2,
            "almanac: --timeout 5: timeout of the lab: '5' has no unit"
        ),
        (
            ["run", "lab.yaml", "--seed", "x"], 2,
            "'--seed <N>': write a whole number (see `almanac help run`)"
        ),
        (["run", "lab.yaml", "--jobs", "x"], 2, "'--jobs <N>': write a whole number"),
        (["verify", "lab.yaml", "--runs", "x"], 2, "'--runs <N>': write a whole number"),
        (
            ["run", "lab.yaml", "--nonsense"], 2,
            "almanac: unknown option '--nonsense' (see `almanac help run`)"
        ),
        (["nonsense"], 2, "nonsense"),
    ])
    func mistakes(arguments: [String], status: Int32, message: String) throws {
        let scratch = try Scratch()
        try scratch.write("name: x\nmachines:\n  a: { run: [\"true\"] }\n", to: "lab.yaml")
        try scratch.write("name: x\nmachine:\n  a: {}\n", to: "bad.yaml")
        let outcome = try Almanac.run(arguments, in: scratch.path)
        #expect(outcome.status == status)
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
        // What builds kernels prints lines of its own before.
        let lines = outcome.errors.split(separator: "\n")
        #expect(lines.last?.hasPrefix("almanac: ") == true)
        #expect(lines.count == 1 || arguments.first == "kernel")
        #expect(processes(below: scratch.path).isEmpty)
    }

    @Test func noKernelIsSaidInOneLine() throws {
        let scratch = try Scratch()
        try scratch.write("name: x\nmachines:\n  a: { run: [\"true\"] }\n", to: "lab.yaml")
        let empty = ["XDG_CACHE_HOME": "\(scratch.path)/cache"]
        let run = try Almanac.run(["run", "lab.yaml"], in: scratch.path, environment: empty)
        #expect(run.status == 3)
        #expect(run.errors.contains("no kernel has been built; build one with `almanac kernel build`"))
        #expect(run.errors.split(separator: "\n").count == 1)
        let path = try Almanac.run(["kernel", "path"], in: scratch.path, environment: empty)
        #expect(path.status == 3)
        let doctor = try Almanac.run(["doctor"], in: scratch.path, environment: empty)
        #expect(doctor.status == 3)
        #expect(doctor.output.contains("missing  kernel: no kernel has been built"))
    }

    @Test func theKernelsPathIsAnExecutable() throws {
        let scratch = try Scratch()
        let outcome = try Almanac.run(["kernel", "path"], in: scratch.path)
        #expect(outcome.status == 0)
        let path = outcome.output.trimmingCharacters(in: .newlines)
        #expect(FileManager.default.isExecutableFile(atPath: path))
    }

    /// The version, and the build it comes from.
    @Test func version() throws {
        let scratch = try Scratch()
        let outcome = try Almanac.run(["--version"], in: scratch.path)
        #expect(outcome.status == 0)
        let match = try #require(
            outcome.output.wholeMatch(of: /almanac \d+\.\d+\.\d+ \((.*), (?:release|debug)\)\n/))
        let known = /commit [0-9a-f]{7} of \d{4}-\d\d-\d\d(?: with local changes)?, Swift [\d.]+/
        let unknown = /commit unknown: built [^,]*(?:, Swift [\d.]+)?/
        #expect(match.1.wholeMatch(of: known) != nil || match.1.wholeMatch(of: unknown) != nil)
    }

    @Test func eventsAsJSONLines() throws {
        let scratch = try Scratch()
        try scratch.write("name: x\nmachines:\n  a: { run: [echo hi] }\n", to: "lab.yaml")
        let outcome = try Almanac.run(["run", "lab.yaml", "--format", "json"], in: scratch.path)
        #expect(outcome.status == 0)
        #expect(!outcome.output.contains("\n\n"))
        let events = try outcome.output.split(separator: "\n").map { try RunEvent.read(String($0)) }
        #expect(events.map(\.kind) == [.machineUp, .commandStart, .commandEnd, .machineEnd, .summary])
        #expect(events.last?.summary?.result == .passed)
    }

    @Test func aFormerRunIsReplacedAndNothingElse() throws {
        let scratch = try Scratch()
        try scratch.write("name: x\nmachines:\n  a: { run: [echo one, echo two] }\n", to: "lab.yaml")
        #expect(try Almanac.run(["run", "lab.yaml"], in: scratch.path).status == 0)
        #expect(scratch.exists("out/x/machines/a/2.out"))
        try scratch.write("name: x\nmachines:\n  b: { run: [echo one] }\n", to: "lab.yaml")
        #expect(try Almanac.run(["run", "lab.yaml"], in: scratch.path).status == 0)
        #expect(!scratch.exists("out/x/machines/a"))
        try scratch.write("precious", to: "out/x/thesis.txt")
        let refused = try Almanac.run(["run", "lab.yaml"], in: scratch.path)
        #expect(refused.status == 2)
        #expect(refused.errors.contains("is not a run folder: it holds thesis.txt"))
        #expect(scratch.read("out/x/thesis.txt") == "precious")
    }

    @Test func anInterruptEndsTheRunInOrder() throws {
        let scratch = try Scratch()
        try scratch.write(
            """
            name: x
            networks: { lan: { subnet: 10.0.0.0/24 } }
            machines:
              a: { networks: [lan], run: [ping b] }
              b: { networks: [lan] }
            """, to: "lab.yaml")
        let running = try Almanac.Running(Almanac.program, ["run", "lab.yaml"], in: scratch.path)
        #expect(eventually("a pings") { scratch.read("out/x/machines/a/1.out").contains("icmp_seq=20 ") })
        kill(running.process.processIdentifier, SIGINT)
        #expect(running.wait().status == 130)
        let summary = try scratch.summary("x")
        #expect(summary.result == .interrupted)
        #expect(summary.machines.allSatisfy { $0.ended == "powered off" })
        #expect(scratch.read("out/x/machines/a/1.out").contains("packets transmitted") == false)
        #expect(processes(below: scratch.path).isEmpty)
        #expect(!scratch.exists("out/x/calendar.socket"))
    }

    @Test func aSecondInterruptEndsItAtOnce() throws {
        let scratch = try Scratch()
        // It never gives its turn away: only killing ends it.
        try scratch.write(
            "name: x\nmachines:\n  a: { run: ['echo on; sleep 1; while :; do :; done'] }\n", to: "lab.yaml")
        let running = try Almanac.Running(Almanac.program, ["run", "lab.yaml"], in: scratch.path)
        #expect(eventually("it runs") { scratch.read("out/x/machines/a/1.out").contains("on") })
        // A simulated second takes next to no CPU time; the loop after it takes all there is.
        let before = cpuTicks(below: scratch.path)
        #expect(eventually("it spins") { cpuTicks(below: scratch.path) >= before + 20 })
        // Two that come together may be one: interrupt until it has ended.
        #expect(
            eventually("it ends") {
                kill(running.process.processIdentifier, SIGINT)
                return !running.process.isRunning
            })
        #expect(running.wait().status == 130)
        #expect(try scratch.summary("x").machines[0].ended == "killed when the run was interrupted")
        #expect(processes(below: scratch.path).isEmpty)
    }

    /// CPU time of all processes that work below a folder, in clock ticks (utime of /proc/PID/stat, proc(5)).
    private func cpuTicks(below folder: String) -> Int {
        processes(below: folder).reduce(0) { sum, process in
            let text = (try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)) ?? ""
            let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
            return sum + (fields.count > 11 ? Int(fields[11]) ?? 0 : 0)
        }
    }

    /// The help of every command, held against Help/*.txt.
    @Test(arguments: [
        "", "run", "verify", "check", "schema", "calendar", "trace", "trace show", "trace stats",
        "trace diff", "trace export", "get", "report", "kernel",
        "kernel build",
        "kernel path", "doctor",
    ])
    func help(command: String) throws {
        let scratch = try Scratch()
        let words = command.split(separator: " ").map(String.init)
        let outcome = try Almanac.run(["help"] + words, in: scratch.path, environment: ["COLUMNS": "80"])
        let name = command.isEmpty ? "almanac" : words.joined(separator: "-")
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "Help"
        ).path
        let expected = try String(contentsOfFile: "\(folder)/\(name).txt", encoding: .utf8)
        #expect(outcome.status == 0)
        #expect(outcome.output == expected)
    }
}
