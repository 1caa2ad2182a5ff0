import Foundation
import Testing

/// Looking at a moment of a recorded run: files, processes, shells, debuggers, recorded input.
@Suite(.serialized)
struct LookTests {
    private static let lab = """
        name: look
        networks:
          lan: { subnet: 10.0.0.0/24, latency: 3ms }
        machines:
          a:
            networks: [lan]
            run:
              - ping -c 60 b
          b:
            networks: [lan]
        """

    /// A folder with the lab and its run.
    static func recorded(_ lab: String = lab) throws -> Scratch {
        let scratch = try Scratch()
        try scratch.write(lab, to: "lab.yaml")
        let outcome = try Almanac.run(["run", "lab.yaml", "--no-report"], in: scratch.path)
        try #require(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        return scratch
    }

    private func replay(_ arguments: [String], _ scratch: Scratch) throws -> Almanac.Outcome {
        try Almanac.run(["replay", "out/look", "--at", "3s"] + arguments, in: scratch.path)
    }

    @Test func filesGoInAndOut() throws {
        let scratch = try Self.recorded()
        let manager = FileManager.default
        try manager.createDirectory(atPath: "\(scratch.path)/in/sub", withIntermediateDirectories: true)
        try scratch.write("one\n", to: "in/sub/a file")
        let numbers = (1...200_000).map { "\($0)\n" }.joined()
        try scratch.write(numbers, to: "in/numbers")
        let outcome = try replay(
            [
                "--put", "in", "a:/root/new", "--exec", "a",
                "cd new; wc -l < numbers; echo 2 >> 'sub/a file'; ln -s x link",
                "--get", "a:/root/new", "out/copy", "--get", "a:/root/new/sub/a file", "single",
            ], scratch)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output == "200000\n")
        #expect(scratch.read("out/copy/numbers") == numbers)
        #expect(scratch.read("out/copy/sub/a file") == "one\n2\n")
        #expect(scratch.read("single") == "one\n2\n")
        #expect(try manager.destinationOfSymbolicLink(atPath: "\(scratch.path)/out/copy/link") == "x")
        // Nothing is left behind.
        let left = try manager.contentsOfDirectory(atPath: scratch.path).filter { $0.hasPrefix(".almanac") }
        #expect(left.isEmpty)
        let again = try replay(["--get", "a:/etc/hostname", "single"], scratch)
        #expect(again.status == 2 && again.errors.contains("single is there already"))
    }

    @Test func processesSayWhatTheyWaitFor() throws {
        let scratch = try Self.recorded()
        let outcome = try replay(["--ps", "--quiet"], scratch)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let lines = outcome.output.split(separator: "\n").map(String.init)
        #expect(lines.filter { $0 == "a" || $0 == "b" } == ["a", "b"])
        #expect(lines.filter { $0.hasPrefix("memory: ") }.count == 2)
        let shell = lines.first { $0.contains("sh -c ping") }
        #expect(shell?.hasSuffix("wait for a child") == true, "\(outcome.output)")
        let ping = lines.last { $0.contains(" ping -c 60 b ") }
        // For the time of the next one, or for a reply.
        #expect(ping?.contains(#/ (poll|receive of fd .*)$/#) == true, "\(outcome.output)")
    }

    @Test func aShellReadsItsCommandsFromAPipe() throws {
        let scratch = try Self.recorded()
        try scratch.write("date +%s; sleep 7; date +%s\nexit 5\n", to: "commands")
        let outcome = try Almanac.shell(
            "$ALMANAC replay out/look --at 3s --shell b < commands", in: scratch.path)
        #expect(outcome.status == 5, "\(outcome.errors)")
        let times = outcome.output.split(separator: "\n").compactMap { Int($0) }
        #expect(times.count == 2 && times[1] - times[0] == 7, "\(outcome.output)")
    }

    @Test func theBranchIsComparedWithTheRun() throws {
        let scratch = try Self.recorded()
        let outcome = try replay(["--exec", "a", "ping -c 1 b > /dev/null", "--trace", "--capture"], scratch)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.contains { $0.hasPrefix("+ ") && $0.contains(" send ") }, "\(outcome.output)")
        #expect(lines.last?.hasPrefix("branch: ") == true)
        let captures = try FileManager.default.contentsOfDirectory(
            atPath: "\(scratch.path)/out/look/replay/captures")
        #expect(captures.contains { $0.hasSuffix(".pcapng") })
        let idle = try replay(["--exec", "a", "true", "--trace"], scratch)
        #expect(!idle.output.contains(" send "), "\(idle.output)")
    }

    @Test func recordedInputIsRepeated() throws {
        let scratch = try Self.recorded()
        try scratch.write("ping -c 2 b; date +%s > /root/when\ncat /root/when\n", to: "commands")
        let branch = try Almanac.shell(
            "$ALMANAC replay out/look --at 3s --shell a --record-input input < commands", in: scratch.path)
        #expect(branch.status == 0, "\(branch.errors)")
        let verified = try Almanac.run(
            ["verify", "lab.yaml", "--input", "input", "--runs", "3", "--quiet"], in: scratch.path)
        #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
        // A run with recorded input can be replayed as well, and at an instant at which what was typed has happened.
        let run = try Almanac.run(
            ["run", "lab.yaml", "--input", "input", "--no-report", "--out", "again"], in: scratch.path)
        #expect(run.status == 0, "\(run.output)\(run.errors)")
        let later = try Almanac.run(
            ["replay", "again", "--at", "20s", "--exec", "a", "cat /root/when"], in: scratch.path)
        #expect(later.status == 0 && later.errors.contains("the same as recorded"), "\(later.errors)")
        #expect(branch.output.hasSuffix(later.output) && !later.output.isEmpty)
        try scratch.write("{}\n", to: "broken")
        let broken = try Almanac.run(["run", "lab.yaml", "--input", "broken"], in: scratch.path)
        #expect(broken.status == 2 && broken.errors.contains("broken:1: this is no recorded input"))
    }

    @Test func whatCannotBeLookedAtIsSaidInOneLine() throws {
        let scratch = try Self.recorded()
        let cases: [([String], Int32, String)] = [
            (["--get", "c:/x", "y"], 2, "there is no machine c; the machines are a, b"),
            (["--get", "a/x", "y"], 2, "write a machine and a path on it"),
            (["--get", "a:/nowhere", "y"], 1, "a:/nowhere: tar: "),
            (["--get", "a:/", "y"], 2, "name a part of it"),
            (["--put", "nowhere", "a:/x"], 2, "nowhere: there is no such file"),
            (["--put", "lab.yaml", "a:/nowhere/x"], 1, "a:/nowhere/x: cp: "),
            (["--shell", "c"], 2, "there is no machine c"),
            (["--gdb", "a:nothing"], 2, "a: no process is called nothing"),
            (["--gdb", "a:99999"], 2, "a: there is no process 99999"),
            (["--gdb", "a", "--shell", "a"], 2, "--shell or --gdb"),
            (["--each", "--ps", "--exec", "a", "true"], 2, "--each is for --exec alone"),
        ]
        for (arguments, status, text) in cases {
            let outcome = try replay(arguments, scratch)
            #expect(outcome.status == status, "\(arguments): \(outcome.errors)")
            #expect(outcome.errors.contains(text), "\(arguments): \(outcome.errors)")
        }
        // All programs of this host but one.
        try FileManager.default.createDirectory(
            atPath: "\(scratch.path)/bin", withIntermediateDirectories: true)
        for name in try FileManager.default.contentsOfDirectory(atPath: "/usr/bin") where name != "gdb" {
            try FileManager.default.createSymbolicLink(
                atPath: "\(scratch.path)/bin/\(name)", withDestinationPath: "/usr/bin/\(name)")
        }
        let noTool = try Almanac.run(
            ["replay", "out/look", "--at", "3s", "--gdb", "a"], in: scratch.path,
            environment: ["PATH": "\(scratch.path)/bin"])
        #expect(noTool.status == 3 && noTool.errors.contains("install the package gdb"), "\(noTool.errors)")
    }
}
