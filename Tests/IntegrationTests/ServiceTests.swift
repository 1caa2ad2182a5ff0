import Foundation
import Report
import Testing

/// Services that are started again, probed, and waited for.
@Suite(.serialized)
struct ServiceTests {
    private func run(_ machines: String, lab: String = "", in scratch: Scratch) throws -> Almanac.Outcome {
        try scratch.write(
            "name: x\n\(lab)\nnetworks: { lan: { subnet: 10.0.0.0/24 } }\nmachines:\n\(machines)\n",
            to: "lab.yaml")
        return try Almanac.run(["run", "lab.yaml", "--no-report"], in: scratch.path)
    }

    private func output(_ machine: String, _ scratch: Scratch) -> String {
        scratch.read("out/x/machines/\(machine)/1.out")
    }

    @Test func machinesWaitForEachOther() throws {
        let scratch = try Scratch()
        let outcome = try run(
            """
              work: { networks: [lan], after: { web: started, init: done }, run: [date +%S] }
              db:
                networks: [lan]
                restart: always
                run: ["sleep 12; touch /root/ready; sleep 10000"]
                health: { test: [test, -f, /root/ready], interval: 5s, start-period: 8s, start-interval: 1s, retries: 2 }
              init: { networks: [lan], after: { db: healthy }, run: [date +%S; sleep 3] }
              web: { networks: [lan], after: { db: healthy }, restart: on-failure:3, run: ["date +%S.%N; exit $((3 - $(wc -l < /root/n)))"], files: { /root/n: "" } }
            """.replacing(
                "exit $((3 - $(wc -l < /root/n)))", with: "echo >> /root/n; test $(wc -l < /root/n) = 4"),
            in: scratch)
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        // Probes at 2 s and each second until 9 s, then each 5 s: at 14 s the file is there.
        #expect(output("init", scratch) == "14\n" && output("work", scratch) == "17\n")
        let times = output("web", scratch).split(separator: "\n").compactMap { Double($0) }
        #expect(times.count == 4)
        let gaps = zip(times, times.dropFirst()).map { ($1 - $0) * 10 }.map { $0.rounded() }
        #expect(gaps == [1, 2, 4], "\(times)")
        #expect(outcome.output.contains("db check: test -f /root/ready: healthy"))
        let verified = try Almanac.run(["verify", "lab.yaml", "--runs", "3"], in: scratch.path)
        #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
    }

    @Test func whatCannotBeginEndsTheLab() throws {
        let scratch = try Scratch()
        let waiting = "  web: { networks: [lan], after: { db: CONDITION }, run: ['true'] }\n"
        let probe = "health: { test: sleep 100, interval: 2s, timeout: 3s, retries: 2 }"
        var outcome = try run(
            waiting.replacing("CONDITION", with: "healthy")
                + "  db: { networks: [lan], run: [sleep 1000], \(probe) }",
            in: scratch)
        #expect(outcome.status == 1)
        #expect(
            outcome.output.contains("web cannot begin: it waits for db to be healthy, which is unhealthy"),
            "\(outcome.output)")
        // Two probes of 3 s, each 2 s after what was before.
        #expect(try scratch.summary("x").virtualNanoseconds / 1_000_000_000 == 11)
        #expect(
            outcome.output.contains("FAIL db check: sleep 100: unhealthy: exit status 137 of the last probe"))
        outcome = try run(
            waiting.replacing("CONDITION", with: "done") + "  db: { networks: [lan], run: [exit 4] }",
            in: scratch)
        #expect(outcome.status == 1)
        #expect(
            outcome.output.contains(
                "web cannot begin: it waits for db to end well, which ended with exit status 4"),
            "\(outcome.output)")
    }

    /// A machine that was killed begins again without waiting, and its service's count of failures with it.
    @Test func aKilledMachineBeginsAgain() throws {
        let scratch = try Scratch()
        let outcome = try run(
            """
              db: { networks: [lan], run: [sleep 3; date +%S >> /root/ran], restart: always, health: { test: "true", interval: 1s } }
              web: { networks: [lan], after: { db: healthy }, run: [date +%S; sleep 40] }
            """,
            lab: "faults: [{ at: 10s, machine: [db, web], kill: true, restart: 5s }]\nuntil: 70s".replacing(
                "machine: [db, web]", with: "machine: web"), in: scratch)
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        #expect(output("web", scratch) == "02\n16\n")
    }
}
