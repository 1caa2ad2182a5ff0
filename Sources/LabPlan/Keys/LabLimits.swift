internal import Network

/// Bounds of numbers in a lab file that several keys share.
package enum LabLimits {
    /// Longest delay that a network, a path, a link or a queue can have, ns. Errors name it.
    package static let longestDelay = LinkProfile.longestTime
    package static let delays = 0...longestDelay

    /// Longest of all other durations, and the latest instant, ns: 53,000 days, 145 years. The sum of two and a time of
    /// day fit 64 bits.
    package static let longestTime: UInt64 = 53_000 * 86_400_000_000_000
    package static let times = 0...longestTime
    package static let positiveTimes = 1...longestTime

    /// Longest graph file, bytes.
    package static let largestGraph = NetworkGraph.largestFile
    /// Longest scale of a jitter, ns: an hour; a draw is at most a thousand times that.
    static let jitters: ClosedRange<UInt64> = 0...3_600_000_000_000

    /// Most bytes that are copied into a machine before it starts.
    static let filesOfMachine: UInt64 = 64 << 20

    /// Most faults of a lab, drawn ones counted.
    package static let faults = 10_000
    /// Most machines of a lab.
    package static let machines = 16_384
    /// Most pairs of machines of a network with a path of their own, each way counted: 2048 machines, all with all.
    static let paths = 1 << 22
    static let mtus: ClosedRange<UInt64> = 68...65_521
    /// The longest that a call may take which gives a program nothing, ns.
    static let pollingLimits: ClosedRange<UInt64> = 256...1_000_000_000
    /// That of machines that say nothing about it.
    package static let usualPollingLimit: UInt64 = 100_000
    /// Most patterns of artifacts that a machine has.
    package static let artifactPatterns = 100
    static let memory: ClosedRange<UInt64> = (32 << 20)...(64 << 30)

    /// A machine has 60 s to power off.
    static let stopGraces: ClosedRange<UInt64> = 0...50_000_000_000
    /// Most retries of a health check.
    static let mostRetries = 1_000_000
}
