package import Calendar
internal import LabPlan

/// What one machine goes through, from the start of its process to its end: events in, actions out, no I/O.
///
/// A kernel goes launched, booting, ready, running, stopping, leaving, ending, ended; a restart begins again at launched. A model has
/// no boot: it goes launched, ready, running, stopping, ended. Process-exit timing is nondeterministic, so a machine that is cut off
/// stays in `ending`, and simulated time stands still, until its process has ended.
package struct MachineLifecycle: Hashable {
    /// The stages in which a guest works.
    package enum Stage: Hashable, CaseIterable {
        /// Its kernel has started on the calendar; its init configures it.
        case booting
        /// It is configured and waits for the other machines.
        case ready
        /// Its commands run.
        case running
    }

    package enum State: Hashable {
        /// Its process has started; its kernel has not joined the calendar.
        case launched
        /// The guest works. A paused guest gets no turns.
        case active(Stage, isPaused: Bool)
        /// The run has asked it to power off.
        case stopping
        /// Its init has announced that it powers off; `wasTold` is false for a guest that does so unasked.
        case leaving(wasTold: Bool)
        /// It has left the calendar or was cut off; simulated time stands still until its process has ended.
        case ending(Cause, willBoot: Bool)
        /// Its process has ended, or its model has stopped. `willBoot`: a fault boots it again later.
        case ended(willBoot: Bool)
    }

    /// Why a machine is ending.
    package enum Cause: Hashable {
        /// Its init announced that it powers off, and then its kernel left the calendar.
        case poweredOff(wasTold: Bool)
        /// It left the calendar unasked, or was cut off before it was configured: its exit status tells more.
        case crash(hasStarted: Bool)
        /// A fault took its power.
        case powerLoss
        /// It broke a rule or missed a deadline.
        case violation(String)
    }

    /// What a machine did wrong.
    package struct Violation: Hashable {
        /// One line for people: what happened.
        package var problem: String
        /// Why it ended, for the summary and the trace: "ended: " and this.
        package var reason: String

        package init(problem: String, reason: String? = nil) {
            self.problem = problem
            self.reason = reason ?? problem
        }
    }

    package enum Event: Hashable {
        /// The calendar has answered its START.
        case started(isModel: Bool)
        /// Its init has configured it, at this instant.
        case configured(at: Instant)
        /// Commands may begin.
        case begin
        case pause
        case resume
        /// The run ends: no fault acts on machines any more.
        case faultsOver
        /// The run ends: it has to power off.
        case shutDown
        /// Its init has sent `bye`: it powers off.
        case bye
        /// A model's program has ended.
        case programEnded
        /// Its client has left the calendar, perhaps for a rule that it broke.
        case leftCalendar(Violation?)
        /// Its init or a device's driver broke a rule.
        case violated(Violation)
        /// It has had its time to power off.
        case powerOffIsDue
        /// A fault takes its power.
        case powerLoss(willBoot: Bool)
        /// A fault boots it at this instant.
        case restart(at: Instant)
        /// Its process has ended with this exit status.
        case processEnded(String)
        /// The run is over for it, at once.
        case cutOff(ending: String, failed: Bool)
    }

    package enum Action: Hashable {
        /// Reports that it is up since this instant.
        case announceReady(at: Instant)
        /// Lets its commands begin.
        case startCommands
        case pauseTime
        case resumeTime
        /// Tells its init to power off; ends a model's program.
        case requestShutdown
        /// Sets the alarm for `powerOffIsDue`.
        case setPowerOffAlarm
        /// Notes which commands lose their power.
        case interruptCommands
        /// Reports a problem of it.
        case report(String)
        /// Holds simulated time until its process has ended.
        case awaitEnd
        /// Kills its process, then removes its client and devices in this instant.
        case cutPower
        /// Kills its process.
        case killProcess
        /// Lets simulated time pass again.
        case releaseTime
        /// Records how it ended and closes what belonged to its process.
        case finish
        /// Reports that it boots again; if it had failed before, how.
        case announceRestart(earlierFailure: String?)
        /// Starts its process again.
        case boot
    }

    /// Longest simulated time that a machine may take to power off, ns.
    static let powerOffLimit: UInt64 = 60_000_000_000

    package private(set) var state = State.launched
    /// When it booted last, and how often it has.
    private(set) var boot = Instant.zero
    package private(set) var boots = 1
    /// How it ended last, as a phrase; nil before.
    package private(set) var ending: String?
    /// It has ended once in another way than by powering off when told or by a fault.
    private(set) var hasFailed = false

    package init(_ state: State = .launched, boots: Int = 1) {
        self.state = state
        self.boots = boots
    }

    package mutating func handle(_ event: Event) -> [Action] {
        switch event {
        case .started(let isModel): started(isModel: isModel)
        case .configured(let instant): configured(at: instant)
        case .begin: begin()
        case .pause: setPaused(true)
        case .resume: setPaused(false)
        case .faultsOver: endFaults()
        case .shutDown: shutDown()
        case .bye: bye()
        case .programEnded: programEnded()
        case .leftCalendar(let violation): leftCalendar(violation)
        case .violated(let violation): end(for: violation)
        case .powerOffIsDue: powerOffIsDue()
        case .powerLoss(let willBoot): losePower(willBoot: willBoot)
        case .restart(let instant): restart(at: instant)
        case .processEnded(let status): processEnded(status)
        case .cutOff(let ending, let failed): cutOff(ending, failed: failed)
        }
    }

    // MARK: Boot

    private mutating func started(isModel: Bool) -> [Action] {
        switch state {
        case .launched: state = .active(isModel ? .ready : .booting, isPaused: false)
        case .active, .stopping, .leaving, .ending, .ended: break
        }
        return []
    }

    private mutating func configured(at instant: Instant) -> [Action] {
        switch state {
        case .launched:
            state = .active(.ready, isPaused: false)
            return [.announceReady(at: instant)]
        case .active(.booting, let isPaused):
            state = .active(.ready, isPaused: isPaused)
            return [.announceReady(at: instant)]
        case .active(.ready, _), .active(.running, _), .stopping, .leaving, .ending, .ended:
            return []
        }
    }

    private mutating func begin() -> [Action] {
        switch state {
        case .active(.ready, let isPaused):
            state = .active(.running, isPaused: isPaused)
            return [.startCommands]
        case .launched, .active(.booting, _), .active(.running, _), .stopping, .leaving, .ending, .ended:
            return []
        }
    }

    // MARK: Faults

    private mutating func setPaused(_ isPaused: Bool) -> [Action] {
        switch state {
        case .active(let stage, isPaused: !isPaused):
            state = .active(stage, isPaused: isPaused)
            return [isPaused ? .pauseTime : .resumeTime]
        case .launched, .active, .stopping, .leaving, .ending, .ended:
            return []
        }
    }

    private mutating func losePower(willBoot: Bool) -> [Action] {
        switch state {
        case .launched, .active, .stopping, .leaving:
            state = .ending(.powerLoss, willBoot: willBoot)
            return [.interruptCommands, .awaitEnd, .cutPower]
        case .ending(let cause, let earlier):
            state = .ending(cause, willBoot: earlier || willBoot)
            return []
        case .ended(let earlier):
            state = .ended(willBoot: earlier || willBoot)
            return []
        }
    }

    private mutating func restart(at instant: Instant) -> [Action] {
        switch state {
        case .ended:
            let failure = hasFailed ? ending : nil
            state = .launched
            boot = instant
            boots += 1
            ending = nil
            return [.announceRestart(earlierFailure: failure), .boot]
        case .ending(let cause, _):
            state = .ending(cause, willBoot: false)
            return []
        case .launched, .active, .stopping, .leaving:
            return []
        }
    }

    private mutating func endFaults() -> [Action] {
        switch state {
        case .launched, .active(.booting, _):
            return endUnconfigured()
        case .active(let stage, isPaused: true):
            state = .active(stage, isPaused: false)
            return [.resumeTime]
        case .ending(let cause, _):
            state = .ending(cause, willBoot: false)
            return []
        case .ended:
            state = .ended(willBoot: false)
            return []
        case .active(.ready, isPaused: false), .active(.running, isPaused: false), .stopping, .leaving:
            return []
        }
    }

    // MARK: Shutdown

    /// A machine that is not configured cannot receive the request to power off. A machine that a fault has booted again loses its power instead.
    private mutating func endUnconfigured() -> [Action] {
        if boots > 1 { return losePower(willBoot: false) }
        state = .ending(.crash(hasStarted: state != .launched), willBoot: false)
        return [.awaitEnd, .cutPower]
    }

    private mutating func shutDown() -> [Action] {
        switch state {
        case .launched, .active(.booting, _):
            return endUnconfigured()
        case .active(_, let isPaused):
            state = .stopping
            return isPaused ? [.resumeTime, .requestShutdown] : [.requestShutdown]
        case .stopping, .leaving, .ending, .ended:
            return []
        }
    }

    private mutating func bye() -> [Action] {
        switch state {
        case .launched, .active(_, isPaused: false):
            state = .leaving(wasTold: false)
            return [.setPowerOffAlarm]
        case .active(_, isPaused: true):
            state = .leaving(wasTold: false)
            return [.resumeTime, .setPowerOffAlarm]
        case .stopping:
            // The run's own alarm is set.
            state = .leaving(wasTold: true)
            return []
        case .leaving, .ending, .ended:
            return []
        }
    }

    private mutating func programEnded() -> [Action] {
        switch state {
        case .stopping: finish("stopped", failed: false)
        case .launched, .active, .leaving, .ending, .ended: []
        }
    }

    private mutating func powerOffIsDue() -> [Action] {
        let limit = "within \(DurationText.format(Self.powerOffLimit))"
        let problem: String
        switch state {
        case .stopping:
            problem = "it has not powered off \(limit)"
        case .leaving:
            problem = "it announced that it powers off and has not done so \(limit)"
        case .launched, .active, .ending, .ended:
            return []
        }
        return end(for: Violation(problem: problem, reason: "it did not power off"))
    }

    // MARK: The end

    private mutating func end(for violation: Violation) -> [Action] {
        switch state {
        case .launched, .active, .stopping, .leaving:
            state = .ending(.violation(violation.reason), willBoot: false)
            return [.report(violation.problem), .awaitEnd, .cutPower]
        case .ending, .ended:
            return []
        }
    }

    private mutating func leftCalendar(_ violation: Violation?) -> [Action] {
        if let violation { return end(for: violation) }
        switch state {
        case .launched, .active, .stopping:
            state = .ending(.crash(hasStarted: state != .launched), willBoot: false)
            return [.awaitEnd, .cutPower]
        case .leaving(let wasTold):
            // A kernel that halts leaves the calendar in its own turn.
            state = .ending(.poweredOff(wasTold: wasTold), willBoot: false)
            return [.awaitEnd]
        case .ending, .ended:
            return []
        }
    }

    private mutating func processEnded(_ status: String) -> [Action] {
        let neverStarted = "never connected to the calendar: \(status)"
        switch state {
        case .launched:
            return finish(neverStarted, failed: true)
        case .active, .stopping:
            return finish(status, failed: true)
        case .leaving(let wasTold), .ending(.poweredOff(let wasTold), _):
            return finish("powered off", failed: !wasTold)
        case .ending(.crash(let hasStarted), _):
            return finish(hasStarted ? status : neverStarted, failed: true)
        case .ending(.powerLoss, _):
            return finish("killed by a fault", failed: false)
        case .ending(.violation(let reason), _):
            return finish("ended: \(reason)", failed: true)
        case .ended:
            return []
        }
    }

    private mutating func cutOff(_ ending: String, failed: Bool) -> [Action] {
        switch state {
        case .launched, .active, .stopping, .leaving, .ending:
            return [.killProcess] + finish(ending, failed: failed)
        case .ended:
            return []
        }
    }

    private mutating func finish(_ ending: String, failed: Bool) -> [Action] {
        var actions: [Action] = [.finish]
        var willBoot = false
        if case .ending(_, let boots) = state {
            actions.insert(.releaseTime, at: 0)
            willBoot = boots
        }
        state = .ended(willBoot: willBoot)
        self.ending = ending
        hasFailed = hasFailed || failed
        return actions
    }
}
