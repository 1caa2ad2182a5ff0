import Foundation
import Report
import Testing

/// Ctrl-C on machines that are busy.
@Suite(.serialized)
struct InterruptionTests {
    /// Starts a lab, interrupts it when the first command of machine `a` has begun to be busy, and waits for its end.
    private func interrupt(_ lab: String, _ arguments: [String] = []) throws -> (Scratch, RunSummary) {
        let scratch = try Scratch()
        try scratch.write("name: x\n" + lab, to: "lab.yaml")
        let running = try Almanac.Running(Almanac.program, ["run", "lab.yaml"] + arguments, in: scratch.path)
        let trace = ["trace", "show", "out/x", "--machine", "a", "--kind", "up"]
        #expect(
            eventually("a is up") {
                (try? Almanac.run(trace, in: scratch.path).output.contains(" up")) == true
            })
        // It has begun its commands in the next turn; nothing tells when a program is busy.
        Thread.sleep(forTimeInterval: 1)
        kill(running.process.processIdentifier, SIGINT)
        let outcome = running.wait()
        #expect(outcome.status == 130, "\(outcome.output)\(outcome.errors)")
        #expect(processes(below: scratch.path).isEmpty)
        let summary = try scratch.summary("x")
        #expect(summary.result == .interrupted)
        return (scratch, summary)
    }

    private static let readsTheClock = """
        exec python3 -uc "
        import signal, sys, time
        def stop(*rest):
            print('got TERM')
            sys.exit(0)
        signal.signal(signal.SIGTERM, stop)
        print('begins')
        while True: time.monotonic()
        "
        """

    private static func command(_ text: String) -> String {
        "          - |\n" + text.split(separator: "\n").map { "            \($0)\n" }.joined()
    }

    /// Its grant would last for ten simulated minutes.
    @Test func aMachineWithoutNetworksIsToldToStop() throws {
        let (scratch, summary) = try interrupt(
            "machines:\n  a:\n    run:\n" + Self.command(Self.readsTheClock))
        #expect(scratch.read("out/x/machines/a/1.out") == "begins\ngot TERM\n")
        #expect(summary.machines[0].ended == "powered off")
        #expect(summary.machines[0].commands[0].status == 0)
    }

    /// A program that spins is ended, and so is the next: all machines power off.
    @Test func programsThatSpinAreEnded() throws {
        let (scratch, summary) = try interrupt(
            """
            networks: { lan: { subnet: 10.0.0.0/24, latency: 5ms } }
            machines:
              a: { networks: [lan], run: ['echo first; while :; do :; done', 'while :; do :; done'] }
              b: { networks: [lan], run: ['trap "echo got TERM; exit 0" TERM; sleep 500 & wait'] }
            """)
        #expect(scratch.read("out/x/machines/a/1.out") == "first\n")
        #expect(scratch.read("out/x/machines/b/1.out") == "got TERM\n")
        #expect(summary.machines.map(\.ended) == ["powered off", "powered off"])
        #expect(summary.machines[0].commands[0].status == nil)
    }

    /// At a timeout, too, files hold what was written.
    @Test func aTimeoutKeepsWhatWasWritten() throws {
        let scratch = try Scratch()
        try scratch.write(
            "name: x\ntimeout: 3s\nmachines: { a: { run: ['echo word; while :; do :; done'] } }\n",
            to: "lab.yaml")
        let outcome = try Almanac.run(["run", "lab.yaml"], in: scratch.path)
        #expect(outcome.status == 1)
        #expect(scratch.read("out/x/machines/a/1.out") == "word\n")
    }
}
