/// An event of a run for `--format json`: one object a line.
package struct RunEvent: Codable, Hashable, Sendable {
    package enum Kind: String, Codable, Sendable {
        case machineUp = "machine-up"
        case commandStart = "command-start"
        case commandEnd = "command-end"
        case machineEnd = "machine-end"
        case fault
        case checkFailed = "check-failed"
        /// A machine has become healthy or unhealthy.
        case health
        case problem
        case summary
    }

    package var kind: Kind
    /// Simulated time, ns.
    package var virtualNanoseconds: UInt64
    package var machine: String?
    /// The command's number among the machine's, from 1.
    package var index: Int?
    package var command: String?
    package var status: Int?
    package var outcome: CommandSummary.Outcome?
    /// How a machine ended, the problem, or which check failed and why.
    package var text: String?
    package var summary: RunSummary?

    package init(
        _ kind: Kind, virtualNanoseconds: UInt64, machine: String? = nil, index: Int? = nil,
        command: String? = nil, status: Int? = nil, outcome: CommandSummary.Outcome? = nil,
        text: String? = nil, summary: RunSummary? = nil
    ) {
        self.kind = kind
        self.virtualNanoseconds = virtualNanoseconds
        self.machine = machine
        self.index = index
        self.command = command
        self.status = status
        self.outcome = outcome
        self.text = text
        self.summary = summary
    }
}
