internal import Calendar
internal import Posix
package import Report
internal import SystemPackage

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
    }

    let plan: MachinePlan
    let index: Int
    let kernel: String
    /// Folder of the machine in the run folder.
    let folder: String
    var phase = Phase.launched
    var process: ChildProcess?
    var processID: Int32 = 0
    var commands: [CommandState]
    var problems: [String] = []
    /// How it ended, as a phrase; set once.
    var ending: String?
    /// It ended in another way than by powering off when told.
    var failed = false
    private var decoder = ControlDecoder()
    private var outputs: [CommandOutput?]

    /// The number it has on the calendar: its place in the lab file, from 1.
    var identity: UInt64 { UInt64(index) + 1 }

    init(plan: MachinePlan, index: Int, kernel: String, folder: String) {
        self.plan = plan
        self.index = index
        self.kernel = kernel
        self.folder = folder
        commands = Array(repeating: CommandState(), count: plan.commands.count)
        outputs = Array(repeating: nil, count: plan.commands.count)
    }

    /// Every foreground command has ended, or never will.
    var isDone: Bool {
        if phase == .ended { return true }
        return zip(plan.commands, commands).allSatisfy { $0.background || $1.ended != nil }
    }

    /// The file that holds a command's output, relative to the run folder.
    func outputFile(_ command: Int) -> String { "machines/\(plan.name)/\(command + 1).out" }

    func decode(_ bytes: [UInt8]) throws(ControlDecoder.Failure) -> [ControlMessage] {
        try decoder.decode(bytes)
    }

    /// Appends to a command's output file.
    func write(_ bytes: [UInt8], command: Int) throws(Errno) {
        if outputs[command] == nil { outputs[command] = try CommandOutput("\(folder)/\(command + 1).out") }
        try outputs[command]?.file.writeAll(bytes)
    }

    /// Makes an empty file for every command, so that each is there however the run ends.
    func createOutputs() throws(Errno) {
        for command in plan.commands.indices {
            let file = try Posix.open("\(folder)/\(command + 1).out", [.writeOnly, .create, .truncate])
            file.close()
        }
    }

    /// Lets go of files and of the process, which has been reaped.
    func close() {
        outputs = Array(repeating: nil, count: outputs.count)
        process = nil
    }
}

/// An open output file.
private final class CommandOutput {
    let file: Descriptor

    init(_ path: String) throws(Errno) {
        file = try Posix.open(path, [.writeOnly, .create, .append])
    }
}
