import Foundation
import Report
import Testing

/// Faults in labs of real kernels.
struct FaultTests {
    private func run(_ lab: String, _ arguments: [String] = [], expecting status: Int32 = 0) throws
        -> (Scratch, RunSummary)
    {
        let scratch = try Scratch()
        try scratch.write(
            "name: x\nnetworks:\n  lan: { subnet: 10.0.0.0/24, latency: 5ms }\n" + lab, to: "x.yaml")
        let outcome = try Almanac.run(["run", "x.yaml"] + arguments, in: scratch.path)
        #expect(outcome.status == status, "\(outcome.output)\(outcome.errors)")
        #expect(processes(below: scratch.path).isEmpty)
        return (scratch, try scratch.summary("x"))
    }

    /// Sequence numbers of the echoes that came back.
    private func replies(_ output: String) -> [Int] {
        output.matches(of: /icmp_seq=(\d+) ttl/).compactMap { Int($0.1) }
    }

    @Test func partitionsAndCutsLastAsLongAsTheySay() throws {
        let (scratch, summary) = try run(
            """
            faults:
              - { at: 5500ms, partition: [[a], [b]], for: 3s }
              - { at: 10500ms, partition: { from: [b], to: [a] }, for: 2s }
            machines:
              a: { networks: [lan], run: ["ping -c 15 b || true", "ping -c 1 c"] }
              b: { networks: [lan] }
              c: { networks: [lan] }
            """)
        // Those sent at 6, 7 and 8 s, and at 11 and 12 s.
        #expect(replies(scratch.read("out/x/machines/a/1.out")) == [1, 2, 3, 4, 5, 9, 10, 13, 14, 15])
        #expect(summary.faults.map(\.text) == ["partition a | b", "cut b > a"])
        #expect(summary.faults.map(\.beganNanoseconds) == [5_500_000_000, 10_500_000_000])
        #expect(summary.faults.map(\.endedNanoseconds) == [8_500_000_000, 12_500_000_000])
    }

    @Test func aLinkThatIsDownIsSeenInTheMachine() throws {
        let (scratch, _) = try run(
            """
            faults:
              - { at: 5500ms, link: lan/b, down: true, for: 3s }
            machines:
              a: { networks: [lan], run: ["ping -c 10 b || true"] }
              b:
                networks: [lan]
                check: [{ command: cat /sys/class/net/eth0/carrier, every: 1s, from: 5s, until: 10s }]
            """)
        #expect(replies(scratch.read("out/x/machines/a/1.out")) == [1, 2, 3, 4, 5, 9, 10])
        #expect(scratch.read("out/x/machines/b/check-1.out") == "1\n0\n0\n0\n1\n")
    }

    @Test func linksGetSlowAndLossyAndRecover() throws {
        let (scratch, _) = try run(
            """
            faults:
              - { at: 3500ms, link: lan/b, latency: 20ms, for: 2s }
              - { at: 6500ms, link: lan/b, loss: 100%, direction: in, for: 2s }
            machines:
              a: { networks: [lan], run: ["ping -c 10 b || true"] }
              b: { networks: [lan] }
            """)
        let output = scratch.read("out/x/machines/a/1.out")
        #expect(replies(output) == [1, 2, 3, 4, 5, 6, 9, 10])
        let times = output.matches(of: /icmp_seq=\d+ ttl=64 time=([\d.]+) ms/).map { String($0.1) }
        #expect(times.dropFirst() == ["10.0", "10.0", "50.0", "50.0", "10.0", "10.0", "10.0"])
    }

    @Test func aKillIsPowerLossAndWhatWasWrittenIsKeptOrLost() throws {
        let lab = """
            faults: [{ at: 10s, machine: b, kill: true, restart: after 5s }]
            machines:
              a: { networks: [lan], run: ["ping -c 25 b || true"] }
              b:
                STATE
                networks: [lan]
                run:
                  - background: true
                    command: >-
                      cat /root/synced /root/late; echo synced > /root/synced; sync; sleep 8.9;
                      echo late > /root/late; sleep 1000
            """
        for state in ["state: keep", "state: lost"] {
            let (scratch, summary) = try run(
                lab.replacingOccurrences(of: "STATE", with: state), ["--until", "30s"])
            let output = scratch.read("out/x/machines/b/1.out")
            let second = output.components(separatedBy: "late': No such file or directory").count
            #expect(output.contains("synced\n") == (state == "state: keep"), "\(output)")
            // What had not been written back when the power went is lost either way.
            #expect(second <= 3 && !output.contains("late\n"))
            // Off from 10 s on, and up again within a second or so of 15 s.
            let heard = replies(scratch.read("out/x/machines/a/1.out"))
            #expect(heard.starts(with: Array(1...9)) && !heard.contains(10) && !heard.contains(14))
            #expect(heard.suffix(5) == [21, 22, 23, 24, 25])
            #expect(summary.machines[1].ended == "powered off")
            // Its own clock is behind the fault's instant when its power goes; the trace has it where the fault is.
            let trace = try Almanac.run(
                ["trace", "show", "out/x", "--machine", "b", "--kind", "leave"], in: scratch.path)
            #expect(trace.output.hasPrefix("10.000000000 s  b  leave\n"), "\(trace.output)")
            #expect(summary.machines[1].commands[0].startNanoseconds.map { $0 / 1_000_000 } == 16_000)
            #expect(scratch.exists("out/x/machines/b/disk.img") == (state == "state: keep"))
        }
    }

