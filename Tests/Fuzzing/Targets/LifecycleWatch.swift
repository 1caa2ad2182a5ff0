internal import Calendar
internal import Lab

/// A machine's state while its init sends anything and the run does what runs do: what must hold after each event.
struct LifecycleWatch {
    private var lifecycle = MachineLifecycle()
    private var instant = Instant.zero
    private var isTimeHeld = false
    private var isPaused = false
    private var boots = 1
    /// What it will go through until the run ends.
    private var events: [MachineLifecycle.Event] = []

    /// - Parameter isStarted: its kernel has joined the calendar.
    init(isStarted: Bool) throws {
        if isStarted { try handle(.started(isModel: false)) }
    }

    /// What init sent has come; between, other things happen.
    mutating func queue(_ messages: [ControlMessage], _ random: inout FuzzRandom) {
        for message in messages {
            if random.oneIn(2) { disturb(&random) }
            if let event = MachineLifecycle.Event(message, at: instant) { events.append(event) }
        }
    }

    /// The decoder refused what init sent.
    mutating func queue(_ failure: ControlDecoder.Failure) { events.append(.init(failure)) }

    /// Something that the run, a fault, the calendar or the host does.
    private mutating func disturb(_ random: inout FuzzRandom) {
        instant = instant.advanced(by: random.number())
        let choices: [MachineLifecycle.Event] = [
            .started(isModel: false), .begin, .begin, .shutDown, .pause, .resume, .powerOffIsDue,
            .powerLoss(willBoot: false),
            .powerLoss(willBoot: true), .restart(at: instant), .leftCalendar(nil),
            .processEnded("exit status 0"),
            .leftCalendar(.init(problem: "it broke a rule")),
        ]
        events.append(random.pick(choices))
    }

    /// The run ends. Whatever was before, the machine ends with it, and has a reason.
    ///
    /// - Returns: how it ended.
    mutating func endRun() throws -> String {
        events += [.faultsOver, .shutDown, .powerOffIsDue, .processEnded("exit status 0")]
        for event in events { try handle(event) }
        guard lifecycle.hasEnded, !lifecycle.willBoot, let ending = lifecycle.ending else {
            throw FuzzFailure("the run is over and the machine is \(lifecycle.state)")
        }
        return try Outcome.of(ending)
    }

    private mutating func handle(_ event: MachineLifecycle.Event) throws {
        let hadEnded = lifecycle.hasEnded
        for action in lifecycle.handle(event) { try follow(action, event) }
        guard isTimeHeld == lifecycle.isAwaited else {
            throw FuzzFailure("\(event): time is held: \(isTimeHeld), and the machine is \(lifecycle.state)")
        }
        guard lifecycle.boots == boots, lifecycle.hasEnded == (lifecycle.ending != nil) else {
            throw FuzzFailure("\(event): \(lifecycle.boots) boots, \(boots) processes started; \(lifecycle)")
        }
        if case .restart = event { return }
        guard lifecycle.hasEnded || !hadEnded else { throw FuzzFailure("\(event) revives the machine") }
    }

    /// Each action fits those before it.
    private mutating func follow(_ action: MachineLifecycle.Action, _ event: MachineLifecycle.Event) throws {
        let fits: Bool
        switch action {
        case .awaitEnd: (fits, isTimeHeld) = (!isTimeHeld, true)
        case .releaseTime: (fits, isTimeHeld) = (isTimeHeld, false)
        case .pauseTime: (fits, isPaused) = (!isPaused, true)
        case .resumeTime: (fits, isPaused) = (isPaused, false)
        case .boot:
            fits = !isTimeHeld
            isPaused = false
            boots += 1
        case .report(let problem):
            fits = true
            _ = try Outcome.of(problem)
        case .announceReady, .startCommands, .requestShutdown, .setPowerOffAlarm, .interruptCommands,
            .cutPower,
            .killProcess, .finish, .announceRestart:
            fits = true
        }
        guard fits else { throw FuzzFailure("\(event): \(action) when it is in effect") }
    }
}
