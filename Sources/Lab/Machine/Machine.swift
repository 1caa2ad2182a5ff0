internal import Calendar
internal import LabPlan
internal import Network
internal import Posix
internal import Simulation
internal import SystemPackage
internal import Trace

/// One machine of a running lab: its process, its conversation with init, what became of its commands.
final class Machine {
    /// How far a machine has come.
    enum Phase: Comparable {
        /// Its process runs; the calendar has not heard of it.
        case launched
        /// The kernel has started on the calendar.
        case booting
        /// Configured as planned, waiting for the others.
        case ready
        /// Its commands run.
        case running
        /// Told to power off.
        case stopping
        /// Said that it powers off.
        case leaving
        /// Its process has ended.
        case ended
    }

    /// What became of a command.
    struct CommandState {
        var started: Instant?
        var ended: Instant?
        var status: Int?
        /// It was stopped because the lab was over.
        var endedByShutdown = false
        /// The machine lost its power while it ran.
        var endedByPowerLoss = false
    }

    let plan: MachinePlan
    let index: Int
    /// The kernel's path; nil for a model.
    let kernel: String?
    /// Folder of the machine in the run folder.
    let folder: String
    var phase = Phase.launched
    /// When it booted last, and how often it has.
    private(set) var boot = Instant.zero
    private(set) var boots = 1
    /// A fault took its power.
    private(set) var isWithoutPower = false
    /// It is without power and will boot again.
    var willBoot = false
    /// Simulated time stands until its process has ended.
    var isAwaited = false
    /// By interface, its port in the network.
    var ports: [Int] = []
    private var process: ChildProcess?
    var commands: [CommandState]
    var checks: [CheckState]
    var problems: [String] = []
    /// The most memory its kernel has had, bytes, when it was last looked at: when it was up, and when commands ended.
    private(set) var peakMemory: UInt64?
    /// How it ended, as a phrase; set once.
    var ending: String?
    /// It ended in another way than by powering off when told.
    var failed = false
    /// The last line a model has said.
    var lastLine: String?
    private var decoder = ControlDecoder()
    /// By command, then by check.
    private var cutters: [LineCutter]
    private var outputs: [OutputFile?]
    /// Bytes that each has written, in all of its runs.
    private(set) var outputSizes: [Int]
    private var console: OutputFile?

    /// The number it has on the calendar: its place in the lab file, from 1.
    var identity: UInt64 { UInt64(index) + 1 }

    /// What it calls itself to the calendar. Its kernel's command line has it, and random numbers are made of that: so it
    /// follows from the machine's name alone, and not from its place in the lab. Below 2^63.
    let startName: UInt64

    init(plan: MachinePlan, index: Int, kernel: String?, folder: String) {
        startName = StableHash.of(plan.name) >> 1
        self.plan = plan
        self.index = index
        self.kernel = kernel
        self.folder = folder
        commands = Array(repeating: CommandState(), count: plan.commands.count)
        checks = plan.checks.map { _ in CheckState() }
        cutters = Array(repeating: LineCutter(), count: plan.commands.count + plan.checks.count)
        outputs = Array(repeating: nil, count: plan.commands.count + plan.checks.count)
        outputSizes = Array(repeating: 0, count: outputs.count)
    }

    /// A program in this process, without a kernel.
    var isModel: Bool { plan.model != nil }

    /// Every foreground command has ended, or never will.
    var isDone: Bool {
        if phase == .ended, !willBoot || isModel { return true }
        // What had its time before it booted last does not begin any more.
        return zip(plan.commands, commands).allSatisfy {
            $0.background || $1.ended != nil || ($0.at ?? .max) < boot.nanoseconds
        }
    }

    /// It has a command that the lab waits for.
    var hasForeground: Bool { plan.commands.contains { !$0.background } }

    /// The file that holds the output of a command, or of a check behind the commands, relative to the run folder.
    func outputFile(_ command: Int) -> String { "machines/\(plan.name)/\(outputName(command))" }

    private func outputName(_ command: Int) -> String {
        let check = command - plan.commands.count
        return check < 0 ? "\(command + 1).out" : "check-\(check + 1).out"
    }

    private func outputPath(_ command: Int) -> String { "\(folder)/\(outputName(command))" }

    func decode(_ bytes: [UInt8]) throws(ControlDecoder.Failure) -> [ControlMessage] {
        try decoder.decode(bytes)
    }

    /// The lines of a command's output that end in `bytes`.
    func lines(of command: Int, ending bytes: [UInt8]) -> [[UInt8]] { cutters[command].lines(ending: bytes) }

    /// What a command wrote last, without the end of a line.
    func lastLine(of command: Int) -> [[UInt8]] { cutters[command].takeRest() }

