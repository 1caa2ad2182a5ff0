import Foundation
import Report
import Testing

/// Labs that have failed do not go on for what can no longer change that.
struct FailFastTests {
    private func run(_ machines: String, _ arguments: [String]) throws -> RunSummary {
        let scratch = try Scratch()
        try scratch.write("name: x\n\(machines)", to: "lab.yaml")
        let outcome = try Almanac.run(["run", "lab.yaml"] + arguments, in: scratch.path)
        #expect(outcome.status == 1, "\(outcome.output)\(outcome.errors)")
        return try scratch.summary("x")
    }

    private static let lab = """
        machines:
          serves: { run: ['while sleep 0.5; do :; done'] }
          fails: { run: ['sleep 2', 'exit 3'] }
          works: { run: ['for i in 1 2 3; do sleep 50; echo $i; done'] }
        """

    /// What still prints is waited for; a minute after its last word the lab ends.
    @Test func theRestIsWaitedForWhileItPrints() throws {
        let summary = try run(Self.lab, [])
        #expect(
            summary.reason
                == "ended early: fails's command 2 failed, and the others printed nothing for a minute; "
                + "--no-fail-fast waits for them")
        #expect(summary.machines[2].commands[0].status == 0)
        #expect((151...280).contains(summary.virtualNanoseconds / 1_000_000_000))
    }

    @Test func theFirstFailureEndsTheLab() throws {
        let summary = try run(Self.lab, ["--fail-fast"])
        #expect(summary.reason == "ended early: fails's command 2 failed")
        #expect(summary.virtualNanoseconds / 1_000_000_000 == 3)
        #expect(summary.repeatCommand == "almanac run lab.yaml --seed 1 --fail-fast")
    }

    /// What is silent for longer is waited for all the same.
    @Test(arguments: [["--no-fail-fast"], ["--until", "1000s"]]) func nothingEndsIt(arguments: [String])
        throws
    {
        let summary = try run(
            "machines: { fails: { run: ['false'] }, works: { run: [sleep 400] } }", arguments)
        #expect(summary.reason == nil)
        #expect(summary.machines[1].commands[0].status == 0)
    }

    /// Without a failure a lab that only serves is ended by the timeout, which says how to allow more.
    @Test func theTimeoutSaysHowToAllowMore() throws {
        let summary = try run(Self.lab, ["--set", "machines.fails.run=[true]", "--timeout", "3s"])
        #expect(summary.reason == "the timeout is over: 3s of wall-clock time; --timeout allows more or none")
    }
}
