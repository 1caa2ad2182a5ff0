internal import LabPlan
internal import Posix
internal import Simulation
internal import SystemPackage

/// A machine's kernel as a process of the host. Empty for a model, and when the process has ended.
struct MachineProcess: ~Copyable {
    /// What a kernel's process is started with.
    struct Launch {
        let kernel: ChosenKernel
        let plan: MachinePlan
        let startName: UInt64
        /// The machine's folder, in which the process works.
        let folder: String
        /// How often the machine has booted, this time included.
        let boot: Int
        let files: GuestFiles
        /// Nil: the host's.
        let root: PreparedRoot?
        /// The lab's seed; nil leaves the kernel the host's randomness.
        let seed: UInt64?
    }

    private var child: ChildProcess?
    /// Nil when there is none.
    private(set) var id: Int32?
    /// The most memory that the kernel has had, bytes, when it was last checked: when it was up, and when commands ended.
    private(set) var peakMemory: UInt64?
    /// The run has ended programs in it: how its commands end from then on means nothing.
    var lostPrograms = false

    /// Starts a kernel, isolated from the host where the system allows that.
    ///
    /// - Parameter hostFiles: gets what the kernel notes of the host's files that it opens.
    /// - Returns: why it is not isolated; nil if it is.
    mutating func start(
        _ launch: Launch, console: borrowing Descriptor, hostFiles: borrowing Descriptor
    ) throws(SpawnError) -> SpawnError? {
        do throws(SpawnError) {
            try start(launch, console: console, hostFiles: hostFiles, isolated: true)
            return nil
        } catch {
            guard error.isIsolation else { throw error }
            try start(launch, console: console, hostFiles: hostFiles, isolated: false)
            return error
        }
    }

    private mutating func start(
        _ launch: Launch, console: borrowing Descriptor, hostFiles: borrowing Descriptor, isolated: Bool
    ) throws(SpawnError) {
        let started = try ChildProcess(
            program: launch.kernel.path,
            arguments: GuestCommandLine.arguments(
                plan: launch.plan, kernel: launch.kernel, startName: launch.startName,
                root: GuestCommandLine.Root(launch.root, isIsolated: isolated),
                initPath: isolated ? ChildProcess.shownPath : launch.files.initPath,
                stateFolder: isolated ? "/dev/shm" : launch.folder),
            environment: GuestCommandLine.environment(
                plan: launch.plan, boot: launch.boot, seed: launch.seed,
                entropyLibrary: launch.files.entropyLibrary),
            folder: launch.folder, shownFile: launch.files.initPath,
            shownFolder: launch.root.map(\.shownFolder),
            standardOutput: console,
            standardError: console, extra: hostFiles.number,
            options: isolated
                ? [.fixedAddresses, .fixedLimits, .diesWithParent, .readOnlyHost]
                : [.fixedAddresses, .fixedLimits, .diesWithParent])
        id = started.processID
        child = consume started
    }

    mutating func notePeakMemory() { peakMemory = id.flatMap(Posix.peakMemory) ?? peakMemory }

    /// Reports the process's end to the owner of `simulation` as that of child `index`.
    func watch(_ simulation: Simulation, index: Int, participant: UInt64) throws(Errno) {
        guard child != nil else { return }
        try simulation.watch(child!, index: index, participant: participant)
    }

    func unwatch(_ simulation: Simulation) {
        guard child != nil else { return }
        simulation.unwatch(child!)
    }

    /// Kills the kernel and what it has started. `reap` says when it has ended.
    func kill() {
        guard child != nil else { return }
        child!.terminateGroup()
    }

    /// How the process ended; nil while it runs. What it has left behind ends with it.
    mutating func reap() throws(Errno) -> ExitStatus? {
        guard child != nil else { return nil }
        kill()
        return try child!.reap()
    }

    /// Releases the process. One that still runs is killed.
    mutating func close() {
        child = nil
        id = nil
    }
}
