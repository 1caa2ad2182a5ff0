internal import ArgumentParser
internal import Foundation
internal import Lab
internal import LabPlan

/// `almanac check`: checks a lab file.
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check a lab file without running it.")

    @OptionGroup var lab: LabArguments

    @Flag(help: "Print the lab file with all defaults, addresses and drawn faults.")
    var resolved = false

    func run() throws {
        let plan = try lab.plan()
        if resolved {
            print(plan.yaml, terminator: "")
        } else {
            let commands = plan.machines.reduce(0) { $0 + $1.commands.count }
            let checks = plan.machines.reduce(plan.logs.count) { $0 + $1.checks.count }
            var counts = [
                counted(plan.machines.count, "machine"), counted(plan.networks.count, "network"),
                counted(commands, "command"),
            ]
            if !plan.faults.isEmpty { counts.append(counted(plan.faults.count, "fault")) }
            if checks > 0 { counts.append(counted(checks, "check")) }
            print("\(lab.file): \(plan.name): \(counts.joined(separator: ", "))")
            printTopology(of: plan)
            for note in notes(on: plan) { print("note: \(note)") }
        }
    }

    /// What is allowed and often not meant.
    private func notes(on plan: LabPlan) -> [String] {
        let joined = Set(plan.machines.flatMap(\.interfaces).map(\.network))
        let bare = plan.networks.indices.filter { joined.contains($0) && plan.networks[$0].subnet == nil }
        return bare.prefix(Self.mostNetworks).map {
            "network \(plan.networks[$0].name) has no 'subnet': machines get no addresses there and cannot reach each other by name"
        }
    }

    /// Most networks that are printed.
    private static let mostNetworks = 20

    /// What bounds parallel execution: islands, and the least time that frames take.
    private func printTopology(of plan: LabPlan) {
        let topology = ResolvedTopology(plan)
        let window = DurationText.format(topology.islands.window)
        print(
            "\(counted(topology.islands.count, "island"))"
                + (topology.islands.count > 1 ? ", windows of \(window)" : ""))
        for (network, floors) in zip(plan.networks, topology.floors).prefix(Self.mostNetworks) {
            print("network \(network.name): frames take at least \(DurationText.format(floors.leastDelay))")
        }
        if plan.networks.count > Self.mostNetworks {
            print("and \(counted(plan.networks.count - Self.mostNetworks, "more network"))")
        }
    }

    private func counted(_ count: Int, _ noun: String) -> String {
        "\(count) \(noun)\(count == 1 ? "" : "s")"
    }
}

