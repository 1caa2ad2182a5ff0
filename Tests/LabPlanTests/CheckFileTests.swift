import Testing

@testable import LabPlan

/// What a lab file says of checks and logs, as the plan has it.
struct CheckFileTests {
    private func plan(checks: String = "[]", logs: String = "[]", more: String = "") throws -> LabPlan {
        let plan = try LabFile.parse(
            """
            name: checks
            until: 10min
            machines:
              a: { check: \(checks) }
              b: { count: 2 }
            logs: \(logs)
            \(more)
            """, name: "checks.yaml")
        #expect(try LabFile.parse(plan.yaml, name: "resolved.yaml") == plan, "\(plan.yaml)")
        return plan
    }

    private func schedule(_ check: String) throws -> CheckPlan.Schedule {
        try plan(checks: "[ { command: x, \(check) } ]").machines[0].checks[0].schedule
    }

    @Test func whenAChecksRuns() throws {
        let second: UInt64 = 1_000_000_000
        #expect(try schedule("at: 20s") == .at(20 * second))
        // The first comes after the commands have had as long as there is between two.
        #expect(try schedule("every: 2s") == .every(interval: 2 * second, from: 3 * second, until: nil))
        #expect(
            try schedule("every: 1s, from: 5s, until: 60s")
                == .every(interval: second, from: 5 * second, until: 60 * second))
        #expect(try schedule("eventually: 30s") == .eventually(limit: 30 * second, interval: second))
        #expect(
            try schedule("eventually: 30s, every: 100ms")
                == .eventually(limit: 30 * second, interval: second / 10))
    }

    @Test func whatAChecksExpects() throws {
        let plan = try plan(
            checks: "[ { command: 'grep \"x\" y', at: 1s, expect: 1 }, { command: b, at: 2s } ]")
        #expect(plan.machines[0].checks.map(\.status) == [1, 0])
        #expect(plan.machines[0].checks.map(\.command) == ["grep \"x\" y", "b"])
        #expect(plan.machines[1].checks.isEmpty)
    }

    @Test func rulesAboutLogs() throws {
        let plan = try plan(
            logs: "[ { never: 'connection \\w+', in: output, machines: [b, a] }, { must: ready } ]")
        #expect(
            plan.logs == [
                LogRule(pattern: "connection \\w+", isRequired: false, source: .output, machines: [1, 2, 0]),
                LogRule(pattern: "ready", isRequired: true, source: .all, machines: nil),
            ])
        #expect(plan.failsOnReports)
        #expect(try !self.plan(more: "kernel-reports: false").failsOnReports)
    }
}
