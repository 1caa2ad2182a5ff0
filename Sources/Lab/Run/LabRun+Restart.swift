internal import Calendar
internal import LabPlan
internal import Report
internal import Simulation

/// Machines without power, and machines that boot again.
extension LabRun {
    /// Takes a machine's power, in this instant.
    func powerOff(_ machine: Machine) {
        guard machine.phase != .ended, !machine.isAwaited, !machine.isModel else { return }
        machine.losesPower()
        end(machine)
    }

    /// Boots a machine that has no power, in this instant; its commands begin again a second later.
    func restart(_ machine: Machine) throws(RunError) {
        machine.willBoot = false
        for (index, fault) in plan.faults.enumerated() where faults[index].isActive {
            if case .kill(machine.index, _) = fault.action { faults[index].ended = simulation.now }
        }
        guard machine.phase == .ended, !machine.isModel, stage == .booting || stage == .running else {
            return
        }
        note(fault: "\(machine.plan.name) boots again")
        if machine.failed {
            report(
                problem: "before it booted again its kernel had ended by itself: \(machine.ending ?? "")",
                machine: machine)
        }
        machine.bootsAgain(at: simulation.now)
        simulation.expect(participant: machine.identity)
        try launch(machine)
        settleQuiet()
    }

    /// The lab is over: machines whose time stands go on, and those that are about to boot do not.
    func endFaults() {
        for machine in machines {
            machine.willBoot = false
            simulation.resume(participant: machine.identity)
            guard machine.boots > 1, machine.phase < .running else { continue }
            // It is not configured yet and cannot be told.
            powerOff(machine)
        }
    }

    /// A machine that has booted again is configured: its commands begin when it is a second old.
    func go(_ machine: Machine) {
        machine.phase = .running
        simulation.sendControl(
            ControlRequest.go.frame, machine: machine.index,
            at: machine.boot.advanced(by: LabFile.firstCommand))
        beginEventualChecks(of: machine)
    }
}
