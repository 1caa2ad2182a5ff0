internal import Calendar
internal import LabPlan
internal import Simulation

/// What visitors ask for, and what they hear.
extension LabRun {
    /// A machine on which something can be started.
    func machineToLookAt(_ name: String) throws(RunError) -> Machine {
        guard let machine = machines.first(where: { $0.plan.name == name }) else {
            throw RunError(.usage, Moment.unknown(machine: name, among: machines.map(\.plan.name)))
        }
        if let obstacle = obstacle(machine) { throw RunError(.usage, obstacle) }
        return machine
    }

    /// Why nothing can be started on a machine.
    private func obstacle(_ machine: Machine) -> String? {
        let name = machine.plan.name
        if let model = machine.plan.model { return "\(name) is a model (\(model.kind)): it has no programs" }
        if machine.lifecycle.hasEnded { return "\(name) is off at \(now): choose an earlier moment" }
        return machine.lifecycle.isRunning ? nil : "\(name) has not booted at \(now): choose a later moment"
    }

    // MARK: Visitors

    /// A visitor's descriptor is ready.
    func visitorIsReady(_ number: Int) throws(RunError) {
        guard let (requests, hasGone) = visits.server?.isReady(number, simulation) else { return }
        for request in requests {
            do throws(RunError) {
                try take(request, from: number)
            } catch  where error.kind == .usage {
                visits.server?.send(.failed(VisitFailure(error)), to: number, simulation)
            }
        }
        if hasGone { try leave(number) }
        if !visits.waiting.isEmpty || visits.goal != nil { try wakeForVisitors() }
    }

    private func take(_ request: VisitRequest, from visitor: Int) throws(RunError) {
        guard lifecycle.isGoingOn else { throw RunError(.usage, "the run shuts down") }
        let look = visits.looks.number(of: visitor)
        switch request {
        case .look(let plan):
            guard look == nil else { throw RunError(.usage, "one look at a time") }
            let machine = try machineToLookAt(plan.machine)
            let number = visits.looks.add(plan, machine: machine.index, visitor: visitor)
            visits.waiting.append(.init(look: number, action: .start(look: plan)))
        case .input(let bytes):
            // What comes after the end of its program is nobody's.
            guard let look else { return }
            visits.waiting.append(
                .init(look: look, action: RecordedInput.action(input: bytes), count: bytes.count))
            letVisitorsSend()
        case .resize(let size):
            guard let look else { return }
            visits.waiting.append(.init(look: look, action: .resize(to: size)))
        case .drive(let drive):
            try take(drive, from: visitor)
        case .state:
            visits.server?.send(.state(state), to: visitor, simulation)
        }
    }

    private func take(_ drive: VisitDrive, from visitor: Int) throws(RunError) {
        if drive != .end, drive != .debug, !lifecycle.isHeld {
            throw RunError(.usage, "nobody holds the run: it goes on by itself")
        }
        switch drive {
        case .pass(let nanoseconds):
            visits.goal = (now.advanced(by: nanoseconds), visitor)
        case .debug:
            visits.debuggers.insert(visitor)
        case .go:
            visits.goesFreely = true
            try goOn()
        case .halt:
            visits.goesFreely = false
            try wakeForVisitors()
        case .resume:
            visits.waiting.append(.init(look: nil, action: .resume))
            visits.server?.send(.ended(0), to: visitor, simulation)
        case .end:
            visits.server?.send(.ended(0), to: visitor, simulation)
            try handleInRecess(.interrupted)
        }
    }

    /// A visitor has gone: its program is hung up.
    private func leave(_ visitor: Int) throws(RunError) {
        visits.server?.close(visitor, simulation)
        if visits.goal?.visitor == visitor { visits.goal = nil }
        if visits.debuggers.remove(visitor) != nil, visits.goesFreely {
            visits.goesFreely = false
            if lifecycle.isHeld { try wakeForVisitors() }
        }
        guard let look = visits.looks.number(of: visitor) else { return }
        visits.waiting.removeAll { $0.look == look }
        visits.looks.abandon(look)
        visits.waiting.append(.init(look: look, action: .hangUp))
    }

    // MARK: News for visitors

    /// Init says something of a look.
    ///
    /// - Returns: false when it is of one of the lab's own commands.
    func take(_ message: ControlMessage, of machine: Machine) throws(RunError) -> Bool {
        guard let hasChanged = visits.looks.take(message) else { return false }
        try tellNews()
        guard hasChanged else { return true }
        switch message {
        case .output(let number, _), .errors(let number, _), .taken(let number, _): visits.looks.ask(number)
        default: break
        }
        // Recorded input says itself when time stands.
        if visits.input.isEmpty, !simulation.stands { try handleInRecess(.visited) }
        return true
    }

    private func tellNews() throws(RunError) {
        for news in visits.looks.takeNews() {
            guard let visitor = news.visitor, let server = visits.server else { continue }
            if !server.send(news.reply, to: visitor, simulation) { try leave(visitor) }
        }
    }

    /// Visitors with a terminal hear the time.
    func tellState() {
        let state = state
        for look in visits.looks.pending where look.plan.terminal != nil {
            if let visitor = look.visitor { visits.server?.send(.state(state), to: visitor, simulation) }
        }
    }

    private var state: VisitState {
        VisitState(
            nanoseconds: now.nanoseconds, isHeld: lifecycle.isHeld,
            machines: machines.map { machine in
                .init(
                    name: machine.plan.name, obstacle: obstacle(machine), process: machine.process.id,
                    kernel: machine.kernel?.path)
            })
    }

    /// Looks that nothing can answer any more end.
    func endHopelessLooks() throws(RunError) {
        guard !visits.looks.pending.isEmpty else { return }
        for machine in machines where machine.lifecycle.hasEnded {
            visits.looks.fail(
                machine: machine.index,
                "\(machine.plan.name): the command has no exit status: its machine ended (\(machine.lifecycle.ending ?? "off"))"
            )
        }
        if lifecycle.isFinished { visits.looks.fail("the run is over") }
        try tellNews()
    }

    /// Visitors hear that the run is over.
    func endVisits() {
        visits.looks.fail("the run is over")
        try? tellNews()
        visits.server?.closeAll(simulation)
        visits.server = nil
    }
}
