internal import Posix
internal import Simulation

/// A run's wall-clock time: how long it has lasted, and the deadline of an interrupted shutdown.
struct RunWallClock {
    /// Wall-clock seconds that an interrupted run gets to shut its machines down.
    private static let interruptionLimit = 10

    private let beginning = Posix.wallNanoseconds()
    /// Ticks of the simulation so far.
    private(set) var ticks = 0
    private var ticksLeft: Int?
    private var standingTicks = 0

    /// Since the run began, ns.
    var nanoseconds: UInt64 { Posix.wallNanoseconds() - beginning }

    /// Without the time in which simulated time stood for visitors, ns.
    var workNanoseconds: UInt64 {
        nanoseconds
            - min(nanoseconds, UInt64(standingTicks) * 1_000_000_000 / UInt64(Simulation.ticksPerSecond))
    }

    /// At a tick simulated time stands for visitors.
    mutating func noteStanding() { standingTicks += 1 }

    mutating func startInterruptionDeadline() {
        ticksLeft = Self.interruptionLimit * Simulation.ticksPerSecond
    }

    /// Counts a tick; true when the deadline is reached.
    mutating func tick() -> Bool {
        ticks += 1
        guard let left = ticksLeft else { return false }
        ticksLeft = left > 1 ? left - 1 : nil
        return left <= 1
    }
}
