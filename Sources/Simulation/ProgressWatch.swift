/// No simulated time has passed for long.
package struct Stagnation: Hashable, Sendable {
    /// Wall-clock seconds since it last did.
    package let seconds: Int
    /// Wall-clock seconds since the last message, device notification or model's turn.
    package let silentSeconds: Int

    /// Clients exchange messages, but simulated time does not pass. Not each second: a program may fill a pipe before its
    /// machine's init sends what is in it.
    package var isTalk: Bool { 2 * silentSeconds < seconds }
}

/// Watches whether simulated time passes, once a tick.
struct ProgressWatch {
    /// Changes when there is progress: time passed, or a client started or left.
    struct Mark: Hashable {
        var instants: UInt64
        var started: Int
        var present: Int
    }

    /// Ticks without progress after which there is a `Stagnation`, and again after as many without a message.
    private let limit: Int
    private let ticksPerSecond: Int
    private var ticks = 0
    private var silentTicks = 0
    private var mark: Mark?
    private var activity: UInt64 = 0
    /// Turns by client at the first tick without progress.
    private var turns: [UInt64] = []
    /// Whether several clients compute at the same time.
    var contention = ContentionWatch()

    /// - Parameter seconds: of wall-clock time without progress after which there is a `Stagnation`.
    init(limit seconds: Int, ticksPerSecond: Int) {
        limit = seconds * ticksPerSecond
        self.ticksPerSecond = ticksPerSecond
    }

    /// A tick.
    ///
    /// - Parameters:
    ///   - activity: messages, notifications and models' turns so far.
    ///   - turns: so far, by client.
    /// - Returns: what the owner receives now, if some client is waited for.
    mutating func tick(
        _ mark: Mark, activity: UInt64, turns: @autoclosure () -> [UInt64]
    ) -> Stagnation? {
        silentTicks = activity == self.activity ? silentTicks + 1 : 0
        self.activity = activity
        ticks = mark == self.mark ? ticks + 1 : 0
        self.mark = mark
        if ticks == 1 { self.turns = turns() }
        guard ticks > 0, ticks.isMultiple(of: limit) || ticks > limit && silentTicks == limit else {
            return nil
        }
        return Stagnation(seconds: ticks / ticksPerSecond, silentSeconds: silentTicks / ticksPerSecond)
    }

    /// Ticks since the last message, device notification or model's turn, while no time has passed.
    var silence: Int { min(ticks, silentTicks) }

    /// A client that has its turn works: the count begins again.
    mutating func noteWork() { ticks = 0 }

    /// How many turns a client had before the first tick without progress.
    func turns(ofClient index: Int) -> UInt64 { index < turns.count ? turns[index] : 0 }
}
