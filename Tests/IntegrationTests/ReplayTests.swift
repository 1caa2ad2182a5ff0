import Foundation
import Testing

/// A recorded run is repeated up to a moment, and commands show what is there.
@Suite(.serialized)
struct ReplayTests {
    /// Two machines that talk: b counts in a file what it receives, a fails at the end. One is cut off for a while.
    private static let lab = """
        name: talk
        networks:
          lan: { subnet: 10.0.0.0/24, latency: 3ms }
        faults:
          - { at: 5s, partition: [[a], [b]], for: 2s }
        machines:
          a:
            networks: [lan]
            run:
              - sleep 1; for i in 1 2 3 4; do ping -c 1 -W 1 b > /dev/null && echo "reply $i" || echo "no reply $i"; sleep 1; done; exit 7
          b:
            networks: [lan]
            files:
              /root/count.sh: |
                for number in $(seq 100); do echo $number > /root/count; echo "count $number"; sleep 0.1; done
            run:
              - { command: sh count.sh, background: true, expect: any }
        """

    private func recorded() throws -> Scratch {
        let scratch = try Scratch()
        try scratch.write(Self.lab, to: "lab.yaml")
        let outcome = try Almanac.run(["run", "lab.yaml", "--no-report"], in: scratch.path)
        try #require(outcome.status == 1, "\(outcome.output)\(outcome.errors)")
        return scratch
    }

    private func replay(_ arguments: [String], _ scratch: Scratch) throws -> Almanac.Outcome {
        try Almanac.run(["replay", "out/talk"] + arguments, in: scratch.path)
    }

