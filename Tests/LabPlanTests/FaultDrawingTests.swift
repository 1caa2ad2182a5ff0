import Network
import Testing

@testable import LabPlan

/// Faults that are drawn from a lab's seed.
struct FaultDrawingTests {
    private static let second: UInt64 = 1_000_000_000

    private static func text(
        _ random: String, seed: UInt64, machines: [String] = (1...5).map { "m\($0)" }, more: String = ""
    ) -> String {
        """
        name: random
        seed: \(seed)
        until: 10min
        networks: { lan: { subnet: 10.0.0.0/24 }, wan: { subnet: 10.1.0.0/24 } }
        machines:
        \(machines.map { "  \($0): { networks: [lan, wan] }" }.joined(separator: "\n"))
          model: { networks: [lan], model: sink }
        faults:
        \(more)
          - random: { \(random) }
        """
    }

    private static let all =
        "every: 1s..9s, kinds: [partition, cut, kill, pause, down, loss, latency, corrupt, clock], until: 5min, for: 2s..8s"

    /// What a fault holds, and when: a machine, or -1 for all ways between machines.
    private static func spans(_ faults: [FaultPlan]) -> [(owner: Int, span: Range<UInt64>)] {
        var steps: [Int: UInt64] = [:]
        return faults.compactMap { fault in
            guard case .at(let start) = fault.start else { return nil }
            switch fault.action {
            case .partition, .cut: return (-1, start..<start + fault.duration!)
            case .link(_, let machine, _), .pause(let machine):
                return (machine, start..<start + fault.duration!)
            case .kill(let machine, let delay): return (machine, start..<start + delay! + second)
            case .restart: return nil
            case .clock(let machine, _, _):
                // The second of two steps ends what the first began.
                guard let begun = steps.removeValue(forKey: machine) else {
                    steps[machine] = start
                    return nil
                }
                return (machine, begun..<start + 1)
            }
        }
    }

    @Test(arguments: 0..<500) func whatIsDrawnKeepsTheRules(seed: UInt64) throws {
        let text = Self.text(Self.all, seed: seed)
        let plan = try LabFile.parse(text, name: "random.yaml")
        if seed % 10 == 0 { #expect(try LabFile.parse(text, name: "random.yaml") == plan) }
        // What was drawn stands in the resolved lab, and nothing is drawn again.
        let again = try LabFile.parse(plan.yaml, name: "resolved.yaml")
        #expect(again == plan && !plan.yaml.contains("random:"))

        let starts = plan.faults.compactMap { if case .at(let start) = $0.start { start } else { nil } }
        #expect(starts.count == plan.faults.count && starts == starts.sorted() && starts.count >= 15)
        #expect(starts.allSatisfy { (2 * Self.second..<300 * Self.second + 1).contains($0) })
        #expect(plan.faults.allSatisfy { $0.end! <= 300 * Self.second })
        for fault in plan.faults {
            switch fault.action {
            case .partition(let groups):
                #expect(groups.count == 2 && !groups.contains(where: \.isEmpty))
                #expect(groups.joined().sorted() == Array(0...5))
            case .cut(let from, let to):
                #expect(!from.isEmpty && !to.isEmpty && Set(from).isDisjoint(with: to))
            case .kill(let machine, let delay):
                #expect(machine != 5 && (2 * Self.second...8 * Self.second).contains(delay!))
            case .pause(let machine), .clock(let machine, _, _): #expect(machine != 5)
            case .link(let network, let machine, _): #expect(machine != 5 || network == 0)
            case .restart: Issue.record("seed \(seed): a kill says itself when the machine boots")
            }
        }
        let spans = Self.spans(plan.faults)
        for (index, one) in spans.enumerated() {
            for other in spans[..<index] where other.owner == one.owner {
                #expect(!one.span.overlaps(other.span), "seed \(seed): machine \(one.owner)")
            }
        }
        // All clocks are right again.
        var errors: [Int: Int64] = [:]
        for case .clock(let machine, let step?, _) in plan.faults.map(\.action) {
            errors[machine, default: 0] += step
        }
        #expect(errors.values.allSatisfy { $0 == 0 })
    }

    @Test func everyKindComesUpAndSeedsDiffer() throws {
        var lists: Set<[FaultPlan]> = []
        var words: Set<String> = []
        for seed in 0..<50 as Range<UInt64> {
            let plan = try LabFile.parse(Self.text(Self.all, seed: seed), name: "x")
            lists.insert(plan.faults)
            for fault in plan.faults {
                switch fault.action {
                case .link(_, _, let change):
                    words.insert(change.isDown ? "down" : change.entries.map(\.key).joined())
                default: words.insert(String("\(fault.action)".prefix { $0 != "(" }))
                }
            }
        }
        #expect(lists.count == 50)
        #expect(
            words == ["partition", "cut", "kill", "pause", "down", "loss", "latency", "corrupt", "clock"])
    }

