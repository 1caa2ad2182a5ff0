internal import Calendar
internal import LabPlan
internal import Simulation

/// What a machine can still do by itself.
struct Outlook: Equatable {
    /// When the next timer of a program is due; nil for never.
    var next: Instant?
    /// How often programs have gone to sleep: the same number again means that none has run.
    var switches: UInt64
    /// Its programs, for people.
    var programs: String
}

/// Hang detection for labs of real machines. Kernels have periodic timers and send frames of their own (router solicitations), so a
/// calendar of kernels is never idle.
///
/// After a period without a message from any machine's init, every machine is asked whether a program of it can run or waits for
/// a timer. When none does, and none has run after another period, the run is deadlocked. All of this happens at simulated
/// instants, so it is the same in every run.
struct HangDetector {
    /// That period, ns: three hours, because a TCP connection may be silent for two and still be found broken
    /// (tcp_keepalive_time).
    static let period: UInt64 = 3 * 3_600_000_000_000

    /// Control messages of all machines so far.
    var messages: UInt64 = 0
    /// And at the last look.
    var messagesSeen: UInt64 = 0
    /// How long to wait for the next look, ns.
    var wait = period
    /// Machines that have not answered.
    var asked: Set<Int> = []
    var outlooks: [Int: Outlook] = [:]
    /// The first foreground command that failed, as a clause.
    var failed: String?
    /// Starts, ends and output of commands so far, and at the last look after a failure.
    var commandMessages: UInt64 = 0
    var commandMessagesSeen: UInt64 = 0
    /// Of the kernels that have their turns: how often each has waited, at the last look.
    var waits: [Int: UInt64] = [:]
    /// What the machines answered the last time, if no program could run; nil otherwise.
    var idleOutlooks: [Int: Outlook]?
}

extension LabRun {
    /// A machine's init sent a message.
    func noteActivity(_ message: ControlMessage) {
        if case .outlook = message { return }
        hangDetector.messages += 1
    }

    /// The commands begin.
    func startHangDetection() {
        guard machines.contains(where: { !$0.isModel }) else { return }
        setAlarm(.hangDetection, at: Instant(nanoseconds: LabFile.firstCommand + HangDetector.period))
    }

    /// Asks the machines for their outlooks when no init has sent anything for a period.
    func detectHang() throws(RunError) {
        if lifecycle.isHeld { return detectHangLater(after: simulation.now) }
        guard lifecycle.state == .running else { return }
        guard hangDetector.messages == hangDetector.messagesSeen, !simulation.hasFramesUnderWay,
            simulation.alarmsToCome == 0
        else {
            return detectHangLater(after: simulation.now)
        }
        hangDetector.outlooks = [:]
        hangDetector.asked = Set(machines.filter { !$0.isModel && $0.lifecycle.isRunning }.map(\.index))
        for index in hangDetector.asked.sorted() {
            simulation.sendControl(ControlRequest.look.frame, machine: index, at: simulation.now)
        }
        if hangDetector.asked.isEmpty { try judgeOutlooks() }
    }

    private func detectHangLater(after instant: Instant) {
        hangDetector.idleOutlooks = nil
        hangDetector.messagesSeen = hangDetector.messages
        setAlarm(.hangDetection, at: instant.advanced(by: hangDetector.wait))
    }

    func take(_ outlook: Outlook, of machine: Machine) throws(RunError) {
        guard hangDetector.asked.remove(machine.index) != nil else { return }
        hangDetector.outlooks[machine.index] = outlook
        if hangDetector.asked.isEmpty { try judgeOutlooks() }
    }

    private func judgeOutlooks() throws(RunError) {
        if lifecycle.isHeld { return detectHangLater(after: simulation.now) }
        guard lifecycle.state == .running else { return }
        let models = machines.filter { $0.isModel && !$0.lifecycle.hasEnded }.compactMap {
            machine -> Instant? in
            guard case .waits(let next) = simulation.standing(of: machine.identity) else { return nil }
            return next
        }
        let next = (hangDetector.outlooks.values.compactMap(\.next) + models).min()
        guard next == nil, hangDetector.messages == hangDetector.messagesSeen else {
            // A lab that sleeps for a year is not asked every three hours.
            hangDetector.wait = min(hangDetector.wait * 2, 1 << 60)
            return detectHangLater(after: max(simulation.now, next ?? .zero))
        }
        if hangDetector.idleOutlooks == hangDetector.outlooks { return try handle(.deadlocked) }
        hangDetector.idleOutlooks = hangDetector.outlooks
        setAlarm(.hangDetection, at: simulation.now.advanced(by: HangDetector.period))
    }

    /// Reports what each machine of a deadlocked run waits for.
    func reportDeadlock() {
        for machine in machines where !machine.lifecycle.hasEnded {
            let waiting = machine.plan.commands.indices.filter { index in
                !machine.plan.commands[index].background && machine.commands[index].ended == nil
            }
            for index in waiting {
                let since = machine.commands[index].started.map { "has run since \($0)" } ?? "has not started"
                report(
                    problem:
                        "blocked: command \(index + 1) \(since); its machine has no pending timer, and no frame is in "
                        + "flight: \(machine.plan.commands[index].command)", machine: machine)
            }
            guard !waiting.isEmpty, let outlook = hangDetector.outlooks[machine.index],
                !outlook.programs.isEmpty
            else {
                continue
            }
            report(problem: "programs that wait without a timer: \(outlook.programs)", machine: machine)
        }
    }
}