    @Test func aMachineThatIsPausedNoticesNothing() throws {
        let (scratch, _) = try run(
            """
            faults: [{ at: 5500ms, machine: b, pause: true, for: 3s }]
            machines:
              a: { networks: [lan], run: ["ping -c 13 b"] }
              b:
                networks: [lan]
                check: [{ command: cat /proc/uptime, every: 1s, from: 4s, until: 9s }]
            """)
        let output = scratch.read("out/x/machines/a/1.out")
        // What was sent meanwhile is answered when it goes on.
        #expect(Set(replies(output)) == Set(1...13))
        #expect(output.contains(/icmp_seq=6 ttl=64 time=250[01] ms/), "\(output)")
        let uptimes = scratch.read("out/x/machines/b/check-1.out").split(separator: "\n")
            .map { $0.prefix { $0 != "." } }
        #expect(uptimes == ["4", "5", "6", "7", "8"])
    }

    @Test func clocksStepAndDrift() throws {
        let (scratch, _) = try run(
            """
            faults:
              - { at: 5s, machine: a, clock: +3s }
              - { at: 7s, machine: a, drift: -1000ppm, for: 10s }
            machines:
              a:
                run: [sleep 25]
                check: [{ command: date +%s.%N, every: 5s, from: 4s }]
            """)
        let seconds = scratch.read("out/x/machines/a/check-1.out").split(separator: "\n").compactMap {
            Double($0)
        }
        // Counted by its own clock it is where it should be: only the step shows.
        #expect(seconds.map { Int($0) - 1_767_225_600 } == [4, 12, 17, 22, 27])
        // Counted by the simulation's the third began 0.1 % of 7 s late, and all later 0.1 % of 10 s.
        let starts = try Almanac.run(
            ["trace", "show", "out/x", "--machine", "a", "--kind", "command-start"], in: scratch.path)
        let times = starts.output.split(separator: "\n").dropFirst().compactMap {
            Double($0.prefix { $0 != " " })
        }
        let late = zip(times, [4.0, 9, 14, 19, 24]).map { (($0 - $1) * 1000).rounded() }
        #expect(late == [0, 2, 7, 10, 10])
    }

    /// A drift is below the kernel's clocks: no clock of the machine shows it, and an NTP daemon finds it as on real hardware.
    @Test func everyClockDrifts() throws {
        let clocks =
            "import time; print(time.monotonic_ns() - time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW))"
        var hashes: [String] = []
        for jobs in ["1", "2"] {
            let (scratch, summary) = try run(
                """
                faults: [{ at: 2s, machine: a, drift: 50000ppm }]
                machines:
                  a:
                    networks: [lan]
                    run: [sleep 20]
                    check: [{ command: 'python3 -c "\(clocks)"', every: 5s, from: 1s }]
                  b: { networks: [lan], run: [ping -c 15 a] }
                """, ["--jobs", jobs])
            hashes.append(summary.hash ?? "none")
            let differences = scratch.read("out/x/machines/a/check-1.out").split(separator: "\n").compactMap {
                Int($0)
            }
            #expect(differences.count == 5)
            // Two clocks are not read in the same ns; 5 % of 5 s would be 250 ms.
            #expect(differences.allSatisfy { abs($0 - differences[0]) < 1_000_000 }, "\(differences)")
            let ends = try Almanac.run(
                ["trace", "show", "out/x", "--machine", "a", "--kind", "command-end"], in: scratch.path)
            let last = ends.output.split(separator: "\n").last.flatMap { Double($0.prefix { $0 != " " }) }
            // It began when the machine was a second old; 19 s of what it sleeps are under the drift.
            #expect(last.map { (($0 - 2 - 19 / 1.05) * 10).rounded() } == 0, "\(ends.output)")
        }
        #expect(hashes[0] == hashes[1])
        #expect(hashes[0] != "none")
    }

    @Test func whatAMachineSaysTriggersFaults() throws {
        let (scratch, summary) = try run(
            """
            faults:
              - { when: { machine: a, output: "icmp_seq=3 " }, after: 2500ms, machine: b, kill: true }
              - { when: { console: "never said" }, link: lan/a, down: true }
            machines:
              a: { networks: [lan], run: ["ping -c 8 b || true"] }
              b: { networks: [lan] }
            """)
        #expect(replies(scratch.read("out/x/machines/a/1.out")) == [1, 2, 3, 4, 5])
        #expect(summary.machines[1].ended == "killed by a fault")
        #expect(summary.faults.count == 1)
    }

