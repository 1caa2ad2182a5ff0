internal import ArgumentParser
internal import Glibc
internal import Lab
internal import LabPlan
internal import Posix

/// The run folder that a visitor names.
struct VisitArguments: ParsableArguments {
    @Argument(help: ArgumentHelp("The folder of a run that goes on or is held.", valueName: "RUN"))
    var folder: String

    var visitor: Visitor { Visitor(folder: folder) }
}

/// `almanac exec`: runs a command on a machine of a run.
struct Exec: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec", abstract: "Run a command on a machine of a run that goes on.",
        discussion: """
            The command runs as root at the run's instant, and its output and exit status come through. What it does becomes part of the run, \
            and is recorded in input.jsonl of the run folder.
            """)

    @OptionGroup var visit: VisitArguments

    @Argument(help: ArgumentHelp("The machine.", valueName: "MACHINE"))
    var machine: String

    @Argument(help: ArgumentHelp("The command, for its /bin/sh.", valueName: "COMMAND"))
    var command: String

    @Flag(help: "Pass standard input on to the command.")
    var input = false

    func run() throws {
        let status = try visit.visitor.show(command, on: machine, passesInput: input)
        if status != 0 { throw ExitCode(status) }
    }
}

/// `almanac shell`: a shell on a machine of a run.
struct Shell: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shell", abstract: "Open a shell on a machine of a run that goes on.",
        discussion: """
            With a terminal, Ctrl-] calls almanac's own prompt: time 5s, continue, exec, ps, quit. Without one, the shell reads commands from \
            standard input. In a run that is held, simulated time goes on only as the shell needs it.
            """)

    @OptionGroup var visit: VisitArguments

    @Argument(help: ArgumentHelp("The machine.", valueName: "MACHINE"))
    var machine: String

    func run() throws {
        let status = try ShellSession(visitor: visit.visitor, machine: machine).run()
        if status != 0 { throw ExitCode(status) }
    }
}

/// `almanac gdb`: a debugger on a machine of a run.
struct Gdb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gdb",
        abstract: "Debug the kernel of a machine of a run that is held, or a program of it.")

    @OptionGroup var visit: VisitArguments

    @Argument(
        help: ArgumentHelp(
            "The machine, or a process of it: m2, m2:PID, m2:NAME.", valueName: "MACHINE[:PROGRAM]"))
    var target: String

    func run() throws {
        let status = try Debugger(visitor: visit.visitor, target: target).run()
        if status != 0 { throw ExitCode(status) }
    }
}

/// `almanac ps`: the processes of a run's machines.
struct Processes: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ps", abstract: "Show the processes of the machines of a run that goes on.",
        discussion:
            "Each line has what the process waits for: a system call and its file, or a function of the kernel."
    )

    @OptionGroup var visit: VisitArguments

    @Argument(help: ArgumentHelp("The machine. Default: all.", valueName: "MACHINE"))
    var machine: String?

    func run() throws { try visit.visitor.showProcesses(of: machine) }
}

/// `almanac put`: copies files to a machine of a run.
struct Put: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "put", abstract: "Copy a file or folder to a machine of a run that goes on.")

    @OptionGroup var visit: VisitArguments

    @Argument(help: ArgumentHelp("The file or folder.", valueName: "PATH"))
    var source: String

    @Argument(help: ArgumentHelp("Where it goes: m2:/var/lib/x.", valueName: "MACHINE:PATH"))
    var target: String

    func run() throws { try visit.visitor.put(source, to: Visitor.Place(target, option: "put")) }
}

/// `almanac resume`: lets a held run go on.
struct Resume: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Let a run that is held go on to its end, or for a while.")

    @OptionGroup var visit: VisitArguments

    @Option(
        name: .customLong("for"),
        help: ArgumentHelp(
            "Only for so much simulated time: 5s; then it is held again.", valueName: "DURATION"))
    var duration: String?

    func run() throws {
        guard let duration else { return try visit.visitor.drive(.resume) }
        let nanoseconds: UInt64
        do throws(TextError) { nanoseconds = try DurationText.parse(duration) } catch {
            throw RunError(.usage, "--for \(error)")
        }
        try visit.visitor.drive(.pass(nanoseconds))
    }
}

/// `almanac stop`: ends a run.
struct StopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop",
        abstract: "End a run that goes on or is held, as Ctrl-C does: its machines power off.")

    @OptionGroup var visit: VisitArguments

    func run() throws { try visit.visitor.drive(.end) }
}
