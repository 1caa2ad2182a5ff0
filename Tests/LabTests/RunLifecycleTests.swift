import Testing

@testable import Lab

/// Every state of a run with every event.
struct RunLifecycleTests {
    typealias Lifecycle = RunLifecycle

    /// All states. Each names the next, in a switch without a default: a new state does not compile until it stands here.
    private static let states: [Lifecycle.State] = {
        var all: [Lifecycle.State] = []
        var next: Lifecycle.State? = .booting
        while let state = next {
            all.append(state)
            next = successor(of: state)
        }
        return all
    }()

    private static func successor(of state: Lifecycle.State) -> Lifecycle.State? {
        switch state {
        case .booting: .running
        case .running: .held(.boot)
        case .held(.boot): .held(.work)
        case .held(.work): .held(.shutdown)
        case .held(.shutdown): .shuttingDown(isInterrupted: false)
        case .shuttingDown(isInterrupted: false): .shuttingDown(isInterrupted: true)
        case .shuttingDown(isInterrupted: true): .finished(isInterrupted: false)
        case .finished(isInterrupted: false): .finished(isInterrupted: true)
        case .finished(isInterrupted: true): nil
        }
    }

    /// All events, in the same way.
    private static let events: [Lifecycle.Event] = {
        var all: [Lifecycle.Event] = []
        var next: Lifecycle.Event? = .allConfigured
        while let event = next {
            all.append(event)
            next = successor(of: event)
        }
        return all
    }()

    private static func successor(of event: Lifecycle.Event) -> Lifecycle.Event? {
        switch event {
        case .allConfigured: .workDone
        case .workDone: .failedFast("early")
        case .failedFast: .deadlocked
        case .deadlocked: .untilReached
        case .untilReached: .momentReached
        case .momentReached: .resumed(toEnd: true)
        case .resumed: .visited
        case .visited: .allEnded
        case .allEnded: .interrupted
        case .interrupted: .interruptionIsDue
        case .interruptionIsDue: .powerOffIsDue
        case .powerOffIsDue: .timeoutExpired("timeout")
        case .timeoutExpired: .stuck("stuck", holders: [2, 1])
        case .stuck: .failed("failed")
        case .failed: .closed
        case .closed: nil
        }
    }

    private static func name(_ state: Lifecycle.State) -> String {
        switch state {
        case .booting: "booting"
        case .running: "running"
        case .held(let rest): "held-\(rest)"
        case .shuttingDown(let isInterrupted): isInterrupted ? "shutting-down-interrupted" : "shutting-down"
        case .finished(let isInterrupted): isInterrupted ? "finished-interrupted" : "finished"
        }
    }

    private static func name(_ event: Lifecycle.Event) -> String {
        switch event {
        case .allConfigured: "all-configured"
        case .workDone: "work-done"
        case .failedFast: "failed-fast"
        case .deadlocked: "deadlocked"
        case .untilReached: "until-reached"
        case .momentReached: "moment-reached"
        case .resumed: "resumed"
        case .visited: "visited"
        case .allEnded: "all-ended"
        case .interrupted: "interrupted"
        case .interruptionIsDue: "interruption-due"
        case .powerOffIsDue: "power-off-due"
        case .timeoutExpired: "timeout"
        case .stuck: "stuck"
        case .failed: "failed"
        case .closed: "closed"
        }
    }

    private static func name(_ action: Lifecycle.Action) -> String {
        switch action {
        case .startCommands, .reportDeadlock, .endFaults, .setPowerOffAlarm, .shutDownMachines,
            .endOverdueMachines, .startInterruptionDeadline, .takeLastEvents, .stopForVisit:
            "\(action)"
        case .cutOffMachines(let isInterrupted): isInterrupted ? "cutOff(interrupted)" : "cutOff"
        case .cutOffStuckMachines(let holders): "cutOffStuck(\(holders))"
        }
    }

    /// A row: state, then the events it ignores, then for each other event the next state, the actions, and why the run failed.
    private static func row(_ state: Lifecycle.State) -> String {
        var ignored: [String] = []
        var lines: [String] = []
        for event in events {
            var lifecycle = Lifecycle(state)
            let actions = lifecycle.handle(event)
            guard lifecycle != Lifecycle(state) || !actions.isEmpty else {
                ignored.append(name(event))
                continue
            }
            var line = "  \(name(event)) > \(name(lifecycle.state))"
            if !actions.isEmpty { line += ": " + actions.map(name).joined(separator: ", ") }
            if let failure = lifecycle.failure { line += " | \(failure)" }
            lines.append(line)
        }
        return ([name(state), "  ignores \(ignored.joined(separator: " "))"] + lines).joined(separator: "\n")
    }

