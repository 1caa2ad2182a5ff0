/// A verdict on the lab beside those on its commands.
package struct VerdictSummary: Codable, Hashable, Sendable {
    package enum Kind: String, Codable, Sendable {
        /// A command that judged the lab while it ran.
        case check
        /// A rule about what machines say.
        case log
        /// What a kernel, or a program built with a sanitizer, reported of itself.
        case report
    }

    package var kind: Kind
    /// Nil for a rule that is about all machines.
    package var machine: String?
    /// What judged: a check's command, a rule's pattern with what it asks for.
    package var name: String
    package var passed: Bool
    /// Why it failed: an exit status, a line.
    package var reason: String?
    /// When, in simulated time, it failed; or passed, for a check that was tried until it did.
    package var nanoseconds: UInt64?
    /// The exit status that a check's command should have.
    package var expected: Int?
    /// Runs of a check.
    package var runs: Int?
    /// A check's output's file, relative to the run folder.
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

    /// One line: what, whose, when, why.
    package var description: String { line(width: .max) }

    /// The same in so many columns, made harmless for a terminal. What judged is shortened first: when and why matter more.
    func line(width: Int) -> String {
        let head = Format.harmless("\(machine.map { "\($0) " } ?? "")\(kind.rawValue): ")
        let when = nanoseconds.map { " at \(Format.simulated($0))" } ?? ""
        let tail = Format.harmless("\(when)\(reason.map { ": \($0)" } ?? "")")
        // A few characters are kept in any case.
        let room = max(12, width - head.count - tail.count)
        return Format.shortened(head + Format.shortened(Format.harmless(name), to: room) + tail, to: width)
    }
}

/// A fault that happened.
package struct FaultSummary: Codable, Hashable, Sendable {
    package var text: String
    /// Simulated times, ns; nil when it lasted to the end.
    package var beganNanoseconds: UInt64
    package var endedNanoseconds: UInt64?

    package init(text: String, beganNanoseconds: UInt64, endedNanoseconds: UInt64?) {
        self.text = text
        self.beganNanoseconds = beganNanoseconds
        self.endedNanoseconds = endedNanoseconds
    }
}