    /// What `--exec b` prints at a moment.
    private func count(_ moment: [String], _ scratch: Scratch) throws -> String {
        let outcome = try replay(moment + ["--exec", "b", "cat count"], scratch)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("the same as recorded"), "\(outcome.errors)")
        return outcome.output.trimmingCharacters(in: .newlines)
    }

    @Test func momentsAreReachedAsRecorded() throws {
        let scratch = try recorded()
        let before = scratch.read("out/talk/summary.json")
        // A number every 0.1 s from 1 s on.
        #expect(try count(["--at", "3.05s"], scratch) == "21")
        #expect(try count(["--at", "b: count 33"], scratch) == "33")
        // It writes the file and the line in one instant, or the file before.
        #expect(["32", "33"].contains(try count(["--before", "b: count 33"], scratch)))
        #expect(try count(["--at", "3.05s", "--step", "100ms", "--step", "100ms"], scratch) == "23")
        #expect(["40", "41"].contains(try count(["--at", "fault:1"], scratch)))
        let end = try count([], scratch)
        #expect(try count(["--at", "end"], scratch) == end)
        #expect(try count(["--at", "first FAIL"], scratch) == end)
        // The recorded run stays as it is.
        #expect(scratch.read("out/talk/summary.json") == before)
    }

    @Test func commandsComeThrough() throws {
        let scratch = try recorded()
        let failing = try replay(["--at", "2s", "--exec", "a", "echo out; echo err >&2; exit 9"], scratch)
        #expect(failing.status == 9)
        #expect(failing.output == "out\n")
        #expect(failing.errors.hasSuffix("\nerr\n"))
        // A moment before the lab's commands begin: on the branch they begin all the same.
        let early = try replay(["--at", "900ms", "--exec", "b", "sleep 1; cat count"], scratch)
        #expect(
            ["9", "10"].contains(early.output.trimmingCharacters(in: .newlines)),
            "\(early.output)\(early.errors)")
        // On one branch the second sees what the first did; with --each it does not.
        let commands = ["--exec", "a", "touch /root/trace; sleep 1", "--exec", "a", "ls /root/trace"]
        #expect(try replay(["--at", "2s"] + commands, scratch).status == 0)
        #expect(try replay(["--at", "2s", "--each"] + commands, scratch).status == 2)
        // Others go on meanwhile.
        let later = try replay(["--at", "2s", "--exec", "a", "sleep 1", "--exec", "b", "cat count"], scratch)
        #expect(later.output == "21\n" || later.output == "20\n")
    }

    @Test func aMachineThatEndsTakesItsCommandAlong() throws {
        let scratch = try recorded()
        let plan = Self.lab.replacing("partition: [[a], [b]], for: 2s", with: "machine: b, kill: true")
        try scratch.write(plan, to: "killed.yaml")
        _ = try Almanac.run(["run", "killed.yaml", "--no-report"], in: scratch.path)
        let outcome = try replay(["--at", "4s", "--exec", "b", "sleep 100; echo no"], scratch)
        #expect(outcome.status == 1)
        #expect(outcome.output == "")
        #expect(
            outcome.errors.contains(
                "b: the command has no exit status: its machine ended (killed by a fault)"))
    }

    @Test func theWholeRunIsRepeated() throws {
        let scratch = try recorded()
        let outcome = try replay([], scratch)
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        #expect(outcome.output.hasPrefix("equal: "))
    }

    @Test func aMomentOfOtherMachinesDiffers() throws {
        let scratch = try recorded()
        // The trace of another lab in place of the recorded one.
        try scratch.write(Self.lab.replacing("3ms", with: "4ms"), to: "other.yaml")
        _ = try Almanac.run(["run", "other.yaml", "--no-report", "--out", "out/other"], in: scratch.path)
        try FileManager.default.removeItem(atPath: "\(scratch.path)/out/talk/trace.almt")
        try FileManager.default.moveItem(
            atPath: "\(scratch.path)/out/other/trace.almt", toPath: "\(scratch.path)/out/talk/trace.almt")
        let outcome = try replay(["--at", "3s"], scratch)
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("DIFFERENT from the recorded run after"))
    }

    @Test func hostFilesThatChangedAreNamed() throws {
        let scratch = try Scratch()
        // Guests see nothing of the host's /tmp.
        let program = "/var/tmp/almanac-tool-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.copyItem(atPath: "/usr/bin/env", toPath: program)
        defer { try? FileManager.default.removeItem(atPath: program) }
        let lab = """
            name: tool
            machines:
              m:
                files:
                  /root/data: { from: data }
                run: [\(program), cp /root/data copy && cat copy]
            """
        try scratch.write(lab, to: "lab.yaml")
        try scratch.write("data", to: "data")
        let run = try Almanac.run(["run", "lab.yaml", "--no-report"], in: scratch.path)
        try #require(run.status == 0, "\(run.output)\(run.errors)")
        let list = scratch.read("out/tool/host-files.json")
        for path in [program, "\(scratch.path)/data"] {
            #expect(list.contains("\"path\" : \"\(path)\""), "\(list)")
        }
        // What the guest has made, and what the kernel uses itself, are no files of the host.
        for path in ["/root/copy", "/proc/", "/dev/", "/out/tool/"] { #expect(!list.contains(path)) }
        #expect(!scratch.exists("out/tool/host-files.log"))

        func notes() throws -> [String] {
            let outcome = try Almanac.run(["replay", "out/tool", "--at", "1s", "--quiet"], in: scratch.path)
            return outcome.errors.split(separator: "\n").map(String.init)
        }
        #expect(try notes() == [])
        // The same contents with another time.
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: 1)], ofItemAtPath: program)
        #expect(try notes() == [])
        let tool = try #require(FileHandle(forWritingAtPath: program))
        tool.seekToEndOfFile()
        tool.write(Data("x".utf8))
        try tool.close()
        try scratch.write("DATA", to: "data")
        let note = "almanac: note: "
        let changed = "\(note)\(scratch.path)/data differs from the run"
        #expect(try notes() == [changed, "\(note)\(program) differs from the run"])
        try FileManager.default.removeItem(atPath: program)
        #expect(try notes() == [changed, "\(note)\(program) is gone since the run"])
        try FileManager.default.removeItem(atPath: "\(scratch.path)/out/tool/host-files.json")
        #expect(
            try notes() == [
                "\(note)the run has no host-files.json: whether files of the host have changed is unknown"
            ])
    }

    @Test func anotherKernelWithoutABuildIDIsNoticed() throws {
        let scratch = try Scratch()
        let kernel = "\(scratch.path)/linux"
        try scratch.write("#!/bin/sh\nexec \(try Almanac.kernel(in: scratch)) \"$@\"\n", to: "linux")
        _ = unsafe chmod(kernel, 0o755)
        try scratch.write("{ name: tool, machines: { m: { run: [cat /etc/passwd] } } }", to: "lab.yaml")
        let run = try Almanac.run(["run", "lab.yaml", "--no-report", "--kernel", kernel], in: scratch.path)
        try #require(run.status == 0, "\(run.output)\(run.errors)")
        // The kernel that the script has started notes files too.
        #expect(scratch.read("out/tool/host-files.json").contains("/etc/passwd"))
        let same = try Almanac.run(["replay", "out/tool", "--at", "1s"], in: scratch.path)
        #expect(same.status == 0 && same.errors == "", "\(same.errors)")
        try scratch.write(scratch.read("linux") + "# other\n", to: "linux")
        let other = try Almanac.run(["replay", "out/tool", "--at", "1s"], in: scratch.path)
        #expect(other.status == 3)
        #expect(
            other.errors
                == "almanac: \(kernel) is not the run's kernel: it has no build ID, and its contents differ\n"
        )
    }

    @Test func whatCannotBeDoneIsSaidInOneLine() throws {
        let scratch = try recorded()
        let cases: [([String], Int32, String)] = [
            (["--at", "1h"], 2, "its last moment is --at end"),
            (["--at", "fault:2"], 2, "there is no fault:2: 1 happened"),
            (["--at", "b: count 1000"], 2, "b wrote no line with 'count 1000'"),
            (["--at", "c: x"], 2, "there is no machine c; the machines are a, b"),
            (["--at", "soon"], 2, "--at 'soon' is no moment"),
            (["--at", "1ns", "--exec", "a", "true"], 2, "a has not booted at"),
            (["--at", "2s", "--exec", "c", "true"], 2, "there is no machine c"),
            (["--at", "2s", "--exec", "a"], 2, "--exec takes a machine and a command"),
            (["--at", "2s", "--out", "out/../out/talk"], 2, "is the recorded run"),
            (["--step", "frame"], 2, "--step goes on from a moment"),
        ]
        for (arguments, status, text) in cases {
            let outcome = try replay(arguments, scratch)
            #expect(outcome.status == status, "\(arguments): \(outcome.errors)")
            #expect(outcome.errors.contains(text), "\(arguments): \(outcome.errors)")
        }
        let missing = try Almanac.run(["replay", "out/none"], in: scratch.path)
        #expect(missing.status == 2)
        #expect(missing.errors == "almanac: out/none: there is no such run folder\n")
        let lab = scratch.read("out/talk/lab.yaml")
        try scratch.write(lab.replacing("3ms", with: "4ms"), to: "out/talk/lab.yaml")
        let edited = try replay(["--at", "2s"], scratch)
        #expect(edited.status == 2)
        #expect(edited.errors.contains("lab.yaml was edited since its run"))
    }
}
