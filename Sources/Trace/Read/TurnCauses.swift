internal import Calendar

/// What caused the turns of one participant.
package struct TurnCauses: Sendable {
    /// A turn that followed a wait.
    package struct Turn: Hashable, Sendable {
        package let cause: TraceStatistics.Cause
        /// ns of simulated time since the end of the turn before it.
        package let waited: UInt64
    }

    /// What arrived for it while it waited, and when.
    private var cause: (TraceStatistics.Cause, at: UInt64)?
    /// The end of its last turn, with its free run, ns; nil before the first.
    private(set) var waitsSince: UInt64?

    package init() {}

    /// The participant's next event. Returns the turn that begins with it, if one does and it is not the first.
    package mutating func take(_ event: TraceEvent) -> Turn? {
        let now = event.time.nanoseconds
        switch event.kind {
        case .run:
            let due = cause.flatMap { $0.at == now ? $0.0 : nil }
            cause = nil
            // An arrival at an earlier instant caused a turn at that instant, or none.
            return waitsSince.map { Turn(cause: due ?? .timer, waited: now - min(now, $0)) }
        case .wait:
            waitsSince = now.increased(by: event.fields.first)
            cause = nil
        case .deliver:
            arrived(.participant(UInt32(truncatingIfNeeded: event.fields.second)), at: now)
        case .controlOut:
            arrived(.lab, at: now)
        default:
            break
        }
        return nil
    }

    /// The first arrival at an instant causes the turn.
    private mutating func arrived(_ what: TraceStatistics.Cause, at now: UInt64) {
        if cause?.at != now { cause = (what, now) }
    }
}
