internal import Calendar
internal import LabPlan
internal import Report
internal import Simulation

/// Services: the last command of each machine, which may be started again, be probed, and be waited for by other machines.
extension LabRun {
    /// A machine's service has been started.
    func serviceStarted(_ machine: Machine, at instant: Instant) {
        machine.service.restart.started(at: instant.nanoseconds)
        if let (check, plan) = machine.health {
            machine.service.starts += 1
            let due = machine.service.health.started(at: instant.nanoseconds, plan)
            setProbe(check, of: machine, at: due)
        }
        lookForDependencies(at: instant)
    }

    /// A machine's service has ended.
    func serviceEnded(_ machine: Machine, status: Int, at instant: Instant) {
        guard lifecycle.areCommandsAllowed, !machine.lifecycle.isShuttingDown else { return }
        let policy = machine.plan.software.restart
        if let due = machine.service.restart.ended(status: status, at: instant.nanoseconds, policy) {
            setAlarm(
                .serviceRestart(machine, boot: machine.lifecycle.boots), at: Instant(nanoseconds: due))
        }
        lookForDependencies(at: instant)
    }

    /// It is time to start a service again.
    func restartService(_ machine: Machine, boot: Int) {
        guard machine.lifecycle.boots == boot, machine.lifecycle.isRunning else { return }
        begin(command: machine.plan.commands.count - 1, of: machine)
    }

    private func begin(command: Int, of machine: Machine) {
        simulation.sendControl(
            ControlRequest.begin(command: command).frame, machine: machine.index, at: simulation.now)
    }

    // MARK: Health

    private func setProbe(_ check: Int, of machine: Machine, at due: UInt64) {
        setAlarm(.probe(machine, start: machine.service.starts), at: Instant(nanoseconds: due))
    }

    /// It is time to probe a machine's health.
    func probe(_ machine: Machine, start: Int) {
        guard let (check, plan) = machine.health, isCurrent(machine, start) else { return }
        machine.service.probes += 1
        begin(command: machine.number(ofCheck: check), of: machine)
        setAlarm(
            .probeIsOverdue(machine, start: start, probe: machine.service.probes),
            at: simulation.now.advanced(by: plan.timeout))
    }

    /// A probe has had its time: its end says that it has failed.
    func endOverdueProbe(_ machine: Machine, start: Int, probe: Int) {
        guard let (check, _) = machine.health, isCurrent(machine, start), machine.service.probes == probe
        else {
            return
        }
        simulation.sendControl(
            ControlRequest.kill(command: machine.number(ofCheck: check)).frame, machine: machine.index,
            at: simulation.now)
    }

    private func isCurrent(_ machine: Machine, _ start: Int) -> Bool {
        machine.service.starts == start && machine.lifecycle.isRunning && lifecycle.isGoingOn
    }

    /// A probe has ended.
    func probeEnded(_ machine: Machine, status: Int, at instant: Instant) {
        guard let (check, plan) = machine.health else { return }
        let before = machine.service.health.status
        // The next alarm for this probe is none of the next's.
        machine.service.probes += 1
        let due = machine.service.health.probed(passed: status == 0, at: instant.nanoseconds, plan)
        setProbe(check, of: machine, at: due)
        let now = machine.service.health.status
        guard now != before else { return }
        say(.health, machine, "\(machine.plan.name) is \(now.rawValue)", at: instant)
        lookForDependencies(at: instant)
    }

    // MARK: Dependencies

    /// Something has happened for which machines may wait.
    func lookForDependencies(at instant: Instant) {
        guard machines.contains(where: { $0.lifecycle.isReady && !$0.plan.software.after.isEmpty }) else {
            return
        }
        setAlarm(.dependencies, at: instant)
    }

    /// Lets the machines begin that have waited and need not any longer.
    func beginDependents() throws(RunError) {
        guard lifecycle.areCommandsAllowed else { return }
        for machine in machines where machine.lifecycle.isReady {
            if mayBegin(machine) {
                try handle(.begin, machine)
            } else if let reason = hopelessness(of: machine) {
                try handle(.failedFast("\(machine.plan.name) cannot begin: \(reason)"))
            }
        }
    }

    /// What a machine's commands wait for has happened. A machine that a fault has booted again does not wait.
    func mayBegin(_ machine: Machine) -> Bool {
        machine.lifecycle.boots > 1 || machine.plan.software.after.allSatisfy(holds)
    }

    private func holds(_ dependency: Dependency) -> Bool {
        let other = machines[dependency.machine]
        switch dependency.condition {
        case .started:
            return other.service(\.started) != nil || other.plan.commands.isEmpty && other.lifecycle.isRunning
        case .healthy: return other.service.health.status == .healthy
        case .done: return other.service(\.ended) != nil && other.service(\.status) == 0
        }
    }

    /// Why what a machine waits for can never happen; nil: it can.
    private func hopelessness(of machine: Machine) -> String? {
        for dependency in machine.plan.software.after where !holds(dependency) {
            let other = machines[dependency.machine]
            let name = other.plan.name
            switch dependency.condition {
            case .healthy where other.health == nil:
                return "it waits for \(name) to be healthy, which has no health check"
            case .healthy where other.service.health.status == .unhealthy:
                return "it waits for \(name) to be healthy, which is unhealthy"
            case .done:
                guard other.service(\.ended) != nil, !other.service.restart.isDue else { continue }
                return
                    "it waits for \(name) to end well, which ended with exit status \(other.service(\.status) ?? -1)"
            case .started, .healthy: continue
            }
        }
        return nil
    }
}

/// What the run knows of a machine's service.
struct ServiceState {
    var restart = RestartState()
    var health = HealthState()
    /// How often it was started; an alarm of an earlier start is ignored.
    var starts = 0
    /// Probes begun and ended; an alarm of an earlier one is ignored.
    var probes = 0
}

extension Machine {
    /// Which of its checks says whether it is healthy, and how it is probed.
    var health: (check: Int, plan: HealthPlan)? {
        for (index, check) in plan.checks.enumerated() {
            if case .health(let plan) = check.schedule { return (index, plan) }
        }
        return nil
    }

    /// Of the state of its last command.
    func service<Value>(_ path: KeyPath<CommandState, Value?>) -> Value? {
        commands.last.flatMap { $0[keyPath: path] }
    }
}
