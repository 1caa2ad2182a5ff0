internal import Calendar
internal import LabPlan
internal import Simulation
internal import Trace

extension LabRun {
    /// What is due at an instant that the run has chosen.
    enum Alarm {
        /// The lab's `until`.
        case until
        /// A fault begins, by its place in the plan.
        case faultBegins(Int)
        case faultEnds(Int)
        /// A machine that was killed boots again.
        case restart(Machine)
        /// Machines have had their time to power off.
        case shutdownIsOver
        /// Is anything left to do?
        case quiet
        /// A check must have passed by now.
        case checkIsDue(Machine, check: Int)
    }

    /// Something is due at `instant`, or in the first instant from now on at which links may change.
    func setAlarm(_ alarm: Alarm, at instant: Instant) {
        alarms.append(alarm)
        simulation.setAlarm(alarms.count, at: max(instant, simulation.firstChange))
    }

    /// Ends machines that were told to power off and have not.
    private func endShutdown() {
        for machine in machines where !machine.isModel && machine.phase < .leaving {
            report(
                problem: "it has not powered off within \(DurationText.format(Self.longestShutdown))",
                machine: machine)
            machine.ending = "ended: it did not power off"
            end(machine)
        }
    }

    /// The `number`th alarm, from 1, is due.
    func ring(_ number: Int) throws(RunError) {
        if case .shutdownIsOver = alarms[number - 1] { return endShutdown() }
        guard stage == .booting || stage == .running else { return }
        if case .quiet = alarms[number - 1] { return lookForLife() }
        simulation.recorder?.record(.alarm, 0, at: simulation.now, UInt64(number))
        switch alarms[number - 1] {
        case .until:
            lastEvent = "the time limit is reached"
            beginShutdown()
        case .faultBegins(let fault): try begin(fault: fault)
        case .faultEnds(let fault): end(fault: fault)
        case .restart(let machine): try restart(machine)
        case .quiet, .shutdownIsOver: break
        case .checkIsDue(let machine, let check): checkIsDue(check, of: machine)
        }
    }
}
