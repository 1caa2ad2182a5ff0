/// When a machine's last command, its service, is started again.
package enum RestartPolicy: Hashable, Sendable {
    /// Never.
    case no
    /// Whenever it ends.
    case always
    /// When it fails, at most `limit` times; nil: as often as it does.
    case onFailure(limit: Int?)

    /// As container engines write it: `no`, `always`, `unless-stopped`, `on-failure`, `on-failure:5`.
    package static func parse(_ text: String) throws(TextError) -> RestartPolicy {
        switch text {
        // YAML's own `no` comes as this text, too.
        case "no", "false": return .no
        // Nobody stops a container of a lab.
        case "always", "unless-stopped": return .always
        case "on-failure": return .onFailure(limit: nil)
        default:
            guard text.hasPrefix("on-failure:"),
                let limit: Int = DecimalText.integer(String(text.dropFirst(11))),
                (1...1_000_000).contains(limit)
            else {
                throw TextError(
                    "\(quoted(text)) is not no, always, unless-stopped, on-failure or on-failure:5")
            }
            return .onFailure(limit: limit)
        }
    }

    package var text: String {
        switch self {
        case .no: "no"
        case .always: "always"
        case .onFailure(let limit): limit.map { "on-failure:\($0)" } ?? "on-failure"
        }
    }
}

/// What a machine's commands wait for.
package struct Dependency: Hashable, Sendable {
    package enum Condition: String, CaseIterable, Hashable, Sendable {
        /// The other machine's service has been started.
        case started
        /// Its health check passes.
        case healthy
        /// Its service has ended with status 0.
        case done
    }

    /// Index in the plan.
    package var machine: Int
    package var condition: Condition

    package init(machine: Int, condition: Condition) {
        self.machine = machine
        self.condition = condition
    }
}

/// How often a machine's health is probed, and what makes it healthy (Dockerfile reference, HEALTHCHECK). Times in ns.
package struct HealthPlan: Hashable, Sendable {
    /// From the end of a probe to the next.
    package var interval: UInt64 = 30_000_000_000
    /// How long a probe may take.
    package var timeout: UInt64 = 30_000_000_000
    /// Probes in a row that must fail before the machine is unhealthy.
    package var retries = 3
    /// Failures before this time, counted from the start of the service, do not count.
    package var startPeriod: UInt64 = 0
    /// From the end of a probe to the next while the start period lasts.
    package var startInterval: UInt64 = 5_000_000_000

    package init() {}
}
