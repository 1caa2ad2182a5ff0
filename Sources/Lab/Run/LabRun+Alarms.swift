internal import Calendar
internal import LabPlan
internal import Simulation
internal import Trace

/// What the run does when an alarm is due.
extension LabRun {
    /// Sets an alarm at `instant`, or at the first instant from now on at which links may change.
    func setAlarm(_ alarm: Alarm, at instant: Instant) {
        simulation.setAlarm(alarms.add(alarm), at: max(instant, simulation.firstChange))
    }

    /// Alarm `number` is due.
    func ring(_ number: Int) throws(RunError) {
        guard number != Simulation.stop else { return try reachStop() }
        let alarm = alarms[number]
        switch alarm {
        case .powerOffIsDue:
            return try handle(.powerOffIsDue)
        case .machinePowerOffIsDue(let machine, let boot):
            guard machine.lifecycle.boots == boot else { return }
            return try handle(.powerOffIsDue, machine)
        case .until, .faultBegins, .faultEnds, .restart, .hangDetection, .checkIsDue,
            .silenceAfterFailure, .serviceRestart, .probe, .probeIsOverdue, .dependencies:
            break
        }
        guard lifecycle.isGoingOn else { return }
        if case .hangDetection = alarm { return try detectHang() }
        if case .silenceAfterFailure = alarm { return try endIfSilent() }
        simulation.recorder?.record(.alarm, 0, at: simulation.now, UInt64(number))
        switch alarm {
        case .until:
            log.lastEvent = "the time limit is reached"
            try handle(.untilReached)
        case .faultBegins(let fault): try begin(fault: fault)
        case .faultEnds(let fault): try end(fault: fault)
        case .restart(let machine): try restart(machine)
        case .checkIsDue(let machine, let check): checkIsDue(check, of: machine)
        case .serviceRestart(let machine, let boot): restartService(machine, boot: boot)
        case .probe(let machine, let start): probe(machine, start: start)
        case .probeIsOverdue(let machine, let start, let probe):
            endOverdueProbe(machine, start: start, probe: probe)
        case .dependencies: try beginDependents()
        case .hangDetection, .silenceAfterFailure, .powerOffIsDue, .machinePowerOffIsDue: break
        }
    }
}
