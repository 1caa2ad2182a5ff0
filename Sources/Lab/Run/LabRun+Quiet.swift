internal import Calendar
internal import LabPlan
internal import Simulation

/// What a machine can do by itself.
struct Outlook: Equatable {
    /// When a program's next timer is due; nil for never.
    var next: Instant?
    /// How often programs have gone to sleep: the same again if none has run.
    var switches: UInt64
    /// Its programs, for people.
    var programs: String
}

/// Watches a lab of real machines for the end of all that can happen: kernels have timers of their own for ever, so their
/// calendar is never idle, and send frames of their own for ever (router solicitations).
///
/// After a time without a word of any machine's init every machine is asked whether a program of it can run or waits for
/// a timer. When none does, and after as long again none has run, nothing will ever happen again. All of it happens at simulated
/// instants, so it is the same in every run.
struct QuietWatch {
    /// That time, ns: three hours, for a TCP connection may be silent for two and still be found broken
    /// (tcp_keepalive_time).
    static let period: UInt64 = 3 * 3_600_000_000_000

    /// Words of machines so far.
    var words: UInt64 = 0
    /// And at the last look.
    var wordsSeen: UInt64 = 0
    /// How long to wait for the next look, ns.
    var wait = period
    /// Machines that have not answered.
    var asked: Set<Int> = []
    var outlooks: [Int: Outlook] = [:]
    /// What the machines said when nothing was to come; nil when something was.
    var asleep: [Int: Outlook]?
}

extension LabRun {
    /// A machine's init said something.
    func noteLife(_ message: ControlMessage) {
        if case .outlook = message { return }
        quiet.words += 1
    }

    /// The commands begin.
    func watchForQuiet() {
        guard machines.contains(where: { !$0.isModel }) else { return }
        setAlarm(.quiet, at: Instant(nanoseconds: LabFile.firstCommand + QuietWatch.period))
    }

    /// Asks the machines what is to come when no init has said anything for long.
    func lookForLife() {
        guard stage == .running else { return }
        guard quiet.words == quiet.wordsSeen, !simulation.hasFramesUnderWay, simulation.alarmsToCome == 0
        else {
            return lookLater(after: simulation.now)
        }
        quiet.outlooks = [:]
        quiet.asked = Set(machines.filter { !$0.isModel && $0.phase == .running }.map(\.index))
        for index in quiet.asked.sorted() {
            simulation.sendControl(ControlRequest.look.frame, machine: index, at: simulation.now)
        }
        if quiet.asked.isEmpty { judgeOutlooks() }
    }

    private func lookLater(after instant: Instant) {
        quiet.asleep = nil
        quiet.wordsSeen = quiet.words
        setAlarm(.quiet, at: instant.advanced(by: quiet.wait))
    }

    func take(_ outlook: Outlook, of machine: Machine) {
        guard quiet.asked.remove(machine.index) != nil else { return }
        quiet.outlooks[machine.index] = outlook
        if quiet.asked.isEmpty { judgeOutlooks() }
    }

    private func judgeOutlooks() {
        guard stage == .running else { return }
        let models = machines.filter { $0.isModel && $0.phase != .ended }.compactMap { machine -> Instant? in
            guard case .waits(let next) = simulation.standing(of: machine.identity) else { return nil }
            return next
        }
        let next = (quiet.outlooks.values.compactMap(\.next) + models).min()
        guard next == nil, quiet.words == quiet.wordsSeen else {
            // A lab that sleeps for a year is not asked every three hours.
            quiet.wait = min(quiet.wait * 2, 1 << 60)
            return lookLater(after: max(simulation.now, next ?? .zero))
        }
        if quiet.asleep == quiet.outlooks { return endForGood() }
        quiet.asleep = quiet.outlooks
        setAlarm(.quiet, at: simulation.now.advanced(by: QuietWatch.period))
    }

    /// Nothing can ever happen again and commands have not ended: says what each waits for, and shuts the machines down.
    func endForGood() {
        failure = failure ?? "stuck: nothing can ever happen again, but commands have not ended"
        for machine in machines where machine.phase != .ended {
            let waiting = machine.plan.commands.indices.filter { index in
                !machine.plan.commands[index].background && machine.commands[index].ended == nil
            }
            for index in waiting {
                let since = machine.commands[index].started.map { "runs since \($0)" } ?? "has not started"
                report(
                    problem:
                        "waits for ever: command \(index + 1) \(since), the machine has no timer and no frame "
                        + "is on its way: \(machine.plan.commands[index].command)", machine: machine)
            }
            guard !waiting.isEmpty, let outlook = quiet.outlooks[machine.index], !outlook.programs.isEmpty
            else {
                continue
            }
            report(problem: "asleep for ever: \(outlook.programs)", machine: machine)
        }
        beginShutdown()
    }
}