    private static let table = """
        booting
          ignores work-done failed-fast deadlocked resumed all-ended interruption-due power-off-due
          all-configured > running: startCommands
          until-reached > shutting-down: endFaults, setPowerOffAlarm, shutDownMachines
          moment-reached > held-boot
          visited > booting: stopForVisit
          interrupted > shutting-down-interrupted: startInterruptionDeadline, endFaults, setPowerOffAlarm, \
        shutDownMachines | interrupted
          timeout > finished: cutOff | timeout
          stuck > finished: cutOffStuck([2, 1]) | stuck
          failed > booting | failed
          closed > finished: cutOff

        running
          ignores all-configured resumed all-ended interruption-due power-off-due
          work-done > shutting-down: endFaults, setPowerOffAlarm, shutDownMachines
          failed-fast > shutting-down: endFaults, setPowerOffAlarm, shutDownMachines | early
          deadlocked > shutting-down: reportDeadlock, endFaults, setPowerOffAlarm, shutDownMachines | \
        stuck: no program can ever run again, but commands have not ended
          until-reached > shutting-down: endFaults, setPowerOffAlarm, shutDownMachines
          moment-reached > held-work
          visited > running: stopForVisit
          interrupted > shutting-down-interrupted: startInterruptionDeadline, endFaults, setPowerOffAlarm, \
        shutDownMachines | interrupted
          timeout > finished: cutOff | timeout
          stuck > finished: cutOffStuck([2, 1]) | stuck
          failed > running | failed
          closed > finished: cutOff

        held-boot
          ignores work-done deadlocked moment-reached all-ended interruption-due power-off-due
          all-configured > held-work: startCommands
          failed-fast > held-shutdown | early
          until-reached > held-shutdown
          resumed > booting
          visited > held-boot: stopForVisit
          interrupted > shutting-down-interrupted: startInterruptionDeadline, endFaults, setPowerOffAlarm, \
        shutDownMachines | interrupted
          timeout > finished: cutOff | timeout
          stuck > finished: cutOffStuck([2, 1]) | stuck
          failed > held-boot | failed
          closed > finished: cutOff

        held-work
          ignores all-configured work-done deadlocked moment-reached all-ended interruption-due power-off-due
          failed-fast > held-shutdown | early
          until-reached > held-shutdown
          resumed > running
          visited > held-work: stopForVisit
          interrupted > shutting-down-interrupted: startInterruptionDeadline, endFaults, setPowerOffAlarm, \
        shutDownMachines | interrupted
          timeout > finished: cutOff | timeout
          stuck > finished: cutOffStuck([2, 1]) | stuck
          failed > held-work | failed
          closed > finished: cutOff

        held-shutdown
          ignores all-configured work-done deadlocked until-reached moment-reached all-ended interruption-due \
        power-off-due
          failed-fast > held-shutdown | early
          resumed > shutting-down: endFaults, setPowerOffAlarm, shutDownMachines
          visited > held-shutdown: stopForVisit
          interrupted > shutting-down-interrupted: startInterruptionDeadline, endFaults, setPowerOffAlarm, \
        shutDownMachines | interrupted
          timeout > finished: cutOff | timeout
          stuck > finished: cutOffStuck([2, 1]) | stuck
          failed > held-shutdown | failed
          closed > finished: cutOff

        shutting-down
          ignores all-configured work-done failed-fast deadlocked until-reached moment-reached resumed visited \
        interruption-due
          all-ended > finished
          interrupted > shutting-down-interrupted: startInterruptionDeadline | interrupted
          power-off-due > shutting-down: endOverdueMachines
          timeout > finished: cutOff | timeout
          stuck > finished: cutOffStuck([2, 1]) | stuck
          failed > shutting-down | failed
          closed > finished: cutOff

        shutting-down-interrupted
          ignores all-configured work-done failed-fast deadlocked until-reached moment-reached resumed visited
          all-ended > finished-interrupted
          interrupted > finished-interrupted: cutOff(interrupted)
          interruption-due > finished-interrupted: cutOff(interrupted)
          power-off-due > shutting-down-interrupted: endOverdueMachines
          timeout > finished-interrupted: cutOff(interrupted) | timeout
          stuck > finished-interrupted: cutOffStuck([2, 1]) | stuck
          failed > shutting-down-interrupted | failed
          closed > finished-interrupted: cutOff(interrupted)

        finished
          ignores all-configured work-done failed-fast deadlocked until-reached moment-reached resumed visited \
        all-ended interrupted interruption-due power-off-due timeout stuck
          failed > finished | failed
          closed > finished: takeLastEvents

        finished-interrupted
          ignores all-configured work-done failed-fast deadlocked until-reached moment-reached resumed visited \
        all-ended interrupted interruption-due power-off-due timeout stuck
          failed > finished-interrupted | failed
          closed > finished-interrupted: takeLastEvents
        """

    @Test func everyStateHandlesEveryEventAsTheTableSays() {
        let rows = Self.states.map(Self.row)
        let expected = Self.table.split(separator: "\n\n").map(String.init)
        #expect(rows.count == expected.count)
        for (row, expected) in zip(rows, expected) { #expect(row == expected) }
    }

    @Test func aRunThatIsHeldAtItsEndDoesNotShutDown() {
        for event in [Lifecycle.Event.workDone, .failedFast("early"), .deadlocked, .untilReached] {
            var lifecycle = Lifecycle(.running, holdsAtEnd: true)
            let actions = lifecycle.handle(event)
            #expect(actions == (event == .deadlocked ? [.reportDeadlock] : []))
            #expect(lifecycle.state == .held(.shutdown))
            // Only once.
            let later = lifecycle.handle(.resumed(toEnd: true))
            #expect(
                lifecycle.state == .shuttingDown(isInterrupted: false) && later.contains(.shutDownMachines))
        }
    }

    @Test func theFirstFailureCounts() {
        var lifecycle = Lifecycle()
        _ = lifecycle.handle(.allConfigured)
        _ = lifecycle.handle(.deadlocked)
        _ = lifecycle.handle(.interrupted)
        #expect(lifecycle.failure == "stuck: no program can ever run again, but commands have not ended")
        #expect(lifecycle.isInterrupted)
        let actions = lifecycle.handle(.interrupted)
        #expect(actions == [.cutOffMachines(isInterrupted: true)])
        #expect(lifecycle.state == .finished(isInterrupted: true))
    }
}
