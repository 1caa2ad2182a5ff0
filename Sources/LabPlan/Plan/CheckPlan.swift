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
        /// Again and again, as long as the lab: whether the machine is healthy.
        case health(HealthPlan)

        /// It comes to a verdict by itself: the lab waits for that.
        var hasAnEnd: Bool {
            switch self {
            case .at, .eventually: true
            case .every, .health: false
            }
        }
    }

    /// For the shell. Of a program without a shell, its words as a shell would read them.
    package var command: String
    /// The program and its arguments; nil: a shell executes `command`.
    package var words: [String]?
    package var schedule: Schedule
    /// The exit status that passes.
    package var status: Int

    /// Whether a machine is healthy.
    package static func health(_ plan: HealthPlan, command: String) -> CheckPlan {
        CheckPlan(command: command, schedule: .health(plan), status: 0)
    }

    /// Whether a machine is healthy, by a program without a shell.
    package static func health(_ plan: HealthPlan, words: [String]) -> CheckPlan {
        CheckPlan(
            command: CommandPlan.text(of: words), words: words, schedule: .health(plan), status: 0)
    }

    package var isHealth: Bool {
        if case .health = schedule { true } else { false }
    }
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
