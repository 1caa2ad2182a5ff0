internal import Calendar
internal import LabPlan
internal import Report
internal import Simulation
internal import Trace

/// Carries out what the lifecycles of the run and of its machines decide.
extension LabRun {
    func handle(_ event: RunLifecycle.Event) throws(RunError) {
        for action in lifecycle.handle(event) { try perform(action) }
    }

    func handle(_ event: MachineLifecycle.Event, _ machine: Machine) throws(RunError) {
        for action in machine.lifecycle.handle(event) { try perform(action, machine) }
    }

    /// Tells the lifecycle which of its conditions hold, until none does.
    func proceed() throws(RunError) {
        try proceedWithRecess()
        try endHopelessLooks()
        while let event = condition { try handle(event) }
    }

    private var condition: RunLifecycle.Event? {
        switch lifecycle.state {
        case .booting:
            machines.allSatisfy { $0.lifecycle.isReady || $0.lifecycle.hasEnded } ? .allConfigured : nil
        case .running:
            isOver ? .workDone : simulation.isIdle ? .deadlocked : nil
        case .shuttingDown:
            machines.allSatisfy(\.lifecycle.hasEnded) ? .allEnded : nil
        case .held, .finished:
            nil
        }
    }

    /// All that the lab waits for has happened.
    private var isOver: Bool {
        let waits = plan.until == nil || machines.contains(where: \.hasForeground)
        return waits && machines.allSatisfy(\.isDone) && !awaitsChecks
    }

    // MARK: Actions of the run

    private func perform(_ action: RunLifecycle.Action) throws(RunError) {
        switch action {
        case .startCommands:
            for machine in machines where mayBegin(machine) { try handle(.begin, machine) }
            lookForDependencies(at: simulation.now)
            startHangDetection()
        case .stopForVisit:
            stopForVisit()
        case .reportDeadlock:
            reportDeadlock()
        case .endFaults:
            try goOn()
            for machine in machines { try handle(.faultsOver, machine) }
        case .setPowerOffAlarm:
            setAlarm(.powerOffIsDue, at: simulation.now.advanced(by: MachineLifecycle.powerOffLimit))
        case .shutDownMachines:
            chooseArtifacts()
            // Models end in this instant, machines take the time that a shutdown takes.
            for machine in machines where machine.isModel { try handle(.shutDown, machine) }
            for machine in machines where !machine.isModel { try handle(.shutDown, machine) }
        case .endOverdueMachines:
            for machine in machines where !machine.isModel { try handle(.powerOffIsDue, machine) }
        case .startInterruptionDeadline:
            clock.startInterruptionDeadline()
        case .cutOffMachines(let isInterrupted):
            takeLastEvents()
            killAll()
            let ending = isInterrupted ? "killed when the run was interrupted" : "killed"
            // At a timeout the run has failed, not its machines: a command that should run to the end has.
            for machine in machines { try handle(.cutOff(ending: ending, failed: isInterrupted), machine) }
        case .cutOffStuckMachines(let holders):
            for machine in machines where machine.isModel { try handle(.shutDown, machine) }
            killAll()
            for machine in holders.map({ machines[$0] }) {
                try handle(.cutOff(ending: "killed: the lab was stuck with it", failed: true), machine)
            }
            for machine in machines {
                try handle(.cutOff(ending: "killed when the lab was stuck", failed: false), machine)
            }
        case .takeLastEvents:
            takeLastEvents()
        }
    }

    /// Handles what happened since the last edge, and what models write when they stop: it still counts.
    private func takeLastEvents() {
        for machine in machines where machine.isModel {
            // What cannot be written is lost with the rest.
            try? handle(.shutDown, machine)
        }
        simulation.releaseStagedEvents()
        try? actOnEvents()
    }

    /// Kills all processes before waiting for the first, so that they end concurrently.
    private func killAll() {
        for machine in machines where !machine.lifecycle.hasEnded { machine.process.kill() }
    }

    // MARK: Actions of a machine

    private func perform(_ action: MachineLifecycle.Action, _ machine: Machine) throws(RunError) {
        switch action {
        case .announceReady(let instant):
            machine.process.notePeakMemory()
            trace(.up, machine, at: instant)
            say(.machineUp, machine, "\(machine.plan.name) is up", at: instant)
            if lifecycle.areCommandsAllowed, mayBegin(machine) { try handle(.begin, machine) }
        case .startCommands:
            startCommands(of: machine)
        case .pauseTime:
            simulation.pause(participant: machine.identity)
        case .resumeTime:
            simulation.resume(participant: machine.identity)
        case .requestShutdown:
            try requestShutdown(of: machine)
        case .setPowerOffAlarm:
            setAlarm(
                .machinePowerOffIsDue(machine, boot: machine.lifecycle.boots),
                at: simulation.now.advanced(by: MachineLifecycle.powerOffLimit))
        case .interruptCommands:
            machine.losesPower()
        case .report(let problem):
            report(problem: problem, machine: machine)
        case .awaitEnd:
            simulation.awaitEnd(of: machine.identity)
        case .cutPower:
            // First its process, which would otherwise observe that its devices are gone.
            machine.process.kill()
            simulation.powerOff(participant: machine.identity)
        case .killProcess:
            machine.process.kill()
        case .releaseTime:
            simulation.release()
        case .finish:
            finish(machine)
        case .announceRestart(let failure):
            note(fault: "\(machine.plan.name) boots again")
            if let failure {
                report(
                    problem: "its kernel had failed before this boot: \(failure)",
                    machine: machine)
            }
        case .boot:
            machine.bootsAgain()
            simulation.expect(participant: machine.identity)
            try launch(machine)
            beginChecksWhenQuiet()
        }
    }

    /// Lets the commands of a machine begin: when all are ready, or when it is a second old after a restart.
    private func startCommands(of machine: Machine) {
        // A model's program begins by itself.
        guard !machine.isModel else { return }
        simulation.sendControl(
            ControlRequest.go.frame, machine: machine.index,
            at: max(simulation.now, machine.lifecycle.boot.advanced(by: LabFile.firstCommand)))
        beginEventualChecks(of: machine)
    }

    private func requestShutdown(of machine: Machine) throws(RunError) {
        guard machine.isModel else {
            requestArtifacts(of: machine)
            return simulation.sendControl(ControlRequest.shutDown.frame, machine: machine.index)
        }
        let hasEnded = machine.commands[0].ended != nil
        simulation.stopModel(index: machine.index)
        if hasEnded { try handle(.programEnded, machine) }
    }

    /// Records how a machine ended and closes what belonged to its process.
    private func finish(_ machine: Machine) {
        let ending = machine.lifecycle.ending ?? ""
        machine.process.unwatch(simulation)
        simulation.closeConsole(machine: machine.index)
        simulation.recorder?.record(
            .end, machine.identity, at: simulation.instant(of: machine.identity), text: ending)
        simulation.abandon(participant: machine.identity)
        machine.close()
        say(.machineEnd, machine, "\(machine.plan.name) \(ending)")
    }
}