    /// Appends to a command's output file.
    func write(_ bytes: [UInt8], command: Int) throws(Errno) {
        if outputs[command] == nil { outputs[command] = try OutputFile(outputPath(command)) }
        try outputs[command]?.file.writeAll(bytes)
        outputSizes[command] += bytes.count
    }

    /// Makes an empty file for its console; one that boots again goes on with its own.
    func createConsole() throws(Errno) {
        console = try OutputFile("\(folder)/\(Self.consoleName)", empty: boots == 1)
    }

    /// Name of its disk's file, in its folder, if it keeps what it writes.
    static let diskName = "disk.img"
    /// Bytes; the file takes the room of what was written.
    static let diskSize: UInt64 = 4 << 30

    /// What the machine's init calls a check: checks follow its commands.
    func number(ofCheck check: Int) -> Int { plan.commands.count + check }

    /// Name of the file for its console, in its folder.
    static let consoleName = "console.log"

    /// Appends to its console's file.
    func writeConsole(_ bytes: [UInt8]) throws(Errno) { try console?.file.writeAll(bytes) }

    /// Makes an empty file for every command, so that each is there however the run ends.
    func createOutputs() throws(Errno) {
        for command in outputSizes.indices {
            let file = try Posix.open(outputPath(command), [.writeOnly, .create, .truncate])
            file.close()
        }
    }

    // MARK: Faults

    /// A fault takes its power.
    func losesPower() {
        isWithoutPower = true
        for cutter in cutters.indices { cutters[cutter] = LineCutter() }
        ending = "killed by a fault"
        for command in commands.indices
        where commands[command].started != nil && commands[command].ended == nil {
            commands[command].endedByPowerLoss = true
        }
    }

    /// It boots again: what is in sequence, and what has its time still to come, begins anew.
    func bootsAgain(at instant: Instant) {
        isWithoutPower = false
        ending = nil
        phase = .launched
        boot = instant
        boots += 1
        decoder = ControlDecoder()
        for (index, command) in plan.commands.enumerated() where (command.at ?? .max) >= instant.nanoseconds {
            commands[index] = CommandState()
        }
    }

    // MARK: Its process

    func notePeakMemory() { peakMemory = processID.flatMap(Posix.peakMemory) ?? peakMemory }

    /// Nil for a model, and when it has ended.
    private(set) var processID: Int32?

    /// Starts `kernel` in the machine's folder. The host is read-only for it where that can be had.
    func start(_ kernel: String, console: borrowing Descriptor, files: GuestFiles, seed: UInt64?)
        throws(SpawnError)
    {
        do throws(SpawnError) {
            process = try spawn(kernel, console: console, files: files, seed: seed, isolated: true)
        } catch {
            guard error.isIsolation else { throw error }
            problems.append("not isolated from the host, which it can write to as this user: \(error)")
            process = try spawn(kernel, console: console, files: files, seed: seed, isolated: false)
        }
    }

    private func spawn(
        _ kernel: String, console: borrowing Descriptor, files: GuestFiles, seed: UInt64?, isolated: Bool
    ) throws(SpawnError) -> ChildProcess {
        let child = try ChildProcess(
            program: kernel,
            arguments: GuestCommandLine.arguments(
                plan: plan, startName: startName,
                initPath: isolated ? ChildProcess.shownPath : files.initPath,
                stateFolder: isolated ? "/dev/shm" : folder),
            environment: GuestCommandLine.environment(
                plan: plan, boot: boots, seed: seed, entropyLibrary: files.entropyLibrary), folder: folder,
            shownFile: files.initPath,
            standardOutput: console,
            standardError: console,
            options: isolated
                ? [.fixedAddresses, .fixedLimits, .diesWithParent, .readOnlyHost]
                : [.fixedAddresses, .fixedLimits, .diesWithParent])
        processID = child.processID
        return child
    }

    func watch(_ simulation: Simulation) throws(Errno) {
        guard process != nil else { return }
        try simulation.watch(process!, index: index, participant: identity)
    }

    func unwatch(_ simulation: Simulation) {
        guard process != nil else { return }
        simulation.unwatch(process!)
    }

    /// Ends the kernel and what it has started, at once. `reap` says when it is done.
    func kill() {
        guard process != nil else { return }
        process!.terminateGroup()
    }

    /// How the process ended; nil while it runs. What it has left behind ends with it.
    func reap() throws(Errno) -> ExitStatus? {
        guard process != nil else { return nil }
        kill()
        return try process!.reap()
    }

    /// Lets go of files and of the process. One that still runs is killed.
    func close() {
        // The console's file stays: what its process wrote last is still to be read.
        outputs = Array(repeating: nil, count: outputs.count)
        process = nil
        processID = nil
    }
}

/// An open output file.
private final class OutputFile {
    let file: Descriptor

    init(_ path: String, empty: Bool = false) throws(Errno) {
        file = try Posix.open(path, [.writeOnly, .create, empty ? .truncate : .append])
    }
}
