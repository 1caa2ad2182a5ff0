internal import Calendar
internal import LabPlan
internal import Network
internal import Trace

/// One machine of a running lab: its process, its conversation with init, what became of its commands.
final class Machine {
    /// What became of a command.
    struct CommandState {
        var started: Instant?
        var ended: Instant?
        var status: Int?
        /// How often its programs went to sleep.
        var sleeps: UInt64?
        /// It was stopped because the lab was over.
        var endedByShutdown = false
        /// The machine lost its power while it ran.
        var endedByPowerLoss = false
    }

    let plan: MachinePlan
    let index: Int
    /// Nil for a model.
    let kernel: ChosenKernel?
    /// Folder of the machine in the run folder.
    let folder: String
    /// What it calls itself to the calendar. It stands in its kernel's command line, from which the kernel makes random numbers, so it
    /// follows from the machine's name alone, and not from its place in the lab. Below 2^63.
    let startName: UInt64
    var lifecycle = MachineLifecycle()
    var process = MachineProcess()
    var outputs: MachineOutputs
    /// By interface, its port in the network.
    var ports: [Int] = []
    var commands: [CommandState]
    var checks: [CheckState]
    var problems = ProblemList()
    /// What init has still to get of the machine's files.
    var files = FilePieces()
    private var decoder = ControlDecoder()
    var service = ServiceState()

    init(plan: MachinePlan, index: Int, kernel: ChosenKernel?, folder: String) {
        startName = StableHash.of(plan.name) >> 1
        self.plan = plan
        self.index = index
        self.kernel = kernel
        self.folder = folder
        commands = Array(repeating: CommandState(), count: plan.commands.count)
        checks = plan.checks.map { _ in CheckState() }
        outputs = MachineOutputs(
            folder: folder, commandCount: plan.commands.count, checkCount: plan.checks.count)
    }

    /// The number it has on the calendar: its place in the lab file, from 1.
    var identity: UInt64 { UInt64(index) + 1 }

    /// A program in this process, without a kernel.
    var isModel: Bool { plan.model != nil }

    /// Its init has configured it once.
    var wasUp: Bool { process.peakMemory != nil }

    /// Every foreground command has ended, or never will.
    var isDone: Bool {
        if lifecycle.hasEnded, !lifecycle.willBoot || isModel { return true }
        // A command whose time was before the last boot does not begin any more.
        return zip(plan.commands, commands).allSatisfy {
            $0.background || $1.ended != nil && !startsAgain($0.index)
                || ($0.at ?? .max) < lifecycle.boot.nanoseconds
        }
    }

    /// A command has ended, and will be started again.
    func startsAgain(_ command: Int) -> Bool {
        command == commands.indices.last && service.restart.isDue
    }

    /// It has a command that the lab waits for.
    var hasForeground: Bool { plan.commands.contains { !$0.background } }

    // MARK: Its commands and checks

    /// What the machine's init calls a check: checks follow its commands.
    func number(ofCheck check: Int) -> Int { plan.commands.count + check }

    /// The check that the machine's init calls by this number, if it is one.
    func check(numbered number: Int) -> Int? {
        let check = number - plan.commands.count
        return plan.checks.indices.contains(check) ? check : nil
    }

    /// The file that holds the output of a command, or of a check behind the commands, relative to the run folder.
    func outputFile(_ number: Int) -> String { "machines/\(plan.name)/\(outputs.name(of: number))" }

    func decode(_ bytes: [UInt8]) throws(ControlDecoder.Failure) -> [ControlMessage] {
        try decoder.decode(bytes)
    }

    // MARK: Power

    /// A fault takes its power: notes which commands that interrupts.
    func losesPower() {
        outputs.dropPartialLines()
        for command in commands.indices
        where commands[command].started != nil && commands[command].ended == nil {
            commands[command].endedByPowerLoss = true
        }
    }

    /// It boots again: commands in sequence, and those whose time is still to come, begin again.
    func bootsAgain() {
        decoder = ControlDecoder()
        let boot = lifecycle.boot.nanoseconds
        for (index, command) in plan.commands.enumerated() where (command.at ?? .max) >= boot {
            commands[index] = CommandState()
        }
    }

    /// Releases its files and its process. A process that still runs is killed.
    func close() {
        outputs.close()
        process.close()
    }
}