/// The arguments that select a lab.
struct LabArguments: ParsableArguments {
    @Argument(help: ArgumentHelp("The lab file (YAML).", valueName: "FILE"))
    var file: String

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "Change a key of the lab file: machines.m1.memory=128M. Can be repeated.",
            valueName: "KEY=VALUE"))
    var settings: [String] = []

    /// The settings, as on the command line.
    var words: [String] { settings.flatMap { ["--set", $0] } }

    /// Reads and resolves the lab file.
    ///
    /// - Parameter options: other options that change it.
    func plan(options: [OptionSetting] = []) throws -> LabPlan {
        let folder = URL(fileURLWithPath: file).deletingLastPathComponent()
        return try Self.plan(file: file, folder: folder, settings: settings, options: options)
    }

    /// Reads and resolves a lab file.
    ///
    /// - Parameter folder: what its relative paths start at.
    static func plan(
        file: String, folder: URL, settings: [String] = [], options: [OptionSetting] = []
    ) throws -> LabPlan {
        let text = try text(of: file, called: "lab file")
        return try LabFile.parse(
            text, name: file, settings: settings, options: options, readFile: reader(folder),
            fileSize: measure(folder), variables: variables(file))
    }

    /// A compose file as a lab file.
    static func convert(_ file: String) throws -> String {
        let folder = URL(fileURLWithPath: file).deletingLastPathComponent()
        let text = try text(of: file, called: "compose file")
        return try LabFile.convert(
            compose: text, name: file, readFile: reader(folder), fileSize: measure(folder),
            variables: variables(file))
    }

    private static func text(of file: String, called name: String) throws(RunError) -> String {
        do throws(TextError) {
            return try text(URL(fileURLWithPath: file), atMost: YAMLText.longest)
        } catch {
            throw RunError(.usage, "cannot read the \(name) \(file): \(error)")
        }
    }

    private static func reader(_ folder: URL) -> LabFile.FileReader {
        { (path) throws(TextError) in
            try text(URL(fileURLWithPath: path, relativeTo: folder), atMost: LabLimits.largestGraph)
        }
    }

    private static func measure(_ folder: URL) -> LabFile.FileMeasure {
        { (path) throws(TextError) in try size(URL(fileURLWithPath: path, relativeTo: folder)) }
    }

    /// What a compose file may name: the environment, and the project's name, which is that of the file's folder.
    private static func variables(_ file: String) -> [String: String] {
        let project = URL(fileURLWithPath: file).deletingLastPathComponent().standardizedFileURL
            .lastPathComponent
        return ["COMPOSE_PROJECT_NAME": project].merging(ProcessInfo.processInfo.environment) { $1 }
    }

    /// Reads no more than one byte above the limit, whatever the file is.
    private static func text(_ url: URL, atMost limit: Int) throws(TextError) -> String {
        let data: Data
        do {
            let file = try FileHandle(forReadingFrom: url)
            data = try file.read(upToCount: limit + 1) ?? Data()
        } catch {
            throw TextError(reason(error))
        }
        guard data.count <= limit else { throw TextError("it is longer than \(limit >> 20) MiB") }
        guard let text = String(data: data, encoding: .utf8) else { throw TextError("it is not UTF-8 text") }
        return text
    }

    /// The size of a file that can be read.
    private static func size(_ url: URL) throws(TextError) -> UInt64 {
        // Opening a pipe would wait for its writer.
        let target = url.resolvingSymlinksInPath().path
        let type = (try? FileManager.default.attributesOfItem(atPath: target))?[.type] as? FileAttributeType
        if let type, type != .typeRegular { throw TextError("it is not a regular file") }
        do {
            return try FileHandle(forReadingFrom: url).seekToEnd()
        } catch {
            throw TextError(reason(error))
        }
    }

    private static func reason(_ error: any Error) -> String {
        switch (error as? CocoaError)?.code {
        case .fileReadNoSuchFile?, .fileNoSuchFile?: "there is no such file"
        case .fileReadNoPermission?: "no permission"
        default: "it is not a readable file"
        }
    }
}

/// Reads the value of an option that takes a whole number.
@Sendable
func wholeNumber<Value: FixedWidthInteger>(_ text: String) throws -> Value {
    guard let value = Value(text) else { throw ValidationError("write a whole number") }
    return value
}

/// The arguments that affect the result of a run.
struct RunArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp("The lab's seed; replaces the file's.", valueName: "N"), transform: wholeNumber)
    var seed: UInt64?

    @Option(
        help: ArgumentHelp(
            "Simulated time at which the lab ends: 90s, 1.5h; replaces the file's.", valueName: "DURATION"))
    var until: String?

    @Option(
        help: ArgumentHelp(
            "The kernel of machines that name none. Default: the one that `almanac kernel build` made.",
            valueName: "PATH"))
    var kernel: String?

    @Option(
        help: ArgumentHelp(
            "How kernels run their programs: seccomp, which is faster; ptrace; or auto: seccomp where kernel and host can. Default: auto.",
            valueName: "MODE"))
    var guestMode: GuestMode.Choice?

    @Flag(help: "Exchange only messages with kernels, without shared scheduling memory.")
    var noSharedMemory = false

    @Flag(
        help:
            "Do not replace the kernels' random numbers, so that runs differ: the negative control of `almanac verify`."
    )
    var hostRandomness = false

    @Option(
        help: ArgumentHelp(
            "Do again what people did to the machines of an earlier run: input.jsonl of its folder, or the file of `almanac replay --record-input`.",
            valueName: "FILE"))
    var input: String?

    /// What `--input` names.
    func recordedInput() throws(RunError) -> [RecordedInput] {
        try input.map { (path) throws(RunError) in try RecordedInput.read(path) } ?? []
    }

    /// What they change in the lab file.
    var settings: [OptionSetting] {
        [
            seed.map { OptionSetting("seed", $0) },
            until.map { OptionSetting("until", $0) },
        ].compactMap(\.self)
    }

    /// The arguments, as on the command line.
    var words: [String] {
        let values: [(option: String, value: String?)] = [
            ("--seed", seed.map(String.init)), ("--until", until), ("--kernel", kernel),
            ("--guest-mode", guestMode?.rawValue), ("--input", input),
        ]
        let flags = [("--no-shared-memory", noSharedMemory), ("--host-randomness", hostRandomness)]
        return values.flatMap { option, value in value.map { [option, $0] } ?? [] }
            + flags.filter(\.1).map(\.0)
    }
}
