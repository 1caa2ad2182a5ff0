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
///
/// What the run and each machine go through is decided by `RunLifecycle` and `MachineLifecycle`. The run translates what happens in
/// the simulation into their events, and carries out their actions (`LabRun+Lifecycle`).
package final class LabRun {
    /// What a run needs besides the plan.
    package struct Options {
        /// Run folder.
        package var folder: String
        /// The kernel of machines that name none; nil when there are none.
        package var kernel: String?
        /// How kernels run their programs.
        package var guestMode = GuestMode.Choice.auto
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
        /// Each model is an island of its own, as machines are: the results are the same, and the run takes longer.
        package var separatesModels = false
        /// How much the trace holds.
        package var trace = TraceLevel.full
        /// Kernels get the host's randomness instead of the lab's.
        package var hasHostRandomness = false
        /// Wall-clock seconds in which simulated time may stand still before the run is ended as stuck.
        package var silenceLimit = 60
        /// What relative paths of `from` start at: the lab file's folder.
        package var filesFolder = "."
        /// What people may do to the run.
        package var visits = VisitOptions()
        /// What is copied from every machine, besides its own artifacts, if the run has failed.
        package var artifactsOfFailure: [ArtifactPattern] = []

        /// A path of the lab file.
        func absolute(_ path: String) -> String {
            URL(fileURLWithPath: path, relativeTo: URL(fileURLWithPath: filesFolder, isDirectory: true))
                .standardizedFileURL.path
        }

        package init(folder: String, kernel: String?, guestFiles: GuestFiles?, catchesSignals: Bool) {
            self.folder = folder
            self.kernel = kernel
            self.guestFiles = guestFiles
            self.catchesSignals = catchesSignals
        }
    }

    /// Longest time that a machine runs ahead without sending anything, ns: 10 simulated minutes.
    static let longestGrant: UInt64 = 600_000_000_000
    /// Milliseconds that machines compute side by side before they are given cores of their own.
    static let patience = 2

    package let plan: LabPlan
    let options: Options
    let folder: RunFolder
    let simulation: Simulation
    /// In the order of the lab file.
    let machines: [Machine]
    var lifecycle: RunLifecycle
    var placement: Placement
    var hangDetector = HangDetector()
    var clock = RunWallClock()
    var log = RunEventLog()
    var alarms = AlarmTable()
    var faults: FaultSchedule
    var judge: LogJudge
    var visits = Visits()
    /// The events that are being handled; the buffer is reused.
    var simulationEvents: [SimulationEvent] = []

    /// Makes the run folder and the devices. Nothing runs yet.
    package init(plan: LabPlan, options: Options) throws(RunError) {
        self.plan = plan
        self.options = options
        lifecycle = RunLifecycle(holdsAtEnd: options.visits.stop != nil || options.visits.hold == .end)
        placement = Placement(
            cores: options.cores, most: min(options.jobs, plan.machines.count { $0.model == nil }))
        faults = FaultSchedule(plan.faults)
        judge = LogJudge(plan)
        try Self.checkLimits(plan)
        try Self.checkMounts(plan, options)
        folder = try RunFolder(replacing: options.folder)
        try folder.write(plan.yaml, to: RunFolder.lab)
        let kernels = try Self.chooseKernels(of: plan, options)
        var machines: [Machine] = []
        for (index, machine) in plan.machines.enumerated() {
            machines.append(
                Machine(
                    plan: machine, index: index, kernel: kernels[index],
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
        try prepareVisits()
        simulation.reportsConsoleLines = judge.listens(to: .console) || visits.hold.isLine
    }

    // MARK: What a watcher may ask

    /// Wall-clock time since the run began, ns.
    package var wallNanoseconds: UInt64 { clock.nanoseconds }

    /// Simulated time, ns.
    package var virtualNanoseconds: UInt64 { simulation.now.nanoseconds }

    /// The run's progress.
    package var status: StatusLine {
        let off = machines.count(where: \.lifecycle.hasEnded)
        let starting = machines.count { !$0.isModel && !$0.lifecycle.hasEnded && !$0.lifecycle.isRunning }
        let alive = machines.filter { !$0.lifecycle.hasEnded && ($0.isModel || $0.lifecycle.isRunning) }
        let serving = alive.count(where: \.isDone)
        let date = RFC3339.format(
            (plan.startNanoseconds &+ virtualNanoseconds) / 1_000_000_000 * 1_000_000_000)
        return StatusLine(
            virtualNanoseconds: virtualNanoseconds, wallNanoseconds: wallNanoseconds, date: date,
            machines: .init(
                starting: lifecycle.isGoingOn ? starting : 0,
                working: alive.count - serving + (lifecycle.isGoingOn ? 0 : starting), serving: serving,
                off: off),
            frames: simulation.framesCarried, event: log.lastEvent)
    }

    /// `ticks` in a second of wall-clock time.
    package static var ticksPerSecond: Int { Simulation.ticksPerSecond }

    /// Quarters of a second of wall-clock time that the run has lasted.
    package var ticks: Int { clock.ticks }

    /// Path of the run folder.
    package var folderPath: String { folder.path }

    /// Events since the last call.
    package func takeEvents() -> [RunEvent] { log.takeEvents() }

    // MARK: The run

    /// Starts every machine's process.
    package func launch() throws(RunError) {
        do throws(Errno) {
            try Posix.becomeSubreaper()
        } catch {
            throw RunError(
                .environment,
                "cannot become the reaper of orphaned processes on this system (prctl): \(error)")
        }
        // As the entropy library does in kernels.
        if options.guestFiles != nil, !options.hasHostRandomness { Posix.giveUpCounter() }
        for machine in machines { try launch(machine) }
    }

    /// Goes on until something happened; false when the run is over. Call it in a loop. It returns when time begins to stand, and the next
    /// call waits for visitors.
    package func step() throws(RunError) -> Bool {
        repeat {
            try proceed()
            guard !lifecycle.isFinished else { return false }
            let stood = simulation.stands
            // What an action causes belongs to this instant.
            if !simulation.hasEvents { simulation.advance() }
            try actOnEvents()
            if simulation.stands, !stood { return true }
        } while !lifecycle.isFinished && (simulation.hasEvents || simulation.isReady && !simulation.mustPoll)
        try proceed()
        guard !lifecycle.isFinished else { return false }
        do throws(Errno) {
            try simulation.wait()
        } catch {
            throw RunError(.internal, "the reactor failed: \(error)")
        }
        try actOnEvents()
        if simulation.stands { try goOn() }
        return !lifecycle.isFinished
    }

    /// The run cannot go on.
    package func fail(_ reason: String) {
        // The event has no actions.
        _ = lifecycle.handle(.failed(reason))
    }

    /// Ends what still runs, releases everything and removes the sockets.
    package func close() {
        // What cannot be written now is lost with the rest.
        try? handle(.closed)
        endVisits()
        simulation.recorder?.finish()
        simulation.finishCaptures()
        folder.removeSockets()
        Posix.reapOrphans()
        Posix.ceaseSubreaper()
        recoverArtifacts()
    }
}
