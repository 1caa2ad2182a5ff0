import Foundation
import Testing

/// Visits to a run that goes on or is held, from other processes.
@Suite(.serialized)
struct LiveRunTests {
    private static let lab = """
        name: live
        machines:
          a:
            run:
              - for i in $(seq 1000); do echo "line $i"; sleep 1; done; test ! -e /root/fail
          b:
            run:
              - { command: "sleep 50; exit 3", expect: any }
        """

    private func begin(_ arguments: [String], held: Bool = true) throws -> (Scratch, Almanac.Running) {
        let scratch = try Scratch()
        try scratch.write(Self.lab, to: "lab.yaml")
        let run = try Almanac.Running(
            Almanac.program, ["run", "lab.yaml", "--no-report"] + arguments, in: scratch.path)
        let limit = Date().addingTimeInterval(120)
        while held, !run.errors(contain: "held at "), Date() < limit { usleep(10_000) }
        if held { try #require(run.errors(contain: "held at "), "\(run.text)") }
        return (scratch, run)
    }

    private func visit(_ arguments: [String], _ scratch: Scratch) throws -> Almanac.Outcome {
        try Almanac.run(arguments, in: scratch.path)
    }

    private func command(_ command: String, on machine: String, _ scratch: Scratch) throws -> String {
        let outcome = try visit(["exec", "out/live", machine, command], scratch)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return outcome.output.trimmingCharacters(in: .newlines)
    }

    @Test func aHeldRunIsVisitedAndResumed() throws {
        let (scratch, run) = try begin(["--hold", "20s"])
        #expect(try command("date +%s", on: "a", scratch) == "1767225620")
        // It stands.
        #expect(try command("date +%s", on: "b", scratch) == "1767225620")
        #expect(try visit(["exec", "out/live", "a", "exit 9"], scratch).status == 9)
        #expect(try visit(["ps", "out/live", "a"], scratch).output.contains("sleep 1"))
        try scratch.write("mark\n", to: "mark")
        #expect(try visit(["put", "out/live", "mark", "a:/root/fail"], scratch).status == 0)
        let copied = try visit(["get", "out/live", "a:/root/fail", "copy"], scratch)
        #expect(copied.status == 0 && copied.output.hasSuffix("/copy\n") && scratch.read("copy") == "mark\n")
        #expect(try visit(["resume", "out/live", "--for", "10s"], scratch).status == 0)
        #expect(try command("date +%s", on: "a", scratch) == "1767225630")
        #expect(try visit(["resume", "out/live"], scratch).status == 0)
        let outcome = run.wait()
        // What a visitor did is part of the run.
        #expect(outcome.status == 1, "\(outcome.output)")
        // And it is recorded: the run can be replayed.
        #expect(scratch.read("out/live/input.jsonl").contains("date +%s"))
        let replayed = try visit(
            ["replay", "out/live", "--at", "40s", "--exec", "a", "cat /root/fail"], scratch)
        #expect(replayed.status == 0 && replayed.output == "mark\n", "\(replayed.errors)")
        let late = try visit(["exec", "out/live", "a", "true"], scratch)
        #expect(late.status == 2 && late.errors.contains("its run is over"))
    }

    /// Each has a terminal of its own; both see the same time, which goes on as one of them needs it.
    @Test func twoShellsOnOneMachine() throws {
        let (scratch, run) = try begin(["--hold", "20s"])
        var shells: [TestTerminal] = []
        for number in 0..<2 {
            let shell = try TestTerminal("\(Almanac.program) shell out/live a", in: scratch.path)
            try shell.wait(for: "# ")
            shell.type("tty\r")
            try shell.wait(for: "/dev/pts/\(number)")
            shells.append(shell)
        }
        shells[0].type("echo kept > /root/note; sleep 5; date +at:%s\r")
        try shells[0].wait(for: "at:1767225625")
        shells[1].type("cat /root/note; date +at:%s\r")
        try shells[1].wait(for: "kept")
        try shells[1].wait(for: "at:1767225625")
        for (number, shell) in shells.enumerated() {
            shell.type("exit \(number + 3)\r")
            #expect(try shell.end() == Int32(number + 3))
        }
        #expect(try visit(["resume", "out/live"], scratch).status == 0)
        #expect(run.wait().status == 0)
        #expect(scratch.read("out/live/input.jsonl").contains("echo kept"))
    }

    @Test func aMachineWithoutAShell() throws {
        let (scratch, run) = try begin(["--hold", "20s"])
        #expect(try visit(["exec", "out/live", "a", "rm /bin/sh"], scratch).status == 0)
        let outcome = try visit(["exec", "out/live", "a", "true"], scratch)
        #expect(outcome.status == 127)
        #expect(
            outcome.errors.contains("cannot execute /bin/sh: No such file or directory"), "\(outcome.errors)")
        let shell = try visit(["shell", "out/live", "a"], scratch)
        #expect(shell.status == 127)
        #expect(try command("hostname", on: "b", scratch) == "b")
        #expect(try visit(["resume", "out/live"], scratch).status == 0)
        #expect(run.wait().status == 0)
    }

    @Test func aRunIsHeldWhereSomethingHappens() throws {
        let (scratch, run) = try begin(["--hold", "a: line 7"])
        #expect(try command("date +%s", on: "b", scratch) == "1767225607")
        #expect(try visit(["stop", "out/live"], scratch).status == 0)
        #expect(run.wait().status == 130)
        let failing = try Scratch()
        try failing.write(Self.lab.replacing("exit 3\", expect: any", with: "exit 3\""), to: "lab.yaml")
        let other = try Almanac.Running(
            Almanac.program, ["run", "lab.yaml", "--no-report", "--hold-on-failure"], in: failing.path)
        let limit = Date().addingTimeInterval(120)
        while !other.errors(contain: "held at "), Date() < limit { usleep(10_000) }
        #expect(try command("date +%s", on: "a", failing) == "1767225651")
        #expect(try visit(["resume", "out/live"], failing).status == 0)
        #expect(other.wait().status == 1)
    }

    @Test func aRunThatGoesOnIsVisited() throws {
        let (scratch, run) = try begin(["--speed", "10x"], held: false)
        var outcome = try visit(["exec", "out/live", "a", "date +%s; touch /root/fail"], scratch)
        let limit = Date().addingTimeInterval(60)
        while outcome.status != 0, Date() < limit {
            usleep(50_000)
            outcome = try visit(["exec", "out/live", "a", "date +%s; touch /root/fail"], scratch)
        }
        #expect(outcome.status == 0, "\(outcome.errors)")
        let first = Int(outcome.output.trimmingCharacters(in: .newlines)) ?? 0
        #expect(first >= 1_767_225_600)
        let resumed = try visit(["resume", "out/live"], scratch)
        #expect(resumed.status == 2 && resumed.errors.contains("nobody holds the run"))
        #expect(try visit(["stop", "out/live"], scratch).status == 0)
        #expect(run.wait().status == 130)
    }

    @Test func onlyTheOwnerComesIn() throws {
        let (scratch, run) = try begin(["--hold", "2s"])
        var status = stat()
        #expect(unsafe stat("\(scratch.path)/out/live/visit.socket", &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        #expect(
            try visit(["exec", "out/live", "c", "true"], scratch).errors.contains("there is no machine c"))
        #expect(try visit(["exec", "out/none", "a", "true"], scratch).status == 2)
        #expect(try visit(["stop", "out/live"], scratch).status == 0)
        #expect(run.wait().status == 130)
        #expect(unsafe stat("\(scratch.path)/out/live/visit.socket", &status) != 0)
    }
}
