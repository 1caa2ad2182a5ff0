/// A run as JUnit XML for continuous integration services: a test case for each command, check, log rule and machine,
/// and one for the lab.
///
/// The suite's `time` is the wall-clock time of the run; simulated times are properties of the cases, and in the
/// messages.
package struct JUnitReport: Sendable {
    /// One test case.
    package struct Case: Hashable, Sendable {
        /// The result of a test case.
        package enum Outcome: Hashable, Sendable {
            case passed
            /// `message` is one line, `text` the details.
            case failed(type: String, message: String, text: String)
            /// The command did not start.
            case skipped(message: String)
            /// The run itself failed, so there is no result.
            case error(message: String)
        }

        /// `lab.machine`, or the lab's name.
        package var classname: String
        package var name: String
        package var outcome: Outcome
        /// Names and values.
        package var properties: [(name: String, value: String)]

        package init(
            classname: String, name: String, outcome: Outcome,
            properties: [(name: String, value: String)] = []
        ) {
            self.classname = classname
            self.name = name
            self.outcome = outcome
            self.properties = properties
        }

        package static func == (a: Case, b: Case) -> Bool {
            a.classname == b.classname && a.name == b.name && a.outcome == b.outcome
                && a.properties.map(\.name) == b.properties.map(\.name)
                && a.properties.map(\.value) == b.properties.map(\.value)
        }

        package func hash(into hasher: inout Hasher) {
            hasher.combine(classname)
            hasher.combine(name)
            hasher.combine(outcome)
        }
    }

    package let name: String
    /// ns.
    package let wallNanoseconds: UInt64
    package let properties: [(name: String, value: String)]
    package private(set) var cases: [Case] = []

    /// The report of a run.
    ///
    /// - Parameter lastOutput: returns the last lines of a failed command's output.
    package init(
        _ summary: RunSummary,
        lastOutput: (MachineSummary, CommandSummary) -> [String] = { _, _ in [] }
    ) {
        name = summary.name
        wallNanoseconds = summary.wallNanoseconds
        var properties = [("seed", "\(summary.seed)")]
        if let hash = summary.hash { properties.append(("hash", hash)) }
        if let command = summary.repeatCommand { properties.append(("repeat", command)) }
        properties.append(("virtual-time", Self.seconds(summary.virtualNanoseconds)))
        if let kernel = summary.kernel { properties.append(("kernel", kernel.version)) }
        properties.append(("version", summary.toolVersion))
        self.properties = properties.map { (name: $0.0, value: $0.1) }
        for machine in summary.machines {
            for command in machine.commands {
                cases.append(Self.case(summary, machine, command, lastOutput))
            }
            cases.append(Self.case(summary, machine))
        }
        cases += summary.verdicts.map { Self.case(summary, $0) }
        cases.append(Self.case(summary))
    }

    /// The report of a run that could not start.
    package init(name: String, error: String) {
        self.name = name
        wallNanoseconds = 0
        properties = []
        cases = [Case(classname: name, name: "lab", outcome: .error(message: error))]
    }

    private static func `case`(
        _ summary: RunSummary, _ machine: MachineSummary, _ command: CommandSummary,
        _ lastOutput: (MachineSummary, CommandSummary) -> [String]
    ) -> Case {
        var properties: [(name: String, value: String)] = [("expected", command.expectation)]
        if let start = command.startNanoseconds { properties.append(("simulated-start", seconds(start))) }
        if let end = command.endNanoseconds { properties.append(("simulated-end", seconds(end))) }
        let end = command.endNanoseconds ?? summary.virtualNanoseconds
        let outcome: Case.Outcome
        switch command.outcome {
        case .passed: outcome = .passed
        case .notStarted: outcome = .skipped(message: "not started")
        case .failed, .stillRunning:
            let status = command.status.map { "exit \($0)" } ?? "still running"
            outcome = .failed(
                type: command.outcome == .failed ? "expectation" : "still-running",
                message: "\(status), expected \(command.expectation), at \(Format.simulated(end)) simulated",
                text: lastOutput(machine, command).joined(separator: "\n"))
        }
        return Case(
            classname: "\(summary.name).\(machine.name)", name: "\(command.index) \(command.command)",
            outcome: outcome, properties: properties)
    }

    private static func `case`(_ summary: RunSummary, _ machine: MachineSummary) -> Case {
        let hasFailed = machine.failed ?? !["powered off", "stopped"].contains(machine.ended)
        return Case(
            classname: "\(summary.name).\(machine.name)", name: "machine",
            outcome: hasFailed
                ? .failed(
                    type: "machine", message: machine.ended, text: machine.problems.joined(separator: "\n"))
                : .passed)
    }

    /// A check, a log rule or a report of a kernel or sanitizer.
    private static func `case`(_ summary: RunSummary, _ verdict: VerdictSummary) -> Case {
        var properties: [(name: String, value: String)] = []
        if let runs = verdict.runs { properties.append(("runs", "\(runs)")) }
        if let instant = verdict.nanoseconds { properties.append(("simulated-time", seconds(instant))) }
        let when = verdict.nanoseconds.map { ", at \(Format.simulated($0)) simulated" } ?? ""
        let reason = verdict.reason ?? "failed"
        return Case(
            classname: verdict.machine.map { "\(summary.name).\($0)" } ?? summary.name,
            name: "\(verdict.kind.rawValue) \(verdict.name)",
            outcome: verdict.passed
                ? .passed : .failed(type: verdict.kind.rawValue, message: reason + when, text: ""),
            properties: properties)
    }

    private static func `case`(_ summary: RunSummary) -> Case {
        let message =
            (summary.reason ?? "the lab \(summary.result.rawValue)")
            + ", at \(Format.simulated(summary.virtualNanoseconds)) simulated"
        let outcome: Case.Outcome =
            switch summary.result {
            case .passed: .passed
            case .failed:
                .failed(
                    type: "lab", message: message, text: summary.repeatCommand.map { "repeat: \($0)" } ?? "")
            case .interrupted, .error: .error(message: message)
            }
        return Case(classname: summary.name, name: "lab", outcome: outcome)
    }

    // MARK: XML

    /// The document.
    package var xml: String {
        let failed = cases.count { if case .failed = $0.outcome { true } else { false } }
        let errors = cases.count { if case .error = $0.outcome { true } else { false } }
        let skipped = cases.count { if case .skipped = $0.outcome { true } else { false } }
        let counts =
            " tests=\"\(cases.count)\" failures=\"\(failed)\" errors=\"\(errors)\" skipped=\"\(skipped)\" "
            + "time=\"\(Self.seconds(wallNanoseconds))\""
        var lines = [
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "<testsuites\(counts)>",
            "  <testsuite name=\"\(Self.attribute(name))\"\(counts)>",
        ]
        lines += Self.list(properties, indent: "    ")
        for one in cases {
            lines.append(
                "    <testcase classname=\"\(Self.attribute(one.classname))\" name=\"\(Self.attribute(one.name))\">"
            )
            lines += Self.list(one.properties, indent: "      ")
            switch one.outcome {
            case .passed: break
            case .failed(let type, let message, let text):
                lines.append(
                    "      <failure type=\"\(Self.attribute(type))\" message=\"\(Self.attribute(message))\">"
                        + Self.text(text.isEmpty ? message : "\(message)\n\(text)") + "</failure>")
            case .skipped(let message):
                lines.append("      <skipped message=\"\(Self.attribute(message))\"/>")
            case .error(let message):
                lines.append(
                    "      <error message=\"\(Self.attribute(message))\">\(Self.text(message))</error>")
            }
            lines.append("    </testcase>")
        }
        lines += ["  </testsuite>", "</testsuites>"]
        return lines.map { $0 + "\n" }.joined()
    }

    private static func list(_ properties: [(name: String, value: String)], indent: String) -> [String] {
        guard !properties.isEmpty else { return [] }
        return ["\(indent)<properties>"]
            + properties.map {
                "\(indent)  <property name=\"\(attribute($0.name))\" value=\"\(attribute($0.value))\"/>"
            } + ["\(indent)</properties>"]
    }

    /// ns as decimal seconds.
    private static func seconds(_ nanoseconds: UInt64) -> String {
        let rest = String(nanoseconds % 1_000_000_000)
        return "\(nanoseconds / 1_000_000_000).\(String(repeating: "0", count: 9 - rest.count))\(rest)"
    }

    /// Text between tags. Characters that XML 1.0 excludes (section 2.2) become U+FFFD.
    static func text(_ text: String) -> String { escaped(text, isAttribute: false) }

    /// The value of an attribute: line ends and tabs become references, so that readers keep them.
    static func attribute(_ text: String) -> String { escaped(text, isAttribute: true) }

    private static func escaped(_ text: String, isAttribute: Bool) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x26: result.append(contentsOf: "&amp;".unicodeScalars)
            case 0x3c: result.append(contentsOf: "&lt;".unicodeScalars)
            case 0x3e: result.append(contentsOf: "&gt;".unicodeScalars)
            case 0x22 where isAttribute: result.append(contentsOf: "&quot;".unicodeScalars)
            case 0x09 where isAttribute, 0x0a where isAttribute, 0x0d:
                result.append(contentsOf: "&#\(scalar.value);".unicodeScalars)
            case 0x09, 0x0a: result.append(scalar)
            case 0..<0x20, 0xfffe, 0xffff: result.append("\u{fffd}")
            default: result.append(scalar)
            }
        }
        return String(result)
    }
}
