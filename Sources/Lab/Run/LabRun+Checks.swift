internal import Calendar
internal import LabPlan
internal import Report
internal import Simulation
internal import Trace

/// Checks: commands that judge the lab while it runs. A machine's init starts them; here is decided what they mean.
extension LabRun {
    /// The check that a machine's init calls by this number, if it is one.
    func check(_ command: Int, of machine: Machine) -> Int? {
        let check = command - machine.plan.commands.count
        return machine.plan.checks.indices.contains(check) ? check : nil
    }

    func checkStarted(_ check: Int, of machine: Machine, at instant: Instant) {
        machine.checks[check].outputStart = machine.outputSizes[machine.number(ofCheck: check)]
        trace(.commandStart, machine, at: instant, UInt64(machine.number(ofCheck: check)) + 1)
    }

    func checkEnded(_ check: Int, of machine: Machine, status: Int, at instant: Instant) {
        trace(
            .commandEnd, machine, at: instant, UInt64(machine.number(ofCheck: check)) + 1,
            UInt64(UInt32(truncatingIfNeeded: status)))
        // What is stopped because the lab is over says nothing.
        guard machine.phase < .stopping else { return }
        let plan = machine.plan.checks[check]
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
        let size = machine.outputSizes[machine.number(ofCheck: check)]
        machine.checks[check].failedOutput = machine.checks[check].outputStart..<size
        if isTriedAgain { return }
        say(failedCheck: check, of: machine, at: instant)
    }

    /// The time in which a check should have passed is over.
    func checkIsDue(_ check: Int, of machine: Machine) {
        guard machine.checks[check].passed == nil else { return }
        machine.checks[check].missed = simulation.now
        say(failedCheck: check, of: machine, at: simulation.now)
    }

    private func say(failedCheck check: Int, of machine: Machine, at instant: Instant) {
        guard let failure = machine.checks[check].failure(machine.plan.checks[check]) else { return }
        let text = "check \(check + 1) failed: \(machine.plan.checks[check].command): \(failure.reason)"
        simulation.recorder?.record(.problem, machine.identity, at: instant, text: text)
        say(.checkFailed, machine, "\(machine.plan.name): \(text)", at: instant)
    }

    /// Some check has not been decided that can be.
    var awaitsChecks: Bool {
        machines.contains { machine in
            machine.phase != .ended
                && zip(machine.plan.checks, machine.checks).contains {
                    !$1.isDecided($0, boot: machine.boot)
                }
        }
    }

    // MARK: The quiet phase

    /// All faults with a time are over, and of the others those that have begun: from then on what must come right has to.
    var isQuiet: Bool {
        zip(plan.faults, faults).allSatisfy { fault, state in
            if state.isActive, fault.duration != nil { return false }
            guard state.began == nil else { return state.ended != nil || fault.duration == nil }
            if case .after = fault.start { return true }
            return false
        } && !machines.contains(where: \.willBoot)
    }

    /// Begins the checks that wait for the last fault to be over.
    func settleQuiet() {
        guard stage == .running, isQuiet else { return }
        for machine in machines where machine.phase == .running { beginEventualChecks(of: machine) }
    }

    func beginEventualChecks(of machine: Machine) {
        guard isQuiet, !machine.isModel else { return }
        let now = max(simulation.now, machine.boot.advanced(by: LabFile.firstCommand))
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