    @Test func aNewMachineChangesWhatItTakesAndNothingElse() throws {
        let random = "every: 20s..30s, kinds: [kill, loss], for: 2s..8s"
        var moved = 0
        var all = 0
        for seed in 0..<50 as Range<UInt64> {
            let names = (1...8).map { "m\($0)" }
            let few = try LabFile.parse(Self.text(random, seed: seed, machines: names), name: "x")
            let more = try LabFile.parse(Self.text(random, seed: seed, machines: ["new"] + names), name: "x")
            func lines(_ plan: LabPlan) -> [String] {
                plan.faults.map { "\($0.start) \($0.description(in: plan))" }
            }
            #expect(few.faults.map(\.start) == more.faults.map(\.start))
            for (old, new) in zip(lines(few), lines(more)) where old != new {
                #expect(new.contains("new"), "seed \(seed): \(old), then \(new)")
                moved += 1
            }
            all += few.faults.count
        }
        // One machine of nine is hit by one fault of nine.
        #expect(moved * 9 > all / 2 && moved * 9 < all * 2, "\(moved) of \(all)")
    }

    @Test func whatIsLeftLastsAsLongAsWasDrawn() throws {
        let random =
            "every: 1s, kinds: [loss], until: 10s, for: 30s, then: leave, machines: [m1, m2], loss: 7%"
        let plan = try LabFile.parse(Self.text(random, seed: 3), name: "x")
        #expect(plan.faults.count == 2)
        #expect(plan.faults.allSatisfy { $0.end! > 10 * Self.second && $0.duration == 30 * Self.second })
        for case .link(_, let machine, let change) in plan.faults.map(\.action) {
            #expect(
                machine < 2
                    && change.applied(to: LinkProfile()).loss
                        == .independent(Probability(partsPerBillion: 70_000_000))
            )
        }
    }

    @Test func whatIsFixedIsLeftAlone() throws {
        let fixed = """
              - { at: 5s, machine: m1, kill: true }
              - { at: 100s, machine: m1, restart: true }
              - { at: 50s, partition: [[m1], [m2]] }
            """
        let random = "every: 1s..2s, kinds: [kill, partition], for: 1s..3s, until: 4min, machines: [m1, m2]"
        let plan = try LabFile.parse(Self.text(random, seed: 7, more: fixed), name: "x")
        #expect(plan.faults.count > 20)
        for fault in plan.faults[3...] {
            guard case .at(let start) = fault.start else { continue }
            switch fault.action {
            case .kill(0, _): #expect(start < 5 * Self.second || start >= 101 * Self.second)
            case .partition: #expect(start < 50 * Self.second)
            default: break
            }
        }
        #expect(try LabFile.parse(plan.yaml, name: "resolved.yaml") == plan)
    }
}

extension FaultPlan {
    /// When it is over, ns; nil if it waits for an event.
    fileprivate var end: UInt64? {
        guard case .at(let start) = start else { return nil }
        if case .kill(_, let delay?) = action { return start + delay }
        return start + (duration ?? 0)
    }
}
