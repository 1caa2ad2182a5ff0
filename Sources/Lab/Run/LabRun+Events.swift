internal import Calendar
internal import CalendarServer
internal import LabPlan
internal import Posix
internal import Report
internal import Simulation
internal import SystemPackage
internal import Trace

/// Translates what happens in the simulation into events of the lifecycles.
extension LabRun {
    func actOnEvents() throws(RunError) {
        simulation.takeEvents(into: &simulationEvents)
        for event in simulationEvents {
            switch event {
            case .started(let identity, _):
                guard let machine = machine(identity: identity) else { continue }
                if placement.hasDedicatedCore(machine) { simulation.watchDedicatedCore(of: identity) }
                try handle(.started(isModel: machine.isModel), machine)
            case .departed(let departure):
                try depart(departure)
            case .console(let index, let bytes):
                try writeConsole(bytes, machines[index])
            case .consoleLine(let index, let line, let instant):
                judge(consoleLine: line, machines[index], at: instant)
            case .control(let index, let bytes, let instant):
                try control(machines[index], bytes, at: instant)
            case .modelBegan(let index, let instant):
                modelBegan(machines[index], at: instant)
            case .modelOutput(let index, let text, let instant):
                try modelOutput(machines[index], text, at: instant)
            case .modelEnded(let index, let status, let instant):
                try modelEnded(machines[index], status: status, at: instant)
            case .deviceEnded(let participant, let name, let reason):
                if let reason { try deviceEnded(participant, name, reason) }
            case .childEnded(let index):
                try childEnded(machines[index])
            case .alarm(let number):
                try ring(number)
            case .visitorIsReady(let number):
                try visitorIsReady(number)
            case .interrupted:
                try handleInRecess(.interrupted)
            case .stuck(let stagnation):
                return try giveUp(stagnation)
            case .coreContended(let identities):
                for machine in placement.spread(identities.compactMap { machine(identity: $0) }) {
                    simulation.watchDedicatedCore(of: machine.identity)
                }
            case .dedicatedCoreUnused(let identity):
                if let machine = machine(identity: identity) { placement.returnToSharedCore(machine) }
            case .tick:
                try tick()
            }
        }
        try holdIfDue()
    }

    func machine(identity: UInt64) -> Machine? {
        guard identity >= 1, identity <= UInt64(machines.count) else { return nil }
        return machines[Int(identity) - 1]
    }

    /// A client left the calendar. A machine that powers off leaves in its own turn: that is how kernels halt.
    private func depart(_ departure: Departure) throws(RunError) {
        guard let identity = departure.identity, let machine = machine(identity: identity) else {
            return report(problem: departure.description, machine: nil)
        }
        var violation: MachineLifecycle.Violation?
        if let misuse = departure.misuse, misuse != .leftInTurn {
            // Without the process's number, which differs between runs.
            violation = .init(problem: "it is ended at \(departure.instant): \(misuse)", reason: "\(misuse)")
        }
        try handle(.leftCalendar(violation), machine)
    }

    /// A machine that misuses a device is ended, with the reason.
    private func deviceEnded(_ participant: UInt64?, _ name: String, _ reason: String) throws(RunError) {
        if let machine = participant.flatMap({ machine(identity: $0) }) {
            return try handle(.violated(.init(problem: reason)), machine)
        }
        try handle(.failed("\(name): \(reason)"))
        report(problem: "\(name): \(reason)", machine: nil)
    }

    private func childEnded(_ machine: Machine) throws(RunError) {
        guard !machine.lifecycle.hasEnded else { return }
        let status: ExitStatus?
        do throws(Errno) {
            status = try machine.process.reap()
        } catch {
            throw RunError(.internal, "machine \(machine.plan.name): its process cannot be reaped: \(error)")
        }
        placement.returnToSharedCore(machine)
        if let status { try handle(.processEnded("\(status)"), machine) }
    }

    private func tick() throws(RunError) {
        let isDue = clock.tick()
        if simulation.stands { clock.noteStanding() }
        if let timeout = plan.timeout, clock.workNanoseconds >= timeout, recess.event == nil,
            !lifecycle.isHeld
        {
            try handleInRecess(
                .timeoutExpired(
                    "the timeout is over: \(DurationText.format(timeout)) of wall-clock time; --timeout allows more or none"
                ))
        }
        watchWork()
        try tickOfRecess()
        if isDue { try handle(.interruptionIsDue) }
        try checkWriting()
    }

    // MARK: Reports

    func report(problem: String, machine: Machine?) {
        simulation.recorder?.record(.problem, machine?.identity ?? 0, at: simulation.now, text: problem)
        if let machine {
            machine.problems.append(problem)
            visits.hold.seeFailure()
            say(.problem, machine, "\(machine.plan.name): \(problem)")
        } else {
            log.add(problem: problem, virtualNanoseconds: virtualNanoseconds)
        }
    }

    /// Adds an event of a machine, or of one of its commands.
    func say(
        _ kind: RunEvent.Kind, _ machine: Machine, _ text: String, _ command: Int? = nil,
        at instant: Instant? = nil
    ) {
        log.add(
            RunEvent(
                kind, virtualNanoseconds: instant?.nanoseconds ?? virtualNanoseconds,
                machine: machine.plan.name,
                index: command.map { $0 + 1 }, command: command.map { machine.plan.commands[$0].command },
                status: command.flatMap { machine.commands[$0].status }, text: text))
    }
}
