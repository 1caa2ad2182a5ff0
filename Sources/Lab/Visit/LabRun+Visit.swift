package import Calendar
internal import LabPlan
internal import Posix
internal import Simulation
internal import SystemPackage

/// A run that stands at a moment, and goes on for those who visit it. From the moment on a replay is a branch: what it does is not the
/// recorded run any more.
///
/// Visitors act only where time stands: all that is earlier has happened, and nothing at that instant. So what they do has an instant,
/// and can be done again there. While the run goes on, a visitor who wants something ends the turns of all machines first.
extension LabRun {
    var recess: Recess {
        get { visits.recess }
        set { visits.recess = newValue }
    }

    /// Simulated time stands.
    package var stands: Bool { simulation.stands }

    /// The run stands at a moment, or goes on only for those who look at it.
    package var isHeld: Bool { lifecycle.isHeld }

    /// It has reached the moment at which it was to be held, or its end if that is to be held.
    package var isAtMoment: Bool {
        simulation.stands && visits.isAtMoment || options.visits.stop == .end && lifecycle.isHeldAtEnd
    }

    /// Writes the trace of a run that stands.
    ///
    /// - Returns: everything earlier is in it, and nothing that comes is earlier.
    package func settleTrace() -> Instant { simulation.settleTrace() }

    /// SIGINT or SIGTERM ended the run.
    package var wasInterrupted: Bool { lifecycle.isInterrupted }

    /// The run's instant.
    package var now: Instant { simulation.now }

    // MARK: The beginning

    /// Opens the socket for visitors, if there are to be some, and sets the first stop.
    func prepareVisits() throws(RunError) {
        if options.visits.areAllowed {
            do throws(Errno) {
                visits.server = try VisitServer(folder: folder.path, simulation: simulation)
            } catch {
                throw RunError(
                    .environment, "cannot listen at \(folder.path)/\(RunFolder.visitSocket): \(error)")
            }
        }
        visits.recorders = ["\(folder.path)/\(RunFolder.input)", options.visits.recordsInputTo].compactMap(
            \.self
        )
        .map(InputRecorder.init)
        visits.input = options.visits.input.reversed()
        visits.pace = Pace(speed: options.visits.speed)
        visits.hold = Hold(moment: options.visits.hold)
        if case .time(let nanoseconds)? = options.visits.hold {
            visits.hold.instant = Instant(nanoseconds: nanoseconds)
        }
        if case .before(let instant)? = options.visits.stop { visits.hold.instant = instant }
        if let stop = nextStop { simulation.setStop(before: stop) }
    }

    /// The next stop of a run that nobody holds; nil: none is known.
    private var nextStop: Instant? {
        var stop = [visits.hold.instant, visits.input.last.map { Instant(nanoseconds: $0.at) }].compactMap(
            \.self
        )
        .min()
        if visits.pace.speed != nil {
            let limit = max(visits.pace.limit(at: now), now.advanced(by: 1))
            stop = min(stop ?? limit, limit)
        }
        return stop
    }

    // MARK: Stops

    /// Time is to stand, so that a visitor can act: at once when it does already.
    func wakeForVisitors() throws(RunError) {
        guard !simulation.stands else { return try goOn() }
        try handleInRecess(.visited)
    }

    /// What the run is to be held for may have happened.
    func holdIfDue() throws(RunError) {
        if visits.hold.isDue, !simulation.stands { try handleInRecess(.visited) }
    }

    /// No machine has its turn: time stands as soon as all machines have got to the same instant.
    func stopForVisit() {
        guard !simulation.stands else { return }
        simulation.setStop(before: simulation.firstVisit)
    }

    /// Everything before a stop has happened.
    func reachStop() throws(RunError) {
        simulation.takeStop()
        simulation.stands = true
        if visits.hold.isTaken(at: now) {
            // What is recorded of later happens on the recorded run alone.
            if options.visits.stop != nil { visits.input = [] }
            visits.isAtMoment = true
            if !lifecycle.isHeld {
                try handle(.momentReached)
                try record(nil, .hold)
            }
        }
        try playInput()
        tellState()
        try goOn()
    }

    /// Lets time go on, until `instant` or without a limit.
    private func release(before instant: Instant?) {
        simulation.waitLimit = nil
        simulation.stands = false
        if let instant { simulation.setStop(before: instant) }
    }

