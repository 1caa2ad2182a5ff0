internal import ArgumentParser
internal import Glibc
internal import Lab
internal import LabPlan

/// What somebody does at a moment of a run.
struct LookArguments: ParsableArguments {
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Run a command on a machine at the moment: --exec m2 'ss -tn'. Can be repeated; all run one after the other, on one branch.",
            valueName: "MACHINE COMMAND"))
    var exec: [String] = []

    @Flag(help: "Run each --exec on a branch of its own: each sees the moment as it was.")
    var each = false

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Copy a file or folder to a machine, before all else: --put ./x m2:/var/lib/x. Can be repeated.",
            valueName: "PATH MACHINE:PATH"))
    var put: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Copy a file or folder of a machine, after the commands: --get m2:/var/lib/x ./x. Can be repeated.",
            valueName: "MACHINE:PATH PATH"))
    var get: [String] = []

    @Flag(help: "Show the processes of all machines, what each waits for, memory and disk.")
    var ps = false

    @Option(help: ArgumentHelp("Open a shell on a machine, after all else.", valueName: "MACHINE"))
    var shell: String?

    @Option(
        help: ArgumentHelp(
            "Debug the kernel of a machine with gdb, or a program of it, after all else: m2, m2:PID, m2:NAME.",
            valueName: "MACHINE[:PROGRAM]"))
    var gdb: String?

    func validate() throws {
        try Self.checkPairs(exec, "--exec takes a machine and a command, quoted: --exec m2 'ss -tn'")
        try Self.checkPairs(put, "--put takes a path and a place on a machine: --put ./x m2:/var/lib/x")
        try Self.checkPairs(get, "--get takes a place on a machine and a path: --get m2:/var/lib/x ./x")
        guard !each || !exec.isEmpty else { throw ValidationError("--each is for --exec") }
        guard shell == nil || gdb == nil else { throw ValidationError("give --shell or --gdb, not both") }
        guard !each || (put.isEmpty && get.isEmpty && !ps && shell == nil && gdb == nil) else {
            throw ValidationError("--each is for --exec alone")
        }
    }

    private static func checkPairs(_ words: [String], _ usage: String) throws {
        guard words.count.isMultiple(of: 2) else {
            throw ValidationError("\(usage) (the run folder comes first)")
        }
    }

    private static func pairs(_ words: [String]) -> [(first: String, second: String)] {
        stride(from: 0, to: words.count, by: 2).map { (words[$0], words[$0 + 1]) }
    }

    /// There is nothing to do.
    var isEmpty: Bool { exec.isEmpty && put.isEmpty && get.isEmpty && !ps && shell == nil && gdb == nil }

    /// With `--each` one look for each command, otherwise all of them on one branch.
    var branches: [LookArguments] {
        guard each else { return [self] }
        return Self.pairs(exec).map { pair in
            var branch = self
            branch.exec = [pair.first, pair.second]
            return branch
        }
    }

    /// Machines that somebody looks at.
    ///
    /// - Throws: when a place is no place.
    func machines() throws(RunError) -> [String] {
        var names = Self.pairs(exec).map(\.first)
        for pair in Self.pairs(put) { names.append(try Visitor.Place(pair.second, option: "--put").machine) }
        for pair in Self.pairs(get) { names.append(try Visitor.Place(pair.first, option: "--get").machine) }
        return names + [shell, gdb.map { String($0.prefix { $0 != ":" }) }].compactMap(\.self)
    }

    /// Does all of it.
    ///
    /// - Returns: the exit status of the last command, or of the shell.
    func perform(_ visitor: Visitor) throws(RunError) -> Int32 {
        var status: Int32 = 0
        for pair in Self.pairs(put) {
            try visitor.put(pair.first, to: Visitor.Place(pair.second, option: "--put"))
        }
        for pair in Self.pairs(exec) { status = try visitor.show(pair.second, on: pair.first) }
        if ps { try visitor.showProcesses(of: nil) }
        for pair in Self.pairs(get) {
            try visitor.get(Visitor.Place(pair.first, option: "--get"), to: pair.second)
        }
        if let shell { status = try ShellSession(visitor: visitor, machine: shell).run() }
        if let gdb { status = try Debugger(visitor: visitor, target: gdb).run() }
        return status
    }
}
