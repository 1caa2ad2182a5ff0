import Network
import Testing

@testable import LabPlan

/// What a lab file says of faults, as the plan has it.
struct FaultFileTests {
    private static let lab = """
        name: faults
        until: 10min
        networks: { lan: { subnet: 10.0.0.0/24 }, wan: { subnet: 10.1.0.0/24 } }
        machines:
          m: { count: 3, networks: [lan] }
          r: { networks: [lan, wan] }
          e: { networks: [lan], model: echo }

        """

    private func plan(_ faults: [String]) throws -> LabPlan {
        let plan = try LabFile.parse(
            Self.lab + "faults:\n" + faults.map { "  - { \($0) }" }.joined(separator: "\n"),
            name: "faults.yaml")
        #expect(try LabFile.parse(plan.yaml, name: "resolved.yaml") == plan, "\(plan.yaml)")
        // The list by itself can be given back as well.
        #expect(try LabFile.parse(Self.lab + plan.faultsYAML(plan.faults), name: "again.yaml") == plan)
        return plan
    }

    private func fault(_ text: String) throws -> FaultPlan {
        try #require(try plan([text, "at: 9min, machine: m1, kill: true"]).faults.first)
    }

    private func lines(_ faults: [String]) throws -> [String] {
        let plan = try plan(faults)
        return plan.faults.map { $0.description(in: plan) }
    }

    @Test func partitions() throws {
        #expect(
            try fault("at: 10s, partition: [[m1, m2], [m3, r]], for: 30s")
                == FaultPlan(
                    start: .at(10_000_000_000), duration: 30_000_000_000,
                    action: .partition([[0, 1], [2, 3]])))
        #expect(try fault("at: 1s, partition: [[m], [e]]").action == .partition([[0, 1, 2], [4]]))
        #expect(try fault("at: 1s, partition: [[m1], [m2], [m3]]").duration == nil)
        #expect(
            try fault("at: 12s, partition: { from: [r], to: [m] }").action == .cut(from: [3], to: [0, 1, 2]))
    }

    @Test func links() throws {
        var change = LinkChange()
        change.set(\.loss, to: .independent(Probability(partsPerBillion: 200_000_000)))
        #expect(try fault("at: 50s, link: lan/m2, loss: 20%").action == .link(network: 0, machine: 1, change))
        change.direction = .in
        change.set(\.latency, to: 5_000_000)
        change.set(\.jitter, to: Jitter(distribution: .normal, scale: 1000))
        change.set(\.bandwidth, to: 1_000_000)
        change.set(\.queue, to: QueueProfile())
        change.set(\.duplicate, to: .always)
        change.set(\.reorder, to: ReorderProfile())
        change.set(\.corrupt, to: .never)
        #expect(
            try fault(
                "at: 50s, link: lan/m2, direction: in, loss: 20%, latency: 5ms, bandwidth: 1Mbit, duplicate: 100%, "
                    + "jitter: { distribution: normal, scale: 1us }, queue: 1000 frames, reorder: 0%, corrupt: 0%"
            ).action == .link(network: 0, machine: 1, change))
        var down = LinkChange()
        down.isDown = true
        #expect(try fault("at: 50s, link: wan/r, down: true").action == .link(network: 1, machine: 3, down))
    }

    @Test func machines() throws {
        #expect(try fault("at: 60s, machine: m3, kill: true").action == .kill(machine: 2, restartAfter: nil))
        for text in ["after 10s", "10s"] {
            let action = try fault("at: 60s, machine: m3, kill: true, restart: \(text)").action
            #expect(action == .kill(machine: 2, restartAfter: 10_000_000_000))
        }
        #expect(try fault("at: 60s, machine: m1, restart: true").action == .restart(machine: 0))
        #expect(
            try fault("at: 60s, machine: m1, pause: true, for: 5s")
                == FaultPlan(start: .at(60_000_000_000), duration: 5_000_000_000, action: .pause(machine: 0)))
        #expect(
            try fault("at: 60s, machine: r, clock: -1.5s").action
                == .clock(machine: 3, step: -1_500_000_000, drift: nil))
        #expect(
            try fault("at: 60s, machine: r, clock: +3s, drift: -20ppb, for: 1min").action
                == .clock(machine: 3, step: 3_000_000_000, drift: -20))
        #expect(
            try fault("at: 60s, machine: r, drift: 50ppm").action
                == .clock(machine: 3, step: nil, drift: 50_000))
    }

    @Test func eventsStartFaults() throws {
        #expect(
            try fault("when: { machine: m1, output: 'elected \\w+' }, after: 2s, machine: m1, kill: true")
                .start
                == .after(2_000_000_000, FaultTrigger(machine: 0, source: .output, pattern: "elected \\w+")))
        #expect(
            try fault("when: { console: 'oops \"' }, link: lan/m1, down: true, for: 1s").start
                == .after(0, FaultTrigger(machine: nil, source: .console, pattern: "oops \"")))
    }

    @Test func aLineSaysWhatHappens() throws {
        #expect(
            try lines([
                "at: 1s, partition: [[m1, m2], [m3]]", "at: 1s, partition: { from: [m], to: [r] }",
                "at: 1s, link: lan/m2, loss: 20%, direction: out", "at: 1s, link: lan/m2, down: true",
                "at: 1s, machine: m3, kill: true", "at: 2s, machine: m3, restart: true",
                "at: 3s, machine: m3, pause: true, for: 1s", "at: 3s, machine: m3, clock: +3s, drift: 50ppm",
            ]) == [
                "partition m1 m2 | m3", "cut m1 m2 m3 > r", "lan/m2 out: loss 20%", "lan/m2: down",
                "m3 is killed",
                "m3 restarts", "m3 is paused", "m3: clock +3s, drift +50ppm",
            ])
    }

    @Test func aLinkThatAFaultShapesTakesNothingOffMachines() throws {
        #expect(try plan(["at: 5s, link: lan/m1, loss: 1%"]).networks.map(\.offload) == [false, true])
        #expect(try plan(["at: 5s, link: lan/m1, down: true"]).networks.map(\.offload) == [true, true])
    }
}
