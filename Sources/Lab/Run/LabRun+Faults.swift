internal import Calendar
internal import LabPlan
internal import Network
internal import Report
internal import Simulation
internal import Trace

/// Faults by schedule: each begins and ends at an alarm, when all before it has happened and nothing after it has.
extension LabRun {
    /// Faults with a time are due then; those with a trigger when it has come.
    func scheduleFaults() {
        for (index, fault) in plan.faults.enumerated() {
            guard case .at(let instant) = fault.start else { continue }
            setAlarm(.faultBegins(index), at: Instant(nanoseconds: instant))
        }
    }

    /// A machine has written what a fault waits for.
    func trigger(fault index: Int, at instant: Instant) {
        guard case .after(let delay, _) = plan.faults[index].start else { return }
        setAlarm(.faultBegins(index), at: instant.advanced(by: delay))
    }

    func begin(fault index: Int) throws(RunError) {
        let fault = plan.faults[index]
        faults.begin(index, at: simulation.now)
        visits.hold.seeFault()
        note(fault: fault.description(in: plan))
        switch fault.action {
        case .partition, .cut, .link:
            applyNetworkFaults(changedBy: fault.action)
        case .pause(let machine):
            try handle(.pause, machines[machine])
        case .kill(let machine, let restartAfter):
            try handle(.powerLoss(willBoot: restartAfter != nil), machines[machine])
            guard let restartAfter else { break }
            setAlarm(.restart(machines[machine]), at: simulation.now.advanced(by: restartAfter))
        case .restart(let machine):
            try restart(machines[machine])
        case .clock(let machine, let step, let drift):
            if let step { stepClock(of: machine, by: step) }
            if drift != nil { setDrift(of: machine) }
        }
        if let duration = fault.duration, faults.states[index].isActive {
            setAlarm(.faultEnds(index), at: simulation.now.advanced(by: duration))
        }
        beginChecksWhenQuiet()
    }

    func end(fault index: Int) throws(RunError) {
        guard faults.end(index, at: simulation.now) else { return }
        let fault = plan.faults[index]
        note(fault: "\(fault.description(in: plan)) is over")
        switch fault.action {
        case .partition, .cut, .link: applyNetworkFaults(changedBy: fault.action)
        case .pause(let machine): if !faults.pauses(machine) { try handle(.resume, machines[machine]) }
        case .clock(let machine, _, _): setDrift(of: machine)
        case .kill, .restart: break
        }
        beginChecksWhenQuiet()
    }

    /// Boots a machine that has no power, in this instant; its commands begin again a second later.
    func restart(_ machine: Machine) throws(RunError) {
        faults.endKills(of: machine.index, at: simulation.now)
        try handle(.restart(at: simulation.now), machine)
    }

    /// Writes a fault into the trace, the captures and the events.
    func note(fault text: String) {
        simulation.recorder?.record(.fault, 0, at: simulation.now, text: text)
        simulation.remark(text)
        log.add(RunEvent(.fault, virtualNanoseconds: virtualNanoseconds, text: text))
    }

    private func stepClock(of machine: Int, by step: Int64) {
        simulation.sendControl(ControlRequest.clock(step: step).frame, machine: machine, at: simulation.now)
    }

    private func setDrift(of machine: Int) {
        simulation.setDrift(faults.drift(of: machine), participant: machines[machine].identity)
    }

    // MARK: Networks

    /// Sets the links or cuts that a fault has to do with as all active faults want them.
    private func applyNetworkFaults(changedBy action: FaultAction) {
        guard case .link(let network, let machine, let change) = action else { return applyCuts() }
        guard let place = machines[machine].plan.interfaces.firstIndex(where: { $0.network == network })
        else { return }
        let interface = machines[machine].plan.interfaces[place]
        let port = machines[machine].ports[place]
        let link = faults.link(of: machine, to: network, out: interface.out, in: interface.in)
        if change.isDown { simulation.setUp(!link.isDown, network: network, port: port) }
        if change.isShaping {
            simulation.setLink(network: network, port: port, out: link.out, in: link.in)
        }
    }

    /// Sets which machines cannot reach which, on every network.
    private func applyCuts() {
        let pairs = faults.cuts
        for network in plan.networks.indices {
            let cuts = pairs.compactMap { pair -> PortPair? in
                guard let from = Self.port(of: machines[pair.from], on: network),
                    let to = Self.port(of: machines[pair.to], on: network)
                else { return nil }
                return PortPair(from: from, to: to)
            }
            simulation.setCuts(Set(cuts), network: network)
        }
    }

    // MARK: Afterwards

    /// Writes `faults.yaml`, if the lab has faults.
    func writeFaults() throws(RunError) {
        guard !plan.faults.isEmpty else { return }
        try folder.write(plan.faultsYAML(faults.happened), to: RunFolder.faults)
    }
}