    /// A network has gone on to the next event when the run tells machines to stop: what they send then is no earlier.
    @Test func aLimitComesWhileLinksAreBusy() throws {
        for limit in ["2.2s", "2.7s", "3.1s"] {
            let (_, summary) = try run(
                """
                  wan: { subnet: 10.1.0.0/24, latency: 20ms, bandwidth: 2Mbit, queue: 20 frames }
                machines:
                  a: { networks: [wan], run: [{ command: "ping -f -s 1000 b", expect: any }] }
                  b: { networks: [wan] }
                """, ["--until", limit])
            #expect(summary.machines.allSatisfy { $0.ended == "powered off" })
            #expect(summary.machines[0].traffic.framesSent > 50)
        }
    }

    @Test func aPauseThatOutlivesTheLabIsOverWithIt() throws {
        let (_, summary) = try run(
            """
              wan: { subnet: 10.1.0.0/24, latency: 20ms, bandwidth: 2Mbit, jitter: 3ms }
            faults: [{ at: 5500ms, machine: b, pause: true, for: 100s }]
            machines:
              a: { networks: [wan], run: ["ping -i 0.3 -c 20 -W 1 b || true"] }
              b: { networks: [wan] }
            """)
        #expect(summary.machines.allSatisfy { $0.ended == "powered off" })
        #expect(summary.virtualNanoseconds < 20_000_000_000)
    }

    /// A command whose time was before its machine booted last does not begin again, and nobody waits for it; a machine that is
    /// killed and restarted in one instant boots.
    @Test func killsAndRestartsInOneInstantAndWhatIsPast() throws {
        let (_, summary) = try run(
            """
            faults:
              - { at: 10s, machine: b, kill: true }
              - { at: 10s, machine: b, restart: true }
            machines:
              a: { networks: [lan], run: [sleep 15] }
              b: { networks: [lan], run: [{ command: sleep 100, at: 5s }, { command: sleep 4 }] }
            """)
        #expect(summary.machines[1].ended == "powered off")
        #expect(summary.machines[1].commands[0].endNanoseconds == nil)
        #expect(summary.machines[1].commands[1].startNanoseconds.map { $0 / 1_000_000 } == 11_000)
        #expect(summary.virtualNanoseconds < 20_000_000_000)
    }

    /// One island: what a console says strikes at the same instant however soon it is read.
    @Test func aConsoleTriggersAFaultInALabOfOneIsland() throws {
        let scratch = try Scratch()
        try scratch.write(
            """
            name: one
            networks: { lan: { subnet: 10.0.0.0/24, latency: 0s } }
            faults: [{ when: { console: "now" }, after: 1s, machine: b, kill: true, restart: after 2s }]
            machines:
              a: { networks: [lan], run: ["sleep 3; echo now > /dev/kmsg; sleep 9"] }
              b: { networks: [lan], run: [{ command: "ping -i 0.2 a", background: true, expect: any }] }

            """, to: "one.yaml")
        let outcome = try Almanac.run(["verify", "one.yaml", "--runs", "4", "--quiet"], in: scratch.path)
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        #expect(!outcome.output.contains("failed"))
    }

    /// Drawn faults of all kinds, at five machines of which one pair has no delay; and what happened as a list gives the same.
    @Test func whatWasDrawnIsTheSameEachTimeAndCanBeGivenBack() throws {
        let scratch = try Scratch()
        let machines = (1...5).map {
            "  m\($0): { state: \($0 == 2 ? "keep" : "lost"), networks: [lan\($0 > 3 ? ", near" : "")], "
                + "run: [{ command: \"ping -i 0.3 m\($0 % 5 + 1)\", background: true, expect: any }] }\n"
        }.joined()
        let networks =
            "name: drawn\nuntil: 60s\nnetworks:\n  lan: { subnet: 10.0.0.0/24, latency: 3ms, jitter: 1ms }\n"
            + "  near: { subnet: 10.1.0.0/24, latency: 0s }\n"
        let kinds = "partition, cut, kill, pause, down, loss, latency, corrupt, clock"
        try scratch.write(
            networks
                + "faults:\n  - random: { every: 2s..5s, from: 5s, until: 55s, for: 3s..9s, kinds: [\(kinds)] }\n"
                + "machines:\n" + machines, to: "drawn.yaml")
        let verified = try Almanac.run(["verify", "drawn.yaml", "--quiet"], in: scratch.path)
        #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
        let list = scratch.read("out/verify/drawn/1/faults.yaml")
        #expect(list.split(separator: "\n").count { $0.hasPrefix("  - at: ") } >= 8, "\(list)")
        try scratch.write(networks + list + "machines:\n" + machines, to: "given.yaml")
        let given = try Almanac.run(["run", "given.yaml", "--quiet"], in: scratch.path)
        #expect(given.status == 0, "\(given.output)\(given.errors)")
        let hash = try #require(try scratch.summary("drawn").hash)
        #expect(verified.output.contains(hash), "\(verified.output)")
    }
}
