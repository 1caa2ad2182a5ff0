internal import Calendar
internal import LabPlan
internal import Report
internal import Simulation
internal import Trace

/// Checks: commands that judge the lab while it runs. A machine's init starts them; the run decides what their exit statuses mean.
extension LabRun {
    func checkStarted(_ check: Int, of machine: Machine, at instant: Instant) {
        machine.checks[check].outputStart = machine.outputs.sizes[machine.number(ofCheck: check)]
        trace(.commandStart, machine, at: instant, UInt64(machine.number(ofCheck: check)) + 1)
    }

    func checkEnded(_ check: Int, of machine: Machine, status: Int, at instant: Instant) {
        trace(
            .commandEnd, machine, at: instant, UInt64(machine.number(ofCheck: check)) + 1,
            UInt64(UInt32(truncatingIfNeeded: status)))
        // The status of a check that is stopped because the lab is over means nothing.
        guard !machine.lifecycle.isShuttingDown else { return }
        let plan = machine.plan.checks[check]
        if plan.isHealth { probeEnded(machine, status: status, at: instant) }
        machine.checks[check].runs += 1
        machine.checks[check].status = status
        if status == plan.status {
            if machine.checks[check].passed == nil { machine.checks[check].passed = instant }
            return
        }
        machine.checks[check].failures += 1
        let isFirst = machine.checks[check].firstFailure == nil
        if isFirst { machine.checks[check].firstFailure = (instant, status) }
        var isTriedAgain = false
        if case .eventually = plan.schedule { isTriedAgain = true }
        guard isFirst || isTriedAgain else { return }
        let size = machine.outputs.sizes[machine.number(ofCheck: check)]
        machine.checks[check].failedOutput = machine.checks[check].outputStart..<size
        if isTriedAgain { return }
        report(failedCheck: check, of: machine, at: instant)
    }

    /// The time in which a check should have passed is over.
    func checkIsDue(_ check: Int, of machine: Machine) {
        guard machine.checks[check].passed == nil else { return }
        machine.checks[check].missed = simulation.now
        report(failedCheck: check, of: machine, at: simulation.now)
    }

    private func report(failedCheck check: Int, of machine: Machine, at instant: Instant) {
        guard let failure = machine.checks[check].failure(machine.plan.checks[check]) else { return }
        let text = "check \(check + 1) failed: \(machine.plan.checks[check].command): \(failure.reason)"
        simulation.recorder?.record(.problem, machine.identity, at: instant, text: text)
        visits.hold.seeFailure()
        say(.checkFailed, machine, "\(machine.plan.name): \(text)", at: instant)
    }

    /// A check is undecided and can still be decided.
    var awaitsChecks: Bool {
        machines.contains { machine in
            !machine.lifecycle.hasEnded
                && zip(machine.plan.checks, machine.checks).contains {
                    !$1.isDecided($0, boot: machine.lifecycle.boot)
                }
        }
    }

    // MARK: Eventual checks

    /// Nothing disturbs the lab any more: from now on what must recover has to.
    private var isQuiet: Bool { faults.isQuiet && !machines.contains(where: \.lifecycle.willBoot) }

    /// Begins the checks that wait for the last fault to be over, if it is.
    func beginChecksWhenQuiet() {
        guard lifecycle.state == .running, isQuiet else { return }
        for machine in machines where machine.lifecycle.isRunning { beginEventualChecks(of: machine) }
    }

    func beginEventualChecks(of machine: Machine) {
        guard isQuiet, !machine.isModel else { return }
        let now = max(simulation.now, machine.lifecycle.boot.advanced(by: LabFile.firstCommand))
        for (check, plan) in machine.plan.checks.enumerated() {
            guard case .eventually(let limit, _) = plan.schedule, machine.checks[check].passed == nil else {
                continue
            }
            if machine.checks[check].begun == nil {
                machine.checks[check].begun = now
                setAlarm(.checkIsDue(machine, check: check), at: now.advanced(by: limit))
            }
            simulation.sendControl(
                ControlRequest.begin(command: machine.number(ofCheck: check)).frame,
                machine: machine.index, at: now)
        }
    }
}
