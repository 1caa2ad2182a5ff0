import Foundation
import Glibc
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
        // Nothing of a machine is known before its turn ends: what it uses of the processor shows that its program runs.
        #expect(
            eventually("a program computes") {
                processes(below: scratch.path).contains { Self.processorSeconds(of: $0) >= 1 }
            })
        kill(running.process.processIdentifier, SIGINT)
        let outcome = running.wait()
        #expect(outcome.status == 130, "\(outcome.output)\(outcome.errors)")
        #expect(processes(below: scratch.path).isEmpty)
        let summary = try scratch.summary("x")
        #expect(summary.result == .interrupted)
        return (scratch, summary)
    }

    /// What a process has used of the processor, s.
    private static func processorSeconds(of process: Int32) -> Int {
        let text = (try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)) ?? ""
        let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 12, let user = Int(fields[11]), let system = Int(fields[12]) else { return 0 }
        return (user + system) / sysconf(Int32(_SC_CLK_TCK))
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

    /// A program that spins is ended, and no other command begins: all machines power off.
    @Test(arguments: [false, true]) func programsThatSpinAreEnded(hasNetwork: Bool) throws {
        let commands = "'echo first; while :; do :; done', 'echo second', 'echo third'"
        let (scratch, summary) = try interrupt(
            hasNetwork
                ? """
                networks: { lan: { subnet: 10.0.0.0/24, latency: 5ms } }
                machines:
                  a: { networks: [lan], run: [\(commands)] }
                  b: { networks: [lan], run: ['trap "echo got TERM; exit 0" TERM; sleep 500 & wait'] }
                """
                : "machines: { a: { run: [\(commands)] } }")
        #expect(scratch.read("out/x/machines/a/1.out") == "first\n")
        if hasNetwork { #expect(scratch.read("out/x/machines/b/1.out") == "got TERM\n") }
        #expect(summary.machines.allSatisfy { $0.ended == "powered off" })
        #expect(summary.machines[0].commands[0].status == nil)
        for command in summary.machines[0].commands.dropFirst() {
            #expect(command.startNanoseconds == nil, "\(command)")
        }
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
