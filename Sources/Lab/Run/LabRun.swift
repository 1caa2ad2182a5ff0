internal import Calendar
internal import CalendarServer
internal import Foundation
package import LabPlan
internal import Network
package import Posix
package import Report
internal import Simulation
internal import SystemPackage
package import Trace

/// One run of a lab: machines launched, told what to do, judged and shut down.
package final class LabRun {
    /// What a run needs besides the plan.
    package struct Options {
        /// Run folder.
        package var folder: String
        /// The kernel of machines that name none; nil when there are none.
        package var kernel: String?
        /// What kernels need beside themselves; nil when no machine has one.
        package var guestFiles: GuestFiles?
        /// SIGINT and SIGTERM end the run in order.
        package var catchesSignals: Bool
        /// Kernels that can use it get shared scheduling memory.
        package var sharesMemory = true
        /// Most machines that run at the same time.
        package var jobs = 1
        /// Where they run; nil: the host's scheduler decides.
        package var cores: Cores?
        /// Models are islands as machines are: what happens is the same, and takes longer.
        package var separatesModels = false
        /// How much the trace holds.
        package var trace = TraceLevel.full
        /// Kernels get the host's randomness instead of the lab's.
        package var hasHostRandomness = false
        /// Wall-clock seconds in which simulated time may stand still before the run is ended as stuck.
        package var silenceLimit = 60
        /// What relative paths of `from` start at: the lab file's folder.
        package var filesFolder = "."

        package init(folder: String, kernel: String?, guestFiles: GuestFiles?, catchesSignals: Bool) {
            self.folder = folder
            self.kernel = kernel
            self.guestFiles = guestFiles
            self.catchesSignals = catchesSignals
        }
    }

    /// How far the run is.
    enum Stage {
        case booting
        case running
        case shuttingDown
        case finished
    }

    /// Wall-clock seconds an interrupted run gets to shut its machines down.
    static let interruptedShutdownLimit = 10
    /// Longest that machines may take to power off, ns: a simulated minute.
    static let longestShutdown: UInt64 = 60_000_000_000
    /// Longest time a machine runs ahead without a word, ns: 10 simulated minutes.
    static let longestGrant: UInt64 = 600_000_000_000
    /// Milliseconds that machines compute side by side before they are given cores of their own.
    static let patience = 2

    package let plan: LabPlan
    let options: Options
    let folder: RunFolder
    let simulation: Simulation
    var machines: [Machine]
    var stage = Stage.booting
    /// Why the run failed as a whole, if it did.
    var failure: String?
    var isInterrupted = false
    private(set) var placement: Placement
    /// Whether anything is left to do.
    var quiet = QuietWatch()
    private var shutdownTicks = 0
    private let beginning = Posix.wallNanoseconds()
    private var events: [RunEvent] = []
    /// What is acted on now; its memory is used again.
    private var simulationEvents: [SimulationEvent] = []
    var lastEvent = "booting"
    /// What is due when; an alarm's number is its place from 1.
    var alarms: [Alarm] = []
    /// By the plan's.
    var faults: [FaultState]
    var judge: LogJudge

    /// Makes the run folder and the devices. Nothing runs yet.
    package init(plan: LabPlan, options: Options) throws(RunError) {
        self.plan = plan
        self.options = options
        placement = Placement(cores: options.cores, most: options.jobs)
        faults = plan.faults.map { _ in FaultState() }
        judge = LogJudge(plan)
        try Self.checkLimits(plan)
        folder = try RunFolder(replacing: options.folder)
        try folder.write(plan.yaml, to: "lab.yaml")
        var machines: [Machine] = []
        for (index, machine) in plan.machines.enumerated() {
            machines.append(
                Machine(
                    plan: machine, index: index,
                    kernel: machine.model == nil ? machine.kernel ?? options.kernel : nil,
                    folder: try folder.makeMachineFolder(machine.name)))
        }
        let names = Set(machines.map(\.startName))
        guard names.count == machines.count else {
            throw RunError(.usage, "two machines' names have the same hash: rename one of them")
        }
        self.machines = machines
        let topology = ResolvedTopology(plan, separatesModels: options.separatesModels)
        do throws(Errno) {
            simulation = try Self.makeSimulation(plan, machines, folder, options, topology)
        } catch {
            throw RunError(.environment, "cannot set up the simulation in \(folder.path): \(error)")
        }
        simulation.recorder = try makeRecorder(topology.islands)
        simulation.captures = try makeCaptures()
        if placement.watches { simulation.patience = Self.patience }
        if let until = plan.until { setAlarm(.until, at: Instant(nanoseconds: until)) }
        scheduleFaults()
        simulation.reportsConsoleLines = judge.listens(to: .console)
    }

    // MARK: What a watcher may ask

    /// Wall-clock time since the run began, ns.
    package var wallNanoseconds: UInt64 { Posix.wallNanoseconds() - beginning }

    /// Simulated time, ns.
    package var virtualNanoseconds: UInt64 { simulation.now.nanoseconds }

    /// How the run goes on.
    package var status: StatusLine {
        let up = machines.count { $0.phase > .launched && !$0.isDone }
        let date = RFC3339.format(
            (plan.startNanoseconds &+ virtualNanoseconds) / 1_000_000_000 * 1_000_000_000)
        return StatusLine(
            virtualNanoseconds: virtualNanoseconds, wallNanoseconds: wallNanoseconds, date: date,
            machines: .init(
                all: machines.count, up: up, waiting: max(0, up - simulation.clientsRunning),
                done: machines.count(where: \.isDone)),
            frames: simulation.framesCarried, event: lastEvent)
    }

    /// `ticks` in a second of wall-clock time.
    package static var ticksPerSecond: Int { Simulation.ticksPerSecond }

    /// Quarters of a second of wall-clock time that the run has lasted.
    package private(set) var ticks = 0

    /// Path of the run folder.
    package var folderPath: String { folder.path }

    /// Events since the last call.
    package func takeEvents() -> [RunEvent] {
        defer { events.removeAll() }
        return events
    }

    // MARK: The run

    /// Starts every machine's process.
    package func launch() throws(RunError) {
        do throws(Errno) {
            try Posix.becomeSubreaper()
        } catch {
            throw RunError(
                .environment, "this system does not let almanac reap its orphans (prctl): \(error)")
        }
        for machine in machines { try launch(machine) }
    }

    /// Goes on until something happened; false when the run is over. Call it in a loop.
    package func step() throws(RunError) -> Bool {
        guard stage != .finished else { return false }
        repeat {
            proceed()
            guard stage != .finished else { return false }
            // What acting made happen belongs to this instant.
            if !simulation.hasEvents { simulation.advance() }
            try actOnHappenings()
        } while simulation.hasEvents || simulation.isReady && !simulation.mustPoll
        proceed()
        guard stage != .finished else { return false }
        do throws(Errno) {
            try simulation.wait()
        } catch {
            throw RunError(.internal, "the reactor failed: \(error)")
        }
        try actOnHappenings()
        return stage != .finished
    }

    /// The run cannot go on.
    package func fail(_ reason: String) { failure = failure ?? reason }

    /// Ends what still runs, at once.
    package func killEverything() {
        for machine in machines where machine.isModel && machine.phase < .stopping { stop(machine) }
        simulation.releaseStagedEvents()
        // What models say at their end counts; what cannot be written is lost with the rest.
        try? actOnHappenings()
        for machine in machines where machine.phase != .ended { machine.kill() }
        for machine in machines where machine.phase != .ended {
            finish(
                machine, ending: isInterrupted ? "killed when the run was interrupted" : "killed",
                failed: true)
        }
        stage = .finished
    }

    /// Lets go of everything and removes the sockets.
    package func close() {
        killEverything()
        simulation.recorder?.finish()
        simulation.finishCaptures()
        folder.removeSockets()
        Posix.reapOrphans()
        Posix.ceaseSubreaper()
    }

    // MARK: Happenings

    func actOnHappenings() throws(RunError) {
        simulation.takeEvents(into: &simulationEvents)
        for event in simulationEvents {
            switch event {
            case .started(let identity, _):
                guard let machine = machine(identity: identity) else { continue }
                machine.phase = max(machine.phase, machine.isModel ? .ready : .booting)
            case .departed(let departure):
                depart(departure)
            case .console(let index, let bytes):
                try writeConsole(bytes, machines[index])
            case .consoleLine(let index, let line, let instant):
                consoleSaid(line, machines[index], at: instant)
            case .control(let index, let bytes, let instant):
                try control(machines[index], bytes, at: instant)
            case .modelBegan(let index, let instant):
                began(machines[index], at: instant)
            case .modelOutput(let index, let text, let instant):
                try said(machines[index], text, at: instant)
            case .modelEnded(let index, let status, let instant):
                ended(machines[index], status: status, at: instant)
            case .deviceEnded(let name, let reason):
                guard let reason else { continue }
                // A machine without one of its devices is not the machine the lab asks for.
                failure = failure ?? "a device was ended: \(reason)"
                report(problem: "\(name): \(reason)", machine: nil)
            case .childEnded(let index):
                try childEnded(machines[index])
            case .alarm(let number):
                try ring(number)
            case .interrupted:
                interrupt()
            case .stuck(let stagnation):
                return try giveUp(stagnation)
            case .coreContended(let identities):
                for machine in placement.spread(identities.compactMap { machine(identity: $0) }) {
                    simulation.watchDedicatedCore(of: machine.identity)
                }
            case .dedicatedCoreUnused(let identity):
                if let machine = machine(identity: identity) { placement.bringHome(machine) }
            case .tick:
                ticks += 1
                tick()
                try checkWriting()
            }
        }
    }

    func machine(identity: UInt64) -> Machine? {
        guard identity >= 1, identity <= UInt64(machines.count) else { return nil }
        return machines[Int(identity) - 1]
    }

    /// A client left the calendar. A machine that powers off leaves in its own turn: that is how kernels halt.
    private func depart(_ departure: Departure) {
        guard let identity = departure.identity, let machine = machine(identity: identity) else {
            return report(problem: departure.description, machine: nil)
        }
        awaitEnd(of: machine)
        guard machine.phase < .leaving else { return }
        // Nothing waits for it any more; its process would stand for ever.
        end(machine)
        guard let misuse = departure.misuse, misuse != .leftInTurn else { return }
        // Without the number of its process, which is another in each run.
        report(problem: "it is ended at \(departure.instant): \(misuse)", machine: machine)
        machine.ending = "ended: \(misuse)"
    }

    /// Appends to a command's output.
    func write(_ bytes: [UInt8], _ machine: Machine, _ command: Int) throws(RunError) {
        do throws(Errno) {
            try machine.write(bytes, command: command)
        } catch {
            throw RunError(
                .environment, "cannot write \(folder.path)/\(machine.outputFile(command)): \(error)")
        }
    }

    private func childEnded(_ machine: Machine) throws(RunError) {
        guard machine.phase != .ended, let status = try reap(machine) else { return }
        let wasLeaving = machine.phase == .leaving
        if wasLeaving {
            finish(machine, ending: "powered off", failed: stage != .shuttingDown)
        } else if machine.isWithoutPower {
            finish(machine, ending: machine.ending ?? "", failed: false)
        } else {
            let neverStarted = machine.phase == .launched
            let how =
                machine.ending ?? (neverStarted ? "never connected to the calendar: \(status)" : "\(status)")
            finish(machine, ending: how, failed: true)
        }
    }

    private func reap(_ machine: Machine) throws(RunError) -> ExitStatus? {
        do throws(Errno) {
            return try machine.reap()
        } catch {
            throw RunError(.internal, "machine \(machine.plan.name): its process cannot be reaped: \(error)")
        }
    }

    /// No simulated time passes until the machine's process has ended: how long that takes is the host's matter.
    func awaitEnd(of machine: Machine) {
        guard !machine.isAwaited, machine.phase != .ended else { return }
        machine.isAwaited = true
        simulation.awaitEnd(of: machine.identity)
    }

    /// Ends a machine at once; what becomes of it is decided when its process has ended.
    func end(_ machine: Machine) {
        awaitEnd(of: machine)
        // First its process: it would see its devices go.
        machine.kill()
        simulation.powerOff(participant: machine.identity)
    }

    /// A machine is gone for good.
    func finish(_ machine: Machine, ending: String, failed: Bool) {
        if machine.isAwaited { simulation.release() }
        machine.isAwaited = false
        machine.unwatch(simulation)
        simulation.closeConsole(machine: machine.index)
        simulation.recorder?.record(
            .end, machine.identity, at: simulation.instant(of: machine.identity), text: ending)
        simulation.abandon(participant: machine.identity)
        machine.phase = .ended
        machine.ending = ending
        machine.failed = machine.failed || failed
        machine.close()
        say(.machineEnd, machine, "\(machine.plan.name) \(ending)")
    }

    private func interrupt() {
        if isInterrupted { return killEverything() }
        isInterrupted = true
        failure = failure ?? "interrupted"
        shutdownTicks = Self.interruptedShutdownLimit * Simulation.ticksPerSecond
        beginShutdown()
    }

    private func tick() {
        if let timeout = plan.timeout, wallNanoseconds >= timeout {
            failure = "the timeout is over: \(DurationText.format(timeout)) of wall-clock time"
            return killEverything()
        }
        guard shutdownTicks > 0 else { return }
        shutdownTicks -= 1
        if shutdownTicks == 0 { killEverything() }
    }

    // MARK: Stages

    /// Does what the stage asks for once its condition holds.
    private func proceed() {
        switch stage {
        case .booting:
            guard machines.allSatisfy({ $0.phase == .ready || $0.phase == .ended }) else { return }
            stage = .running
            for machine in machines where machine.phase == .ready {
                if machine.isModel { machine.phase = .running } else { go(machine) }
            }
            watchForQuiet()
            proceed()
        case .running:
            if isOver {
                beginShutdown()
            } else if simulation.isIdle {
                endForGood()
            }
        case .shuttingDown:
            while let machine = machines.first(where: { $0.phase != .ended }) {
                guard machine.phase < .stopping else { return }
                machine.phase = .stopping
                simulation.sendControl(ControlRequest.shutDown.frame, machine: machine.index)
            }
            stage = .finished
        case .finished:
            break
        }
    }

    func beginShutdown() {
        guard stage == .booting || stage == .running else { return }
        if stage == .booting {
            // Machines that are not configured yet cannot be told.
            for machine in machines where machine.phase < .ready && !machine.isModel { end(machine) }
        }
        endFaults()
        setAlarm(.shutdownIsOver, at: simulation.now.advanced(by: Self.longestShutdown))
        stage = .shuttingDown
        // Models end in this instant, machines take the time that a shutdown takes.
        for machine in machines where machine.isModel && machine.phase < .stopping { stop(machine) }
        proceed()
    }

    /// All that the lab waits for has happened.
    private var isOver: Bool {
        let waits = plan.until == nil || machines.contains(where: \.hasForeground)
        return waits && machines.allSatisfy(\.isDone) && !awaitsChecks
    }

    // MARK: Reports

    func add(event: RunEvent) { events.append(event) }

    func report(problem: String, machine: Machine?) {
        simulation.recorder?.record(.problem, machine?.identity ?? 0, at: simulation.now, text: problem)
        if let machine {
            machine.problems.append(problem)
            say(.problem, machine, "\(machine.plan.name): \(problem)")
        } else {
            problems.append(problem)
            events.append(RunEvent(.problem, virtualNanoseconds: virtualNanoseconds, text: problem))
        }
    }

    /// Problems of no machine in particular.
    private(set) var problems: [String] = []

    func say(
        _ kind: RunEvent.Kind, _ machine: Machine, _ text: String, _ command: Int? = nil,
        at instant: Instant? = nil
    ) {
        lastEvent = text
        events.append(
            RunEvent(
                kind, virtualNanoseconds: instant?.nanoseconds ?? virtualNanoseconds,
                machine: machine.plan.name,
                index: command.map { $0 + 1 }, command: command.map { machine.plan.commands[$0].command },
                status: command.flatMap { machine.commands[$0].status }, text: text))
    }
}
