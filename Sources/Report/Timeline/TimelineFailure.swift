/// Something that made a run fail, for the top of its page.
struct TimelineFailure: Hashable, Sendable {
    /// Most of them on a page, and most lines of output of each.
    static let limit = 8
    static let lineLimit = 8

    /// The machine; nil for something about all.
    var machine: String?
    /// What failed and how: `command 2 ended with exit 22, expected exit 0: curl server`.
    var text: String
    /// When, ns.
    var nanoseconds: UInt64?
    /// The last lines that it printed.
    var lines: [String] = []

    /// What made a run fail, in the order of time; what has no time comes last.
    ///
    /// - Parameter output: returns the last lines of a file of the run folder.
    static func all(_ summary: RunSummary, output: (String) -> [String]) -> [TimelineFailure] {
        var failures: [TimelineFailure] = []
        for machine in summary.machines {
            for command in machine.commands where command.failed {
                var failure = TimelineFailure(
                    machine: machine.name, text: command.failureText, nanoseconds: command.endNanoseconds)
                failure.lines = Array(output(command.output).suffix(lineLimit))
                failures.append(failure)
            }
            if machine.failed == true {
                failures.append(
                    TimelineFailure(
                        machine: machine.name, text: machine.ended, lines: machine.problems.suffix(lineLimit))
                )
            }
        }
        for verdict in summary.verdicts where !verdict.passed {
            var failure = TimelineFailure(
                machine: verdict.machine, text: "\(verdict.kind.rawValue) failed: \(verdict.name)",
                nanoseconds: verdict.nanoseconds)
            failure.lines =
                [verdict.reason].compactMap { $0 } + (verdict.output.map(output) ?? []).suffix(lineLimit - 1)
            failures.append(failure)
        }
        let ordered = failures.enumerated().sorted {
            ($0.element.nanoseconds ?? .max, $0.offset) < ($1.element.nanoseconds ?? .max, $1.offset)
        }
        return ordered.prefix(limit).map(\.element)
    }
}

extension CommandSummary {
    fileprivate var failed: Bool {
        outcome == .failed || outcome == .stillRunning && expectation.hasPrefix("exit")
    }

    fileprivate var failureText: String {
        let result =
            status.map { "ended with exit \($0)" }
            ?? (startNanoseconds == nil ? "did not start" : "did not end")
        return "command \(index) \(result), expected \(expectation): \(command)"
    }
}
