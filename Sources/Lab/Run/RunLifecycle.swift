/// What a run goes through, from the start of the first machine to the end of the last: events in, actions out, no I/O.
///
/// It goes booting, running, shutting down, finished. Those who look at it may hold it before it shuts down: then it does not shut
/// down by itself. An interruption shuts the run down under a deadline of wall-clock time.
struct RunLifecycle: Hashable {
    /// What comes when a held run is resumed.
    enum Rest: Hashable {
        case boot
        case work
        /// It would have begun to shut down.
        case shutdown
    }

    enum State: Hashable {
        /// Machines boot; commands wait until all are configured.
        case booting
        /// Commands run.
        case running
        /// The run stands at a moment, and goes on only for those who look at it.
        case held(Rest)
        /// Every machine has been asked to power off.
        case shuttingDown(isInterrupted: Bool)
        case finished(isInterrupted: Bool)
    }

    enum Event: Hashable {
        /// Every machine is configured, or has ended.
        case allConfigured
        /// All that the lab waits for has happened.
        case workDone
        /// A foreground command has failed, and the lab does not wait for the others: why.
        case failedFast(String)
        /// No program can ever run again, and commands have not ended.
        case deadlocked
        /// The lab's `until` is reached.
        case untilReached
        /// The moment is reached at which the run is to stand.
        case momentReached
        /// Nobody holds the run any more; it may still be held at its end.
        case resumed(toEnd: Bool)
        /// Somebody outside wants to do something to a machine.
        case visited
        /// Every machine has ended.
        case allEnded
        /// SIGINT or SIGTERM came.
        case interrupted
        /// An interrupted run has had its wall-clock time to shut down.
        case interruptionIsDue
        /// The machines have had their simulated time to power off.
        case powerOffIsDue
        /// The lab's wall-clock `timeout` is over.
        case timeoutExpired(String)
        /// No simulated time passes: why, and the machines that everybody waits for.
        case stuck(String, holders: [Int])
        /// The run cannot go on: why.
        case failed(String)
        /// The owner closes the run.
        case closed
    }

    enum Action: Hashable {
        /// Lets the commands of all machines begin.
        case startCommands
        /// Lets simulated time stand at the next instant that no machine has passed.
        case stopForVisit
        /// Reports what each machine waits for.
        case reportDeadlock
        /// Ends what faults do to machines, and machines that are not configured.
        case endFaults
        /// Sets the alarm for `powerOffIsDue`.
        case setPowerOffAlarm
        /// Tells all machines to power off, models first, each kind in the order of the lab file.
        case shutDownMachines
        /// Ends the machines that have not powered off.
        case endOverdueMachines
        /// Starts the wall-clock deadline for `interruptionIsDue`.
        case startInterruptionDeadline
        /// Ends all machines at once.
        case cutOffMachines(isInterrupted: Bool)
        /// Ends all machines at once; the run was stuck with `holders`.
        case cutOffStuckMachines(holders: [Int])
        /// Takes the events that no edge will deliver any more.
        case takeLastEvents
    }

    /// It is held where it would shut down.
    private var holdsAtEnd: Bool
    private static let shutdown: [Action] = [.endFaults, .setPowerOffAlarm, .shutDownMachines]

    private(set) var state = State.booting
    /// Why the run failed as a whole; the first reason counts.
    private(set) var failure: String?

    init(_ state: State = .booting, holdsAtEnd: Bool = false) {
        self.state = state
        self.holdsAtEnd = holdsAtEnd
    }

    mutating func handle(_ event: Event) -> [Action] {
        switch event {
        case .allConfigured: startCommands()
        case .workDone: endWork()
        case .failedFast(let reason): endEarly(reason)
        case .deadlocked: endDeadlock()
        case .untilReached: shutDown()
        case .momentReached: hold()
        case .resumed(let toEnd): resume(toEnd: toEnd)
        case .visited: visit()
        case .allEnded: finish()
        case .interrupted: interrupt()
        case .interruptionIsDue: endInterruption()
        case .powerOffIsDue: endShutdown()
        case .timeoutExpired(let reason): cutOff(reason)
        case .stuck(let reason, let holders): endStuck(reason, holders)
        case .failed(let reason): fail(reason)
        case .closed: close()
        }
    }

    /// It stands at a moment, or goes on only for those who look at it.
    var isHeld: Bool {
        if case .held = state { true } else { false }
    }

    /// It would have begun to shut down.
    var isHeldAtEnd: Bool { state == .held(.shutdown) }

    /// The run was interrupted by SIGINT or SIGTERM.
    var isInterrupted: Bool {
        switch state {
        case .booting, .running, .held: false
        case .shuttingDown(let isInterrupted), .finished(let isInterrupted): isInterrupted
        }
    }

