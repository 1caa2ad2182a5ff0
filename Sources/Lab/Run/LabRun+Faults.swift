internal import Calendar
internal import LabPlan
internal import Network
internal import Report
internal import Simulation
internal import Trace

/// What became of a fault.
struct FaultState {
    /// When it began and when it was over, in simulated time.
    var began: Instant?
    var ended: Instant?

    /// It began and is not over.
    var isActive: Bool { began != nil && ended == nil }
}

/// Faults by schedule: each begins and ends at an alarm, when all before it has happened and nothing after it has.
extension LabRun {
    /// Faults with a time are due then; those with a trigger when it has come.
    func scheduleFaults() {
        for (index, fault) in plan.faults.enumerated() {
            guard case .at(let instant) = fault.start else { continue }
            setAlarm(.faultBegins(index), at: Instant(nanoseconds: instant))
        }
    }

    /// What a fault waits for was said.
    func trigger(fault index: Int, at instant: Instant) {
        guard case .after(let delay, _) = plan.faults[index].start else { return }
        setAlarm(.faultBegins(index), at: instant.advanced(by: delay))
    }

    func begin(fault index: Int) throws(RunError) {
        let fault = plan.faults[index]
        faults[index].began = simulation.now
        note(fault: fault.description(in: plan))
        // What happens in a moment and does not go on is over.
        faults[index].ended = simulation.now
        switch fault.action {
        case .partition, .cut, .link:
            faults[index].ended = nil
            applyNetworkFaults(changedBy: fault.action)
        case .pause(let machine):
            faults[index].ended = nil
            simulation.pause(participant: machines[machine].identity)
        case .kill(let machine, let restartAfter):
            powerOff(machines[machine])
            guard let restartAfter else { break }
            machines[machine].willBoot = true
            faults[index].ended = nil
            setAlarm(.restart(machines[machine]), at: simulation.now.advanced(by: restartAfter))
        case .restart(let machine):
            try restart(machines[machine])
        case .clock(let machine, let step, let drift):
            if drift != nil { faults[index].ended = nil }
            setClock(of: machines[machine], step: step ?? 0, drift: self.drift(of: machine))
        }
        if let duration = fault.duration, faults[index].isActive {
            setAlarm(.faultEnds(index), at: simulation.now.advanced(by: duration))
        }
        settleQuiet()
    }

    func end(fault index: Int) {
        guard faults[index].isActive else { return }
        let fault = plan.faults[index]
        faults[index].ended = simulation.now
        note(fault: "\(fault.description(in: plan)) is over")
        switch fault.action {
        case .partition, .cut, .link: applyNetworkFaults(changedBy: fault.action)
        case .pause(let machine):
            if !activeActions.contains(.pause(machine: machine)) {
                simulation.resume(participant: machines[machine].identity)
            }
        case .clock(let machine, _, _): setClock(of: machines[machine], step: 0, drift: drift(of: machine))
        case .kill, .restart: break
        }
        settleQuiet()
    }

    /// Faults stand in the trace, in captures, and among events.
    func note(fault text: String) {
        simulation.recorder?.record(.fault, 0, at: simulation.now, text: text)
        simulation.remark(text)
        lastEvent = text
        add(event: RunEvent(.fault, virtualNanoseconds: virtualNanoseconds, text: text))
    }

    /// What the last of the faults that are active makes of a machine's clock, parts per billion.
    private func drift(of machine: Int) -> Int64 {
        activeActions.reduce(0) { drift, active in
            if case .clock(machine, _, let own?) = active { own } else { drift }
        }
    }

    private func setClock(of machine: Machine, step: Int64, drift: Int64) {
        simulation.sendControl(
            ControlRequest.clock(step: step, drift: drift).frame, machine: machine.index, at: simulation.now)
    }

    // MARK: Networks

    /// Sets what has to do with a fault that has begun or is over as all that are active want it.
    private func applyNetworkFaults(changedBy action: FaultAction) {
        guard case .link(let network, let machine, let change) = action else { return applyCuts() }
        guard let place = machines[machine].plan.interfaces.firstIndex(where: { $0.network == network })
        else { return }
        let interface = machines[machine].plan.interfaces[place]
        let port = machines[machine].ports[place]
        var out = interface.out
        var into = interface.in
        var isDown = false
        for active in activeActions {
            guard case .link(network, machine, let change) = active else { continue }
            isDown = isDown || change.isDown
            if change.direction != .in { out = change.applied(to: out) }
            if change.direction != .out { into = change.applied(to: into) }
        }
        if change.isDown { simulation.setUp(!isDown, network: network, port: port) }
        if change.isShaping { simulation.setLink(network: network, port: port, out: out, in: into) }
    }

    /// Nothing gets from a machine to another of another group of any active partition.
    private func applyCuts() {
        var pairs: Set<MachinePair> = []
        for active in activeActions {
            switch active {
            case .partition(let groups):
                for (first, group) in groups.enumerated() {
                    for (second, other) in groups.enumerated() where first != second {
                        for from in group {
                            for to in other { pairs.insert(MachinePair(from: from, to: to)) }
                        }
                    }
                }
            case .cut(let from, let to):
                for from in from { for to in to { pairs.insert(MachinePair(from: from, to: to)) } }
            default: continue
            }
        }
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

    /// In the order of the file.
    private var activeActions: [FaultAction] {
        zip(plan.faults, faults).compactMap { $1.isActive ? $0.action : nil }
    }

    // MARK: Afterwards

    /// All that happened as a list of faults with times, in the order of the file: of several that are active the last counts.
    var faultsThatHappened: [FaultPlan] {
        zip(plan.faults, faults).compactMap { plan, state in
            guard let began = state.began else { return nil }
            var happened = plan
            happened.start = .at(began.nanoseconds)
            return happened
        }
    }

    /// Writes `faults.yaml`, if the lab has faults.
    func writeFaults() throws(RunError) {
        guard !plan.faults.isEmpty else { return }
        try folder.write(plan.faultsYAML(faultsThatHappened), to: RunFolder.faults)
    }
}
