package import Calendar
internal import LabPlan
internal import Simulation

/// A run that stands at a moment, and the commands that somebody gives to its machines there. From the moment on it is a branch: what
/// it does is not the recorded run any more.
extension LabRun {
    var recess: Recess {
        get { visits.recess }
        set { visits.recess = newValue }
    }

    /// The run stands at its moment, and no command of a look runs.
    package var isHeld: Bool { lifecycle.state == .held && !visits.looks.arePending }

    /// Writes the trace of a held run.
    ///
    /// - Returns: everything earlier is in it, and nothing that comes is earlier.
    package func settleTrace() -> Instant { simulation.settleTrace() }

    /// SIGINT or SIGTERM ended the run.
    package var wasInterrupted: Bool { lifecycle.isInterrupted }

    /// The run's instant.
    package var now: Instant { simulation.now }

    /// Stops the run at `options.stop`, if there is one.
    func scheduleStop() {
        if case .before(let instant)? = options.stop { simulation.setStop(before: instant) }
    }

    /// Everything before the moment has happened.
    func reachMoment() throws(RunError) {
        simulation.takeStop()
        try handle(.momentReached)
    }

    /// Starts a command on a machine as root; the run goes on until it has ended.
    package func look(at name: String, command: String) throws(RunError) {
        let machine = try machineToLookAt(name)
        let number = visits.looks.add(machine: machine.index)
        simulation.sendControl(
            ControlRequest.execute(command: number, text: command).frame, machine: machine.index,
            at: simulation.now)
    }

    private func machineToLookAt(_ name: String) throws(RunError) -> Machine {
        guard let machine = machines.first(where: { $0.plan.name == name }) else {
            let names = machines.prefix(20).map(\.plan.name).joined(separator: ", ")
            throw RunError(.usage, "there is no machine \(name); the machines are \(names)")
        }
        if let model = machine.plan.model {
            throw RunError(.usage, "\(name) is a model (\(model.kind)): it has no programs")
        }
        guard machine.lifecycle.isRunning else {
            let state = machine.lifecycle.hasEnded ? "is off" : "has not booted"
            throw RunError(.usage, "\(name) \(state) at \(simulation.now): choose another moment")
        }
        return machine
    }

    /// What the looks have written since the last call.
    package func takeLookOutput() -> [UInt8] { visits.looks.takeOutput() }

    /// How the last look ended; nil without one.
    package var lookEnding: LookEnding? {
        visits.looks.all.last.map { look in
            if let status = look.status { return .exited(status) }
            return .lost(
                "\(machines[look.machine].plan.name): the command has no exit status: \(look.failure ?? "it still runs")"
            )
        }
    }

    /// Looks that nothing can answer any more end.
    func endHopelessLooks() {
        guard lifecycle.state == .held, visits.looks.arePending else { return }
        for machine in machines where machine.lifecycle.hasEnded {
            visits.looks.fail(
                machine: machine.index, "its machine ended (\(machine.lifecycle.ending ?? "off"))")
        }
        if simulation.isIdle { visits.looks.fail("no program of the lab can ever run again") }
    }
}

/// How a command of a look ended.
package enum LookEnding: Hashable, Sendable {
    /// With this exit status; 128 + signal when it was killed.
    case exited(Int32)
    /// It never will: why, one line.
    case lost(String)
}
