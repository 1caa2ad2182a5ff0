package import LabPlan

/// When a service that has ended is started again, as container engines do it: the delay doubles each time, until the service has run
/// for a while. Times in ns.
package struct RestartState: Hashable, Sendable {
    /// How often it was started again.
    package private(set) var count = 0
    /// It has ended, and will be started again.
    package private(set) var isDue = false
    private var delay = Self.firstDelay
    private var start: UInt64 = 0

    static let firstDelay: UInt64 = 100_000_000
    static let longestDelay: UInt64 = 60_000_000_000
    /// A service that has run so long begins with the first delay again.
    static let steadyTime: UInt64 = 10_000_000_000

    package init() {}

    package mutating func started(at now: UInt64) {
        start = now
        isDue = false
    }

    /// - Returns: when it is to be started again; nil: not at all.
    package mutating func ended(status: Int, at now: UInt64, _ policy: RestartPolicy) -> UInt64? {
        switch policy {
        case .no: return nil
        case .always: break
        case .onFailure(let limit): guard status != 0, count < limit ?? .max else { return nil }
        }
        if now >= start + Self.steadyTime { delay = Self.firstDelay }
        let due = now + delay
        delay = min(2 * delay, Self.longestDelay)
        count += 1
        isDue = true
        return due
    }
}
