/// The result of a check or log rule, or a report of a kernel or sanitizer.
package struct VerdictSummary: Codable, Hashable, Sendable {
    package enum Kind: String, Codable, Sendable {
        /// A command that judges the lab while it runs.
        case check
        /// A rule about the lines of machines' logs.
        case log
        /// A report of a kernel or of a program built with a sanitizer.
        case report
    }

    package var kind: Kind
    /// Nil for a rule that applies to all machines.
    package var machine: String?
    /// A check's command, or a rule with its pattern.
    package var name: String
    package var passed: Bool
    /// Why it failed: an exit status, a line.
    package var reason: String?
    /// Simulated time at which it failed, or at which a repeated check passed, ns.
    package var nanoseconds: UInt64?
    /// The expected exit status of a check's command.
    package var expected: Int?
    /// Number of runs of a check.
    package var runs: Int?
    /// The file of a check's output, relative to the run folder.
    package var output: String?

    package init(
        _ kind: Kind, machine: String? = nil, name: String, passed: Bool, reason: String? = nil,
        nanoseconds: UInt64? = nil, expected: Int? = nil, runs: Int? = nil, output: String? = nil
    ) {
        self.kind = kind
        self.machine = machine
        self.name = name
        self.passed = passed
        self.reason = reason
        self.nanoseconds = nanoseconds
        self.expected = expected
        self.runs = runs
        self.output = output
    }

    /// One line: machine, kind, name, time, reason.
    package var description: String { line(width: .max) }

    /// The same in at most `width` columns, safe for a terminal. The name is shortened first: time and reason are
    /// more useful.
    func line(width: Int) -> String {
        let head = Format.harmless("\(machine.map { "\($0) " } ?? "")\(kind.rawValue): ")
        let when = nanoseconds.map { " at \(Format.simulated($0))" } ?? ""
        let tail = Format.harmless("\(when)\(reason.map { ": \($0)" } ?? "")")
        // The name keeps at least twelve characters.
        let room = max(12, width - head.count - tail.count)
        return Format.shortened(head + Format.shortened(Format.harmless(name), to: room) + tail, to: width)
    }
}

/// A fault that occurred.
package struct FaultSummary: Codable, Hashable, Sendable {
    package var text: String
    /// Simulated time, ns.
    package var beganNanoseconds: UInt64
    /// Simulated time, ns; nil if it lasted to the end.
    package var endedNanoseconds: UInt64?

    package init(text: String, beganNanoseconds: UInt64, endedNanoseconds: UInt64?) {
        self.text = text
        self.beganNanoseconds = beganNanoseconds
        self.endedNanoseconds = endedNanoseconds
    }
}
