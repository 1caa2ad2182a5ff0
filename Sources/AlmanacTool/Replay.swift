internal import ArgumentParser
internal import Calendar
internal import Foundation
internal import Glibc
internal import Lab
internal import LabPlan
internal import Posix

/// `almanac replay`: runs a recorded run again, up to a moment, to look at it there.
struct Replay: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Run a recorded run again up to a moment, and look at it there.",
        discussion: """
            Runs lab.yaml of the run folder again, under the conditions in its setup.json, and says whether everything up to the moment \
            happened as recorded. A moment is 12.345s, end, 'first FAIL', fault:2, or 'm2: elected leader' for the first line with that \
            text that m2 wrote ('m2: elected leader #3' for the third). Commands of --exec run there as root, on a branch: the recorded \
            run stays as it is. Without a moment and --exec the whole run is repeated and compared.

            Exits with the status of the last --exec, or 0; with 1 when the replay differs from the recorded run, or a machine ends while its command runs.
            """)

    @Argument(help: ArgumentHelp("The run folder.", valueName: "RUN"))
    var folder: String

    @Option(help: ArgumentHelp("Stop when this has happened.", valueName: "MOMENT"))
    var at: String?

    @Option(help: ArgumentHelp("Stop at the instant before this happens.", valueName: "MOMENT"))
    var before: String?

    @Option(
        help: ArgumentHelp(
            "Go on from there to the next event, frame or turn, or for a time such as 10ms; can be repeated.",
            valueName: "STEP"))
    var step: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Run a command on a machine at the moment: --exec m2 'ss -tn'. Can be repeated; all run one after the other, on one branch.",
            valueName: "MACHINE COMMAND"))
    var exec: [String] = []

    @Flag(help: "Run each --exec on a branch of its own: each sees the moment as it was.")
    var each = false

    @Option(
        help: ArgumentHelp(
            "The folder that the replay writes. Default: replay, in the run folder.", valueName: "FOLDER"))
    var out: String?

    @Flag(help: "Print only what commands write, and errors.")
    var quiet = false

    func validate() throws {
        guard at == nil || before == nil else { throw ValidationError("give --at or --before, not both") }
        guard exec.count.isMultiple(of: 2) else {
            throw ValidationError("--exec takes a machine and a command: --exec m2 'ss -tn'")
        }
        guard step.isEmpty || at != nil || before != nil else {
            throw ValidationError("--step goes on from a moment: give --at or --before")
        }
        guard !each || !exec.isEmpty else { throw ValidationError("--each is for --exec") }
    }

    func run() throws {
        // Before the first thread starts.
        SignalSource.block()
        let recorded = try RecordedRun(folder: folder)
        for line in try recorded.differences(toolVersion: toolVersion) {
            standardError("almanac: note: \(line)")
        }
        let stop = try chosenStop(recorded)
        let plan = try LabArguments.plan(
            file: recorded.labPath, folder: URL(fileURLWithPath: recorded.setup.filesFolder))
        let target = out ?? "\(folder)/\(RunFolder.replay)"
        guard
            URL(fileURLWithPath: target).standardizedFileURL
                != URL(fileURLWithPath: folder).standardizedFileURL
        else {
            throw RunError(
                .usage, "--out \(target) is the recorded run, which a replay must not replace: name another")
        }
        guard let stop else { return try repeatAll(recorded, plan, target) }
        let looks = stride(from: 0, to: exec.count, by: 2).map { (machine: exec[$0], command: exec[$0 + 1]) }
        var status: Int32 = 0
        for branch in each ? looks.map({ [$0] }) : [looks] {
            status = try look(recorded, plan, target, stop, branch)
        }
        if status != 0 { throw ExitCode(status) }
    }

    /// Where the replay stops; nil: it repeats the whole run.
    private func chosenStop(_ recorded: RecordedRun) throws -> Stop? {
        guard let text = at ?? before ?? (exec.isEmpty ? nil : "end") else { return nil }
        let option = before == nil ? "--at" : "--before"
        let moment: Moment
        do throws(TextError) { moment = try Moment(text) } catch {
            throw RunError(.usage, "\(option) \(error)")
        }
        let steps = try step.map { text in
            do throws(TextError) { return try MomentStep(text) } catch {
                throw RunError(.usage, "--step \(error)")
            }
        }
        return try MomentFinder(recorded).stop(at: moment, isBefore: before != nil, steps: steps)
    }

    /// Runs to the stop, compares, and executes commands there.
    ///
    /// - Returns: the exit status of the last command; 0 without any.
    private func look(
        _ recorded: RecordedRun, _ plan: LabPlan, _ target: String, _ stop: Stop,
        _ looks: [(machine: String, command: String)]
    ) throws -> Int32 {
        let run = try start(recorded, plan, target, stop)
        defer { run.close() }
        try proceed(run)
        guard run.isHeld else {
            throw RunError(.internal, "the replay ended at \(run.now), before the moment")
        }
        let settled = run.settleTrace()
        let comparison = try PrefixComparison(
            recorded.trace(), RecordedTrace(path: "\(run.folderPath)/\(RunFolder.trace)"), before: settled)
        let line = "at \(run.now): \(comparison.text)"
        // What commands write is the result, where there are some.
        if looks.isEmpty {
            print(line)
        } else if !quiet || comparison.difference != nil {
            standardError(line)
        }
        guard comparison.difference == nil else { throw ExitCode(1) }
        var status: Int32 = 0
        for look in looks {
            try run.look(at: look.machine, command: look.command)
            try proceed(run)
            switch run.lookEnding {
            case .exited(let code)?: status = code
            case .lost(let reason)?:
                standardError("almanac: \(reason)")
                throw ExitCode(1)
            case nil: break
            }
        }
        return status
    }

    /// Goes on until the run is held or over, and prints what commands write.
    private func proceed(_ run: LabRun) throws {
        var progress = ProgressPrinter(format: .text, quiet: quiet)
        var goesOn = true
        while goesOn {
            goesOn = try run.step()
            let output = run.takeLookOutput()
            guard output.isEmpty else {
                FileHandle.standardOutput.write(Data(output))
                continue
            }
            progress.update(run)
        }
        progress.finish(run)
        if run.wasInterrupted { throw ExitCode(130) }
    }

    private func start(_ recorded: RecordedRun, _ plan: LabPlan, _ target: String, _ stop: Stop?) throws
        -> LabRun
    {
        var options = LabRun.Options(folder: target, kernel: nil, guestFiles: nil, catchesSignals: true)
        if !recorded.setup.kernels.isEmpty {
            options.kernel = recorded.setup.kernel
            options.guestFiles = try KernelStore().guestFiles()
        }
        options.guestMode = GuestMode.Choice(rawValue: recorded.setup.guestMode) ?? .auto
        options.hasHostRandomness = recorded.setup.hasHostRandomness
        options.sharesMemory = recorded.setup.sharesMemory
        options.filesFolder = recorded.setup.filesFolder
        options.jobs = Cores.allowed.count
        options.cores = Cores(among: Cores.allowed)
        options.artifactsOfFailure = try artifactPatterns(recorded.setup.artifactsOfFailure ?? [])
        options.stop = stop
        let run = try LabRun(plan: plan, options: options)
        try run.launch()
        return run
    }

    /// Repeats the whole run and compares it.
    private func repeatAll(_ recorded: RecordedRun, _ plan: LabPlan, _ target: String) throws {
        let run = try start(recorded, plan, target, nil)
        do {
            defer { run.close() }
            try proceed(run)
        }
        try run.checkWriting()
        let comparison = try RunComparison(folder, run.folderPath)
        writeText(comparison.text(names: ("recorded", "replayed")), to: STDOUT_FILENO)
        if !comparison.areEqual { throw ExitCode(1) }
    }
}
