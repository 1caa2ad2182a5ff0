import Calendar
import Network
import Testing

@testable import Lab

/// Every state of a machine with every event: `MachineLifecycleTable` is the whole of it.
struct MachineLifecycleTests {
    typealias Lifecycle = MachineLifecycle

    static let instant = Instant(nanoseconds: 5)
    static let violation = Lifecycle.Violation(problem: "problem", reason: "reason")

    /// All states. Each names the next, in switches without a default: a new state does not compile until it stands here.
    static let states: [Lifecycle.State] = {
        var all: [Lifecycle.State] = []
        var next: Lifecycle.State? = .launched
        while let state = next {
            all.append(state)
            next = successor(of: state)
        }
        return all
    }()

    private static func successor(of state: Lifecycle.State) -> Lifecycle.State? {
        switch state {
        case .launched: .active(.booting, isPaused: false)
        case .active(let stage, isPaused: false): .active(stage, isPaused: true)
        case .active(.booting, isPaused: true): .active(.ready, isPaused: false)
        case .active(.ready, isPaused: true): .active(.running, isPaused: false)
        case .active(.running, isPaused: true): .stopping
        case .stopping: .leaving(wasTold: true)
        case .leaving(wasTold: true): .leaving(wasTold: false)
        case .leaving(wasTold: false): .ending(.poweredOff(wasTold: true), willBoot: false)
        case .ending(let cause, willBoot: false): .ending(cause, willBoot: true)
        case .ending(.poweredOff(wasTold: true), willBoot: true):
            .ending(.poweredOff(wasTold: false), willBoot: false)
        case .ending(.poweredOff(wasTold: false), willBoot: true):
            .ending(.crash(hasStarted: true), willBoot: false)
        case .ending(.crash(hasStarted: true), willBoot: true):
            .ending(.crash(hasStarted: false), willBoot: false)
        case .ending(.crash(hasStarted: false), willBoot: true): .ending(.powerLoss, willBoot: false)
        case .ending(.powerLoss, willBoot: true): .ending(.violation("reason"), willBoot: false)
        case .ending(.violation, willBoot: true): .ended(willBoot: false)
        case .ended(willBoot: false): .ended(willBoot: true)
        case .ended(willBoot: true): nil
        }
    }

    /// All events, in the same way.
    static let events: [Lifecycle.Event] = {
        var all: [Lifecycle.Event] = []
        var next: Lifecycle.Event? = .started(isModel: false)
        while let event = next {
            all.append(event)
            next = successor(of: event)
        }
        return all
    }()

    private static func successor(of event: Lifecycle.Event) -> Lifecycle.Event? {
        switch event {
        case .started(isModel: false): .started(isModel: true)
        case .started(isModel: true): .configured(at: instant)
        case .configured: .begin
        case .begin: .pause
        case .pause: .resume
        case .resume: .faultsOver
        case .faultsOver: .shutDown
        case .shutDown: .bye
        case .bye: .programEnded
        case .programEnded: .leftCalendar(nil)
        case .leftCalendar(nil): .leftCalendar(violation)
        case .leftCalendar: .violated(violation)
        case .violated: .powerOffIsDue
        case .powerOffIsDue: .powerLoss(willBoot: false)
        case .powerLoss(willBoot: false): .powerLoss(willBoot: true)
        case .powerLoss(willBoot: true): .restart(at: instant)
        case .restart: .processEnded("status")
        case .processEnded: .cutOff(ending: "cut off", failed: true)
        case .cutOff: nil
        }
    }

    // MARK: As text

    static func name(_ state: Lifecycle.State) -> String {
        switch state {
        case .launched: "launched"
        case .active(let stage, let isPaused): isPaused ? "\(stage)-paused" : "\(stage)"
        case .stopping: "stopping"
        case .leaving(let wasTold): wasTold ? "leaving-told" : "leaving-untold"
        case .ending(let cause, let willBoot): "ending-\(name(cause))\(willBoot ? "-boots" : "")"
        case .ended(let willBoot): willBoot ? "ended-boots" : "ended"
        }
    }

    private static func name(_ cause: Lifecycle.Cause) -> String {
        switch cause {
        case .poweredOff(let wasTold): wasTold ? "off-told" : "off-untold"
        case .crash(let hasStarted): hasStarted ? "crash" : "crash-unstarted"
        case .powerLoss: "power-loss"
        case .violation: "violation"
        }
    }

    static func name(_ event: Lifecycle.Event) -> String {
        switch event {
        case .started(let isModel): isModel ? "started-model" : "started"
        case .configured: "configured"
        case .begin: "begin"
        case .pause: "pause"
        case .resume: "resume"
        case .faultsOver: "faults-over"
        case .shutDown: "shut-down"
        case .bye: "bye"
        case .programEnded: "program-ended"
        case .leftCalendar(let violation): violation == nil ? "left" : "left-violation"
        case .violated: "violated"
        case .powerOffIsDue: "power-off-due"
        case .powerLoss(let willBoot): willBoot ? "power-loss-boots" : "power-loss"
        case .restart: "restart"
        case .processEnded: "process-ended"
        case .cutOff: "cut-off"
        }
    }

