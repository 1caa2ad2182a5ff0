/// Something that goes wrong on purpose.
package struct FaultPlan: Hashable, Sendable {
    /// When it begins.
    package enum Start: Hashable, Sendable {
        /// At this simulated time, ns.
        case at(UInt64)
        /// So many ns after a machine has said something for the first time.
        case after(UInt64, FaultTrigger)
    }

    package var start: Start
    /// How long it lasts, ns; nil: to the end of the run. Kills, restarts and steps of clocks are moments and have none.
    package var duration: UInt64?
    package var action: FaultAction
}

/// What a fault waits for.
package struct FaultTrigger: Hashable, Sendable {
    /// Index of the machine in the plan; nil: any.
    package var machine: Int?
    /// Where it is looked for.
    package var source: LogSource
    /// A regular expression that a line contains.
    package var pattern: String
}

/// What goes wrong. Machines and networks are indices in the plan.
package enum FaultAction: Hashable, Sendable {
    /// Machines of different groups cannot reach each other on any network; those in no group reach all.
    case partition([[Int]])
    /// What machines of `from` send does not reach machines of `to`.
    case cut(from: [Int], to: [Int])
    /// A machine's interface changes.
    case link(network: Int, machine: Int, LinkChange)
    /// A machine's time stands, then goes on.
    case pause(machine: Int)
    /// Power loss; it boots again so many ns later, or never.
    case kill(machine: Int, restartAfter: UInt64?)
    /// Boots a machine that was killed.
    case restart(machine: Int)
    /// A machine's wall clock steps by ns (either way), or all its clocks go fast by parts per billion (slow below 0) while the
    /// fault lasts.
    case clock(machine: Int, step: Int64?, drift: Int64?)
}
