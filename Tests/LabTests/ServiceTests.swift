import Lab
import LabPlan
import Testing

/// When services are started again, and when machines are healthy.
struct ServiceTests {
    private static let second: UInt64 = 1_000_000_000

    @Test func delaysDoubleUpToAMinute() {
        var state = RestartState()
        var (now, delays): (UInt64, [UInt64]) = (0, [])
        for _ in 0..<12 {
            state.started(at: now)
            let due = state.ended(status: 1, at: now, .always)!
            delays.append((due - now) / 1_000_000)
            #expect(state.isDue)
            now = due
        }
        #expect(delays == [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 51_200, 60_000, 60_000])
        // It has run for 10 s.
        state.started(at: now)
        #expect(!state.isDue)
        let end = now + 10 * Self.second
        #expect(state.ended(status: 0, at: end, .always) == end + 100_000_000)
        #expect(state.count == 13)
    }

    @Test func onlyFailuresAreTriedAgain() {
        var state = RestartState()
        #expect(state.ended(status: 0, at: 0, .onFailure(limit: nil)) == nil)
        #expect(state.ended(status: 1, at: 0, .no) == nil)
        #expect(state.ended(status: 1, at: 0, .onFailure(limit: 2)) == 100_000_000)
        #expect(state.ended(status: 1, at: Self.second, .onFailure(limit: 2)) == Self.second + 200_000_000)
        state.started(at: 2 * Self.second)
        #expect(state.ended(status: 1, at: 2 * Self.second, .onFailure(limit: 2)) == nil)
        #expect(!state.isDue)
    }

    @Test(arguments: ["no", "always", "on-failure", "on-failure:7"]) func policiesAreText(text: String) throws
    {
        #expect(try RestartPolicy.parse(text).text == text)
    }

    @Test(arguments: ["", "never", "on-failure:", "on-failure:0", "on-failure:x", "always:3"])
    func otherTextsAreNoPolicies(text: String) {
        #expect(throws: TextError.self) { try RestartPolicy.parse(text) }
    }

    @Test func failuresInARowMakeUnhealthy() {
        var plan = HealthPlan()
        plan.interval = 10 * Self.second
        var state = HealthState()
        #expect(state.started(at: 5, plan) == 5 + 10 * Self.second)
        func fail(_ times: Int) { for _ in 0..<times { _ = state.probed(passed: false, at: 100, plan) } }
        fail(2)
        #expect(state.status == .starting)
        #expect(state.probed(passed: true, at: 100, plan) == 100 + 10 * Self.second)
        #expect(state.status == .healthy)
        fail(2)
        #expect(state.status == .healthy)
        fail(1)
        #expect(state.status == .unhealthy)
        _ = state.probed(passed: true, at: 100, plan)
        #expect(state.status == .healthy)
        _ = state.started(at: 200, plan)
        #expect(state.status == .starting)
    }

    @Test func failuresInTheStartPeriodDoNotCount() {
        var plan = HealthPlan()
        (plan.interval, plan.startPeriod, plan.startInterval) = (
            30 * Self.second, 20 * Self.second, 2 * Self.second
        )
        plan.retries = 1
        var state = HealthState()
        #expect(state.started(at: 0, plan) == 2 * Self.second)
        #expect(state.probed(passed: false, at: 2 * Self.second, plan) == 4 * Self.second)
        #expect(state.status == .starting)
        // Once it was healthy, they count.
        #expect(state.probed(passed: true, at: 4 * Self.second, plan) == 34 * Self.second)
        _ = state.probed(passed: false, at: 5 * Self.second, plan)
        #expect(state.status == .unhealthy)
        _ = state.started(at: 100 * Self.second, plan)
        _ = state.probed(passed: false, at: 120 * Self.second, plan)
        #expect(state.status == .unhealthy)
    }
}