    private static func name(_ action: Lifecycle.Action) -> String {
        switch action {
        case .announceReady: "announceReady"
        case .report(let problem): "report(\(problem))"
        case .announceRestart(let failure): "announceRestart(\(failure ?? "-"))"
        case .startCommands, .pauseTime, .resumeTime, .requestShutdown, .setPowerOffAlarm,
            .interruptCommands, .awaitEnd, .cutPower, .killProcess, .releaseTime, .finish, .boot:
            "\(action)"
        }
    }

    /// A row: state, then the events it ignores, then for each other event the next state, the actions, and how it ended.
    static func row(_ state: Lifecycle.State, boots: Int) -> String {
        var ignored: [String] = []
        var lines: [String] = []
        for event in events {
            var lifecycle = Lifecycle(state, boots: boots)
            let actions = lifecycle.handle(event)
            guard lifecycle != Lifecycle(state, boots: boots) || !actions.isEmpty else {
                ignored.append(name(event))
                continue
            }
            var line = "  \(name(event)) > \(name(lifecycle.state))"
            if !actions.isEmpty { line += ": " + actions.map(name).joined(separator: ", ") }
            if let ending = lifecycle.ending { line += " | \(ending)" }
            if lifecycle.hasFailed { line += " | failed" }
            if lifecycle.boots != boots {
                line += " | boot \(lifecycle.boots) at \(lifecycle.boot.nanoseconds)"
            }
            lines.append(line)
        }
        return
            ([
                "\(name(state))\(boots > 1 ? " in boot \(boots)" : "")",
                "  ignores \(ignored.joined(separator: " "))",
            ]
            + lines).joined(separator: "\n")
    }

    @Test func everyStateHandlesEveryEventAsTheTableSays() {
        let rows =
            Self.states.map { Self.row($0, boots: 1) }
            + [
                Lifecycle.State.launched, .active(.booting, isPaused: false),
                .active(.booting, isPaused: true),
            ]
            .map { Self.row($0, boots: 2) }
        let expected = MachineLifecycleTable.text.split(separator: "\n\n").map(String.init)
        #expect(rows.count == expected.count)
        for (row, expected) in zip(rows, expected) { #expect(row == expected) }
    }

    // MARK: Whole lives

    @Test func aFailureBeforeARestartIsKept() {
        var lifecycle = Lifecycle()
        _ = lifecycle.handle(.started(isModel: false))
        _ = lifecycle.handle(.leftCalendar(nil))
        _ = lifecycle.handle(.processEnded("exited with status 1"))
        let actions = lifecycle.handle(.restart(at: Self.instant))
        #expect(actions == [.announceRestart(earlierFailure: "exited with status 1"), .boot])
        #expect(lifecycle.hasFailed)
        #expect(lifecycle.ending == nil)
    }

    /// Whatever happens in whatever order: time is held once for each end that is awaited and released before the end is recorded,
    /// and a machine that is paused is resumed or ended before it is paused again.
    @Test func randomLivesHoldAndReleaseTimeInTurn() {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SplitMix64(seed: seed, name: "lives")
        for life in 0..<2000 {
            var lifecycle = Lifecycle()
            var isHeld = false
            var isPaused = false
            for _ in 0..<40 {
                let event = Self.events[Int(random.next() % UInt64(Self.events.count))]
                let wasEnded = lifecycle.hasEnded
                for action in lifecycle.handle(event) {
                    switch action {
                    case .awaitEnd:
                        #expect(!isHeld, "seed \(seed), life \(life)")
                        isHeld = true
                    case .releaseTime:
                        #expect(isHeld, "seed \(seed), life \(life)")
                        isHeld = false
                    case .pauseTime:
                        #expect(!isPaused, "seed \(seed), life \(life)")
                        isPaused = true
                    case .resumeTime:
                        #expect(isPaused, "seed \(seed), life \(life)")
                        isPaused = false
                    case .finish:
                        #expect(!isHeld && !wasEnded, "seed \(seed), life \(life)")
                        isPaused = false
                    case .cutPower:
                        isPaused = false
                    case .announceReady, .startCommands, .requestShutdown, .setPowerOffAlarm,
                        .interruptCommands, .report, .killProcess, .announceRestart, .boot:
                        break
                    }
                }
                #expect(isHeld == lifecycle.isAwaited, "seed \(seed), life \(life)")
                #expect(!lifecycle.hasEnded || lifecycle.ending != nil, "seed \(seed), life \(life)")
            }
        }
    }
}