    /// Decides how a run that stands goes on.
    func goOn() throws(RunError) {
        guard simulation.stands, !lifecycle.isFinished else { return }
        guard lifecycle.isGoingOn else { return release(before: nil) }
        if try sendWaiting() { return release(before: now.advanced(by: 1)) }
        // What recorded input asks is recorded too.
        if !visits.input.isEmpty { return release(before: nextStop) }
        let unasked = visits.looks.unasked
        if !unasked.isEmpty {
            for look in unasked {
                try send(.ask, to: look)
                visits.looks.isAsked(look)
            }
            return release(before: now.advanced(by: 1))
        }
        guard lifecycle.isHeld, !visits.goesFreely else { return goOnByItself() }
        if let goal = visits.goal {
            guard now >= goal.instant else { return release(before: goal.instant) }
            visits.goal = nil
            visits.server?.send(.ended(0), to: goal.visitor, simulation)
        }
        switch visits.looks.need {
        case .time:
            visits.pace.release()
            release(before: now.advanced(by: visits.slice))
            visits.slice *= 2
            if visits.looks.pending.contains(where: \.takesInput) {
                visits.slice = min(visits.slice, Visits.longestSlice)
            }
            visits.looks.askAll()
        case .person:
            goOnInPace()
            if !simulation.stands { visits.looks.askAll() }
        case .nothing:
            visits.pace.release()
            simulation.waitLimit = nil
        }
    }

    /// Nobody holds the run.
    private func goOnByItself() {
        guard visits.pace.speed != nil, !visits.goesFreely else { return release(before: nextStop) }
        goOnInPace(orBefore: visits.hold.instant)
    }

    /// Goes on as far as wall-clock time has, or waits for it.
    private func goOnInPace(orBefore other: Instant? = nil) {
        let limit = visits.pace.limit(at: now)
        guard limit > now else {
            simulation.waitLimit = Pace.step
            return
        }
        release(before: min(limit, other ?? limit))
    }

    // MARK: What waits

    /// Does what visitors wait for.
    ///
    /// - Returns: false when there was nothing that could be done.
    private func sendWaiting() throws(RunError) -> Bool {
        var isDone = false
        var rest: [Visits.Waiting] = []
        let waiting = visits.waiting
        visits.waiting = []
        for item in waiting {
            guard let look = item.look else {
                try resume()
                continue
            }
            guard item.count == 0 || visits.looks.hasRoom(look), !rest.contains(where: { $0.look == look })
            else {
                rest.append(item)
                continue
            }
            visits.looks.give(item.count, to: look)
            try send(item.action, to: look)
            visits.looks.ask(look)
            isDone = true
        }
        visits.waiting = rest + visits.waiting
        if isDone { visits.slice = Visits.firstSlice }
        letVisitorsSend()
        return isDone
    }

    /// Visitors whose input waits send no more.
    func letVisitorsSend() {
        for (index, look) in visits.looks.all.enumerated() {
            guard let visitor = look.visitor else { continue }
            let number = Looks.firstNumber + index
            let count = visits.waiting.reduce(0) { $0 + ($1.look == number ? $1.count : 0) }
            visits.server?.setWaits(count > VisitRequest.payloadLimit, visitor, simulation)
        }
    }

    /// Nobody holds the run any more.
    private func resume() throws(RunError) {
        try record(nil, .resume)
        visits.goal = nil
        visits.goesFreely = false
        // What is recorded resumes a replay that has not got to its moment.
        try handle(.resumed(toEnd: options.visits.stop == nil || visits.isAtMoment))
    }

    private func send(_ action: RecordedInput.Action, to look: Int) throws(RunError) {
        guard let machine = visits.looks.machine(of: look) else { return }
        let input = try record(look, action)
        guard let request = input.request else { return }
        simulation.sendControl(request.frame, machine: machine, at: Instant(nanoseconds: input.at))
    }

    @discardableResult
    private func record(_ look: Int?, _ action: RecordedInput.Action) throws(RunError) -> RecordedInput {
        let machine = look.flatMap { visits.looks.machine(of: $0) }.map { machines[$0].plan.name }
        let input = RecordedInput(
            at: max(now, simulation.firstVisit).nanoseconds, machine: machine,
            look: look.map { $0 - Looks.firstNumber + 1 }, action: action)
        for recorder in visits.recorders { try recorder.record(input) }
        return input
    }

    // MARK: Recorded input

    /// Does again what is recorded for this instant.
    private func playInput() throws(RunError) {
        while let input = visits.input.last, input.at <= now.nanoseconds {
            visits.input.removeLast()
            switch input.action {
            case .hold:
                try handle(.momentReached)
                try record(nil, .hold)
            case .start(let plan):
                let machine = try machineToLookAt(plan.machine)
                let look = visits.looks.add(plan, machine: machine.index, visitor: nil)
                visits.waiting.append(.init(look: look, action: input.action))
            default:
                visits.waiting.append(
                    .init(look: input.look.map { Looks.firstNumber + $0 - 1 }, action: input.action))
            }
        }
        // The recorded branch ends here; the run does not.
        if visits.input.isEmpty, !options.visits.input.isEmpty, options.visits.stop == nil, lifecycle.isHeld,
            visits.server?.isEmpty ?? true
        {
            visits.waiting.append(.init(look: nil, action: .resume))
        }
    }
}
