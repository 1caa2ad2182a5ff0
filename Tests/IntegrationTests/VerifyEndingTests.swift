import Foundation
import Testing

/// How `almanac verify` ends when a run does not end as it should, and what else must be said rightly.
@Suite(.serialized)
struct VerifyEndingTests {
    /// Goes on for as long as it is let.
    private static let endless = "name: x\nmachines:\n  a: { run: ['while sleep 1000; do :; done'] }\n"

    private func children(of process: Int32) -> [Int32] {
        let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")) ?? []
        return tasks.flatMap { task in
            ((try? String(contentsOfFile: "/proc/\(process)/task/\(task)/children", encoding: .utf8)) ?? "")
                .split(separator: " ").compactMap { Int32($0) }
        }
    }

    private func verify(_ arguments: [String] = [], in scratch: Scratch) throws -> Almanac.Running {
        try Almanac.Running(
            Almanac.program, ["verify", "lab.yaml", "--vary", "none"] + arguments, in: scratch.path)
    }

    @Test func aRunThatIsKilledIsAnInternalError() throws {
        let scratch = try Scratch()
        try scratch.write(Self.endless, to: "lab.yaml")
        let verify = try verify(in: scratch)
        #expect(eventually("a runs") { scratch.exists("out/verify/x/1/trace.almt") })
        for run in children(of: verify.process.processIdentifier) { kill(run, SIGKILL) }
        let outcome = verify.wait()
        #expect(outcome.status == 4)
        #expect(outcome.errors.contains("run 1 (as usual) killed by signal 9"), "\(outcome.errors)")
        #expect(eventually("no kernel is left") { processes(below: scratch.path).isEmpty })
    }

    @Test(arguments: [SIGINT, SIGTERM]) func aSignalEndsTheRunInOrder(signal: Int32) throws {
        let scratch = try Scratch()
        try scratch.write(Self.endless, to: "lab.yaml")
        let verify = try verify(in: scratch)
        #expect(eventually("a runs") { scratch.exists("out/verify/x/1/trace.almt") })
        let runs = children(of: verify.process.processIdentifier)
        #expect(runs.count == 1)
        kill(verify.process.processIdentifier, signal)
        let outcome = verify.wait()
        #expect(outcome.status == 130, "\(outcome.errors)")
        #expect(outcome.output.isEmpty)
        #expect(scratch.exists("out/verify/x/1/summary.json"))
        #expect(!scratch.exists("out/verify/x/2"))
        for run in runs { #expect(kill(run, 0) != 0) }
        #expect(processes(below: scratch.path).isEmpty)
    }

    /// A timeout is no difference, also when it is the lab's.
    @Test(arguments: [["--timeout", "2s"], ["--set", "timeout=2s"]])
    func aRunThatTakesTooLongIsEnded(arguments: [String]) throws {
        let scratch = try Scratch()
        try scratch.write(Self.endless, to: "lab.yaml")
        let outcome = try verify(arguments, in: scratch).wait()
        #expect(outcome.status == 3)
        #expect(
            outcome.errors.contains(
                "run 1 (as usual) did not end within 2s of wall-clock time and was ended; --timeout allows more or none"
            ),
            "\(outcome.errors)")
        #expect(processes(below: scratch.path).isEmpty)
    }

    /// The same traces, another verdict: the lab file is changed while the first run goes on.
    @Test func anotherExitCodeIsADifference() throws {
        let scratch = try Scratch()
        let text = "name: x\nmachines:\n  a: { run: [{ command: 'sleep 300000; exit 3', expect: 3 }] }\n"
        try scratch.write(text, to: "lab.yaml")
        let verify = try verify(in: scratch)
        #expect(eventually("run 1 has read the lab") { scratch.exists("out/verify/x/1/trace.almt") })
        try scratch.write(text.replacing("expect: 3", with: "expect: 4"), to: "lab.yaml")
        let outcome = verify.wait()
        #expect(outcome.status == 1)
        #expect(
            outcome.output.hasPrefix("run 1 ended with exit code 0, run 2 with 1\nDIFFERENT: run 2"),
            "\(outcome.output)")
        #expect(!outcome.output.contains("equal"))
    }

    @Test func capturesAreComparedToo() throws {
        let scratch = try Scratch()
        try scratch.write(
            """
            name: x
            networks: { lan: { subnet: 10.0.0.0/24 } }
            machines: { a: { networks: [lan], run: [ping -c 3 b] }, b: { networks: [lan] } }
            """, to: "lab.yaml")
        let outcome = try verify(["--capture", "--quiet"], in: scratch).wait()
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        let name = "captures/a/eth0.pcapng"
        #expect(scratch.exists("out/verify/x/1/\(name)"))
        try scratch.write("another", to: "out/verify/x/2/\(name)")
        let diff = try Almanac.run(["trace", "diff", "out/verify/x/1", "out/verify/x/2"], in: scratch.path)
        #expect(diff.status == 1)
        #expect(diff.output == "the traces are equal\nfiles that differ: \(name)\n")
        try FileManager.default.removeItem(atPath: "\(scratch.path)/out/verify/x/2/captures")
        let less = try Almanac.run(["trace", "diff", "out/verify/x/1", "out/verify/x/2"], in: scratch.path)
        #expect(less.status == 1)
        let names = "captures/a/eth0.pcapng, captures/b/eth0.pcapng, captures/lan.pcapng"
        #expect(less.output == "the traces are equal\nonly in out/verify/x/1: \(names)\n")
    }

    @Test func aDamagedTraceIsNotUsage() throws {
        let scratch = try Scratch()
        try scratch.write("name: x\nmachines:\n  a: { run: [\"true\"] }\n", to: "lab.yaml")
        #expect(try Almanac.run(["run", "lab.yaml", "--out", "run"], in: scratch.path).status == 0)
        let path = "\(scratch.path)/run/trace.almt"
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes[bytes.count / 2] ^= 0xff
        try bytes.write(to: URL(fileURLWithPath: path))
        let outcome = try Almanac.run(["trace", "stats", "run"], in: scratch.path)
        #expect(outcome.status == 3)
        #expect(outcome.errors.contains("is damaged"), "\(outcome.errors)")
        #expect(try Almanac.run(["trace", "stats", "lab.yaml"], in: scratch.path).status == 2)
    }

    /// A reader that follows a run learns that it was killed, and does not wait without end.
    @Test func followingARunThatIsKilledEnds() throws {
        let scratch = try Scratch()
        try scratch.write(Self.endless, to: "lab.yaml")
        let run = try Almanac.Running(Almanac.program, ["run", "lab.yaml", "--out", "run"], in: scratch.path)
        #expect(eventually("it runs") { scratch.exists("run/machines/a/console.log") })
        let follower = try Almanac.Running(
            Almanac.program, ["trace", "show", "run", "--follow", "--kind", "command-start"], in: scratch.path
        )
        #expect(eventually("it is followed") { follower.text.contains("command-start") })
        let second = try Almanac.run(["run", "lab.yaml", "--out", "run"], in: scratch.path)
        #expect(second.status == 2)
        #expect(second.errors.contains("another run writes into"), "\(second.errors)")
        #expect(follower.process.isRunning)
        kill(run.process.processIdentifier, SIGKILL)
        let outcome = follower.wait(seconds: 30)
        #expect(outcome.status == 0)
        #expect(outcome.errors.contains("has no end: its run was killed"), "\(outcome.errors)")
        _ = run.wait()
    }
}
