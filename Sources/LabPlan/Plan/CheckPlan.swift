/// A command that judges the lab while it runs.
package struct CheckPlan: Hashable, Sendable {
    /// When it runs.
    package enum Schedule: Hashable, Sendable {
        /// Once, at this simulated time, ns.
        case at(UInt64)
        /// At `from` and then every `interval` ns, up to and without `until` (nil: as long as the lab); each run must pass. A run that is
        /// due while the former one goes on is left out.
        case every(interval: UInt64, from: UInt64, until: UInt64?)
        /// After the last fault has ended: again and again, `interval` ns from start to start, until it passes; it must within `limit` ns.
        case eventually(limit: UInt64, interval: UInt64)

        /// It comes to a verdict by itself: the lab waits for that.
        var hasAnEnd: Bool {
            if case .every = self { false } else { true }
        }
    }

    package var command: String
    package var schedule: Schedule
    /// The exit status that passes.
    package var status: Int
}

/// Where lines come from.
package enum LogSource: String, CaseIterable, Hashable, Sendable {
    /// The kernel's console.
    case console
    /// The output of commands and checks.
    case output
    /// Both.
    case all

    /// Whether a rule for this source reads lines of `source`.
    package func includes(_ source: LogSource) -> Bool { self == .all || self == source }
}

/// A rule about what machines say.
package struct LogRule: Hashable, Sendable {
    /// A regular expression (Swift's `Regex`), searched for in each line.
    package var pattern: String
    /// Some line must have it; else none may.
    package var isRequired: Bool
    package var source: LogSource
    /// Indices in the plan; nil: all. Each of them must say what is required.
    package var machines: [Int]?
}
