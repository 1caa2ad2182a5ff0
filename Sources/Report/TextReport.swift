/// The final text of `almanac run`: a line for each command and verdict, the last output of those that failed, and
/// one line for the run.
package struct TextReport: Sendable {
    /// Columns of the terminal; commands are shortened to fit.
    package var width: Int
    /// Whether marks and the result are coloured (ANSI).
    package var colours: Bool
    /// Most lines of a failed command's output.
    package static let outputLines = 10
    /// Most lines for commands and verdicts that passed.
    package static let passedLines = 30

    package init(width: Int = 100, colours: Bool = false) {
        self.width = width
        self.colours = colours
    }

    /// The report, each line with its newline.
    ///
    /// - Parameters:
    ///   - lastOutput: returns the last lines of a failed command's output; at most `outputLines` of them are shown.
    ///   - checkOutput: the same for a failed check.
    package func text(
        _ summary: RunSummary, lastOutput: (MachineSummary, CommandSummary) -> [String] = { _, _ in [] },
        checkOutput: (VerdictSummary) -> [String] = { _ in [] }
    ) -> String {
        var lines: [String] = []
        let commands = summary.machines.flatMap { machine in machine.commands.map { (machine, $0) } }
        let rows = commands.map { Row(machine: $0, command: $1) }
        let columns = Columns(rows, width: width)
        var passed = 0
        for machine in summary.machines {
            for command in machine.commands {
                if command.outcome == .passed {
                    passed += 1
                    if passed > Self.passedLines { continue }
                }
                let row = Row(machine: machine, command: command)
                lines.append(mark(command.outcome) + " " + columns.line(row))
                if let result = command.result, command.outcome == .passed {
                    // Not shortened: a line of figures may wrap.
                    lines.append("     | " + Format.harmless(result))
                }
                guard command.outcome == .failed else { continue }
                lines += quoted(lastOutput(machine, command))
            }
            for problem in machine.problems {
                let text = Format.harmless("\(machine.name): \(problem)")
                lines.append(paint("  !! ", .red) + text)
            }
        }
        for verdict in summary.verdicts {
            passed += verdict.passed ? 1 : 0
            if verdict.passed, passed > Self.passedLines { continue }
            lines.append(mark(verdict.passed ? .passed : .failed) + " " + verdict.line(width: width - 5))
            if !verdict.passed { lines += quoted(checkOutput(verdict)) }
        }
        if passed > Self.passedLines {
            lines.append(mark(.passed) + " and \(passed - Self.passedLines) more")
        }
        if let faults = faultLine(summary.faults) { lines.append(faults) }
        if let reason = summary.reason { lines.append(Format.harmless(reason)) }
        if summary.result == .failed || summary.result == .error, let command = summary.repeatCommand {
            lines.append("repeat: " + Format.harmless(command))
        }
        lines.append(lastLine(summary))
        return lines.map { $0 + "\n" }.joined()
    }

    /// The last lines of output.
    private func quoted(_ output: [String]) -> [String] {
        output.suffix(Self.outputLines).map {
            Format.shortened("     | " + Format.harmless($0), to: width)
        }
    }

    /// `7 faults, the last ended at 54.000 s`; nil without faults.
    private func faultLine(_ faults: [FaultSummary]) -> String? {
        guard !faults.isEmpty else { return nil }
        let open = faults.count { $0.endedNanoseconds == nil }
        var line = faults.count == 1 ? "1 fault" : "\(faults.count) faults"
        if let last = faults.compactMap(\.endedNanoseconds).max() {
            line += faults.count == 1 ? ", ended at " : ", the last ended at "
            line += Format.simulated(last)
        }
        if open > 0 { line += ", \(open == faults.count ? "" : "\(open) ")active at the end" }
        return line
    }

    private func lastLine(_ summary: RunSummary) -> String {
        let speed = Format.speed(
            virtualNanoseconds: summary.virtualNanoseconds, wallNanoseconds: summary.wallNanoseconds)
        return paint(summary.result.rawValue, summary.result == .passed ? .green : .red)
            + ": \(Format.simulated(summary.virtualNanoseconds)) simulated"
            + " in \(Format.wall(summary.wallNanoseconds)) wall, \(speed) real time" + cores(summary)
    }

    private func cores(_ summary: RunSummary) -> String {
        guard let cores = summary.cores else { return "" }
        return ", on core\(cores.count == 1 ? "" : "s") \(cores.map(String.init).joined(separator: ", "))"
    }

    private func mark(_ outcome: CommandSummary.Outcome) -> String {
        switch outcome {
        case .passed: paint("pass", .green)
        case .failed: paint("FAIL", .red)
        case .notStarted, .stillRunning: paint("  --", .yellow)
        }
    }

    private enum Colour: Int {
        case red = 31
        case green, yellow
    }

    private func paint(_ text: String, _ colour: Colour) -> String {
        colours ? "\u{1b}[\(colour.rawValue)m\(text)\u{1b}[0m" : text
    }
}

/// The columns of one command's line.
private struct Row {
    var place: String
    var command: String
    var status: String
    var times: String

    init(machine: MachineSummary, command summary: CommandSummary) {
        place = "\(Format.harmless(machine.name)) \(summary.index)"
        command = Format.harmless(summary.command)
        if let code = summary.status {
            status = "exit \(code)"
        } else {
            status = summary.startNanoseconds == nil ? "not started" : "still running"
        }
        times = ""
        if let start = summary.startNanoseconds {
            times = "\(Format.simulated(start)) → \(summary.endNanoseconds.map(Format.simulated) ?? "end")"
        }
    }
}

/// Widths of the columns, so that all rows are aligned.
private struct Columns {
    private let place: Int
    private let command: Int
    private let status: Int

    init(_ rows: [Row], width: Int) {
        place = rows.map(\.place.count).max() ?? 0
        status = rows.map(\.status.count).max() ?? 0
        let times = rows.map(\.times.count).max() ?? 0
        // The mark and the gaps take eleven columns. A command keeps at least eight.
        let left = max(8, width - place - status - times - 11)
        command = min(left, rows.map(\.command.count).max() ?? 0)
    }

    func line(_ row: Row) -> String {
        let text =
            Format.padded(row.place, to: place) + "  "
            + Format.padded(Format.shortened(row.command, to: command), to: command) + "  "
            + Format.padded(row.status, to: status) + "  " + row.times
        return String(text.reversed().drop { $0 == " " }.reversed())
    }
}