    var isFinished: Bool {
        if case .finished = state { true } else { false }
    }

    /// Nothing has ended the run yet: faults and checks happen.
    var isGoingOn: Bool { state == .booting || isHeld || areCommandsAllowed }

    /// Commands have begun, and nothing has ended the run.
    var areCommandsAllowed: Bool { [.running, .held(.work), .held(.shutdown)].contains(state) }

    // MARK: Rows

    private mutating func startCommands() -> [Action] {
        switch state {
        case .booting:
            state = .running
            return [.startCommands]
        case .held(.boot):
            state = .held(.work)
            return [.startCommands]
        case .running, .held, .shuttingDown, .finished:
            return []
        }
    }

    private mutating func endWork() -> [Action] {
        switch state {
        case .running: shutDown()
        case .booting, .held, .shuttingDown, .finished: []
        }
    }

    private mutating func endEarly(_ reason: String) -> [Action] {
        switch state {
        case .running, .held:
            note(reason)
            return shutDown()
        case .booting, .shuttingDown, .finished:
            return []
        }
    }

    private mutating func endDeadlock() -> [Action] {
        switch state {
        case .running:
            note("stuck: no program can ever run again, but commands have not ended")
            return [.reportDeadlock] + shutDown()
        case .booting, .held, .shuttingDown, .finished:
            return []
        }
    }

    private mutating func shutDown() -> [Action] {
        switch state {
        case .booting, .running:
            guard !holdsAtEnd else {
                state = .held(.shutdown)
                return []
            }
            state = .shuttingDown(isInterrupted: false)
            return Self.shutdown
        case .held:
            state = .held(.shutdown)
            return []
        case .shuttingDown, .finished:
            return []
        }
    }

    private mutating func hold() -> [Action] {
        switch state {
        case .booting: state = .held(.boot)
        case .running: state = .held(.work)
        case .held, .shuttingDown, .finished: break
        }
        return []
    }

    private mutating func resume(toEnd: Bool) -> [Action] {
        if toEnd { holdsAtEnd = false }
        switch state {
        case .held(.boot): state = .booting
        case .held(.work): state = .running
        case .held(.shutdown):
            holdsAtEnd = false
            state = .running
            return shutDown()
        case .booting, .running, .shuttingDown, .finished: break
        }
        return []
    }

    private func visit() -> [Action] {
        switch state {
        case .booting, .running, .held: [.stopForVisit]
        case .shuttingDown, .finished: []
        }
    }

    private mutating func finish() -> [Action] {
        switch state {
        case .shuttingDown(let isInterrupted): state = .finished(isInterrupted: isInterrupted)
        case .booting, .running, .held, .finished: break
        }
        return []
    }

    private mutating func interrupt() -> [Action] {
        switch state {
        case .booting, .running, .held:
            note("interrupted")
            state = .shuttingDown(isInterrupted: true)
            return [.startInterruptionDeadline] + Self.shutdown
        case .shuttingDown(isInterrupted: false):
            note("interrupted")
            state = .shuttingDown(isInterrupted: true)
            return [.startInterruptionDeadline]
        case .shuttingDown(isInterrupted: true):
            // The second time it ends at once.
            return cutOff(nil)
        case .finished:
            return []
        }
    }

    private mutating func endInterruption() -> [Action] {
        switch state {
        case .shuttingDown(isInterrupted: true): cutOff(nil)
        case .booting, .running, .held, .shuttingDown(isInterrupted: false), .finished: []
        }
    }

    private mutating func endShutdown() -> [Action] {
        switch state {
        case .shuttingDown: [.endOverdueMachines]
        case .booting, .running, .held, .finished: []
        }
    }

    private mutating func cutOff(_ reason: String?) -> [Action] {
        switch state {
        case .booting, .running, .held, .shuttingDown:
            let isInterrupted = isInterrupted
            if let reason { note(reason) }
            state = .finished(isInterrupted: isInterrupted)
            return [.cutOffMachines(isInterrupted: isInterrupted)]
        case .finished:
            return []
        }
    }

    private mutating func endStuck(_ reason: String, _ holders: [Int]) -> [Action] {
        switch state {
        case .booting, .running, .held, .shuttingDown:
            note(reason)
            state = .finished(isInterrupted: isInterrupted)
            return [.cutOffStuckMachines(holders: holders)]
        case .finished:
            return []
        }
    }

    private mutating func fail(_ reason: String) -> [Action] {
        note(reason)
        return []
    }

    private mutating func close() -> [Action] {
        switch state {
        case .booting, .running, .held, .shuttingDown: cutOff(nil)
        case .finished: [.takeLastEvents]
        }
    }

    private mutating func note(_ reason: String) { failure = failure ?? reason }
}
