package import LabPlan

/// Whether a machine is healthy, as container engines find it (Dockerfile reference, HEALTHCHECK): events in, no I/O.
package struct HealthState: Hashable, Sendable {
    package enum Status: String, Hashable, Sendable {
        /// No probe has passed, and not enough have failed.
        case starting
        case healthy
        case unhealthy
    }

    package private(set) var status = Status.starting
    /// Probes in a row that have failed and count.
    private var failures = 0
    /// When the service was started, ns.
    private var start: UInt64?

    package init() {}

    /// The service has been started, perhaps again.
    ///
    /// - Returns: when the first probe is due.
    package mutating func started(at now: UInt64, _ plan: HealthPlan) -> UInt64 {
        self = HealthState()
        start = now
        return due(after: now, plan)
    }

    /// A probe has ended, or was killed because it took too long.
    ///
    /// - Returns: when the next is due.
    package mutating func probed(passed: Bool, at now: UInt64, _ plan: HealthPlan) -> UInt64 {
        if passed {
            failures = 0
            status = .healthy
        } else if status != .starting || !isInStartPeriod(now, plan) {
            failures += 1
            if failures >= plan.retries { status = .unhealthy }
        }
        return due(after: now, plan)
    }

    private func isInStartPeriod(_ now: UInt64, _ plan: HealthPlan) -> Bool {
        now < (start ?? now) + plan.startPeriod
    }

    private func due(after now: UInt64, _ plan: HealthPlan) -> UInt64 {
        now + (status == .starting && isInStartPeriod(now, plan) ? plan.startInterval : plan.interval)
    }
}
