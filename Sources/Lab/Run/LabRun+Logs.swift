internal import Calendar
internal import LabPlan
internal import Report
internal import Simulation
internal import Trace

/// Gives the judge what machines write, line by line.
extension LabRun {
    /// A machine's console has a line more.
    func judge(consoleLine line: [UInt8], _ machine: Machine, at instant: Instant) {
        judge(String(decoding: line, as: UTF8.self), machine, .console, at: instant)
    }

    /// A command or check of a machine has written something.
    func judge(output bytes: [UInt8], _ machine: Machine, command: Int, at instant: Instant) {
        judge(outputLines: machine.outputs.lines(of: command, ending: bytes), machine, at: instant)
    }

    /// A command or check has ended: what it wrote last is a line too.
    func judge(lastLineOf command: Int, _ machine: Machine, at instant: Instant) {
        judge(outputLines: machine.outputs.lastLine(of: command), machine, at: instant)
    }

    private func judge(outputLines lines: [[UInt8]], _ machine: Machine, at instant: Instant) {
        guard judge.listens(to: .output) || visits.hold.isLine else { return }
        for line in lines { judge(String(decoding: line, as: UTF8.self), machine, .output, at: instant) }
    }

    private func judge(_ line: String, _ machine: Machine, _ source: LogSource, at instant: Instant) {
        visits.hold.see(line: line, of: machine.plan.name)
        let hadReport = judge.reports[machine.index] != nil
        for fault in judge.look(at: line, of: machine.index, source: source, at: instant) {
            trigger(fault: fault, at: instant)
        }
        guard !hadReport, judge.reports[machine.index] != nil else { return }
        say(.problem, machine, "\(machine.plan.name): \(line)", at: instant)
    }
}
