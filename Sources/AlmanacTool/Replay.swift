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
            text that m2 wrote ('m2: elected leader #3' for the third). Commands and shells run there as root, on a branch: the recorded \
            run stays as it is. Without a moment and without anything to do there, the whole run is repeated and compared.

            Exits with the status of the last --exec or of the shell, or 0; with 1 when the replay differs from the recorded run, or a machine ends while its command runs.
            """)

    @Argument(help: ArgumentHelp("The run folder.", valueName: "RUN"))
    var folder: String

    @Option(help: ArgumentHelp("Stop when this has happened.", valueName: "MOMENT"))
    var at: String?

    @Option(
        help: ArgumentHelp("Stop at the last instant at which this has not happened.", valueName: "MOMENT"))
    var before: String?

    @Option(
        help: ArgumentHelp(
            "Go on from there to the next event, frame or turn, or for a time such as 10ms; can be repeated.",
            valueName: "STEP"))
    var step: [String] = []

    @OptionGroup var looks: LookArguments

    @Flag(help: "Write the frames of the replay to pcapng files, in its folder captures.")
    var capture = false

    @Flag(help: "Show what happens on the branch and not in the recorded run, and the other way round.")
    var trace = false

    @Option(
        help: ArgumentHelp(
            "Write what is done on the branch to this file: `almanac run --input` does it again.",
            valueName: "FILE"))
    var recordInput: String?

    @Option(
        help: ArgumentHelp(
            "The folder that the replay writes. Default: replay, in the run folder.", valueName: "FOLDER"))
    var out: String?

    @Flag(help: "Print only what commands write, differences and errors.")
    var quiet = false

    func validate() throws {
        guard at == nil || before == nil else { throw ValidationError("give --at or --before, not both") }
        guard step.isEmpty || at != nil || before != nil else {
            throw ValidationError("--step goes on from a moment: give --at or --before")
        }
        guard !looks.each || recordInput == nil else {
            throw ValidationError("--record-input is for one branch, and --each makes several")
        }
    }

    func run() throws {
        // Before the first thread starts.
        SignalSource.block()
        let recorded = try RecordedRun(folder: folder)
        for line in try recorded.differences(toolVersion: toolVersion) {
            standardError("almanac: note: \(line)")
        }
        let stop = try chosenStop(recorded)
        let plan = try plan(of: recorded)
        try checkMachines(plan)
        let target = out ?? "\(folder)/\(RunFolder.replay)"
        guard
            URL(fileURLWithPath: target).standardizedFileURL
                != URL(fileURLWithPath: folder).standardizedFileURL
        else {
            throw RunError(
                .usage, "--out \(target) is the recorded run, which a replay must not replace: name another")
        }
        guard let stop else { return try repeatAll(recorded, plan, target) }
        var status: Int32 = 0
        for (index, branch) in looks.branches.enumerated() {
            let folder = index == 0 ? target : "\(target)-\(index + 1)"
            do {
                status = try look(recorded, plan, folder, stop, branch)
            } catch let error as RunError where error.kind == .failed && looks.each {
                // The others see the moment all the same.
                standardError("almanac: \(error.description)")
                status = error.exitCode
            }
        }
        if status != 0 { throw ExitCode(status) }
    }

    /// The recorded lab; with `--capture` all its networks are captured.
    private func plan(of recorded: RecordedRun) throws -> LabPlan {
        let folder = URL(fileURLWithPath: recorded.setup.filesFolder)
        let plan = try LabArguments.plan(file: recorded.labPath, folder: folder)
        guard capture else { return plan }
        return try LabArguments.plan(
            file: recorded.labPath, folder: folder,
            options: plan.networks.map {
                OptionSetting(option: "--capture", setting: "networks.\($0.name).capture=true")
            })
    }

    /// The machines that somebody looks at are there, and have programs.
    private func checkMachines(_ plan: LabPlan) throws(RunError) {
        for name in try looks.machines() {
            guard let machine = plan.machines.first(where: { $0.name == name }) else {
                throw RunError(.usage, Moment.unknown(machine: name, among: plan.machines.map(\.name)))
            }
            if let model = machine.model {
                throw RunError(.usage, "\(name) is a model (\(model.kind)): it has no programs")
            }
        }
    }

    /// Where the replay stops; nil: it repeats the whole run.
    private func chosenStop(_ recorded: RecordedRun) throws -> Stop? {
        guard let text = at ?? before ?? (looks.isEmpty ? nil : "end") else { return nil }
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
        let stop = try MomentFinder(recorded).stop(at: moment, isBefore: before != nil, steps: steps)
        if stop == .end, moment != .end, !steps.isEmpty {
            standardError("almanac: note: the run shuts down before that: this is its end")
        }
        return stop
    }

    /// Runs to the stop, compares, and lets somebody look there.
    ///
    /// - Returns: the exit status of the last command, or of the shell; 0 without any.
    private func look(
        _ recorded: RecordedRun, _ plan: LabPlan, _ target: String, _ stop: Stop, _ looks: LookArguments
    ) throws -> Int32 {
        let run = try start(recorded, plan, target, stop)
        defer { run.close() }
        try proceed(run)
        guard run.isAtMoment else {
            run.close()
            let comparison = try comparison(recorded, run, before: .never)
            if comparison.difference != nil {
                print("at \(run.now): \(comparison.text)")
                throw ExitCode(1)
            }
            throw RunError(
                .internal, "the replay ended at \(run.now), before the moment, though nothing differs")
        }
        let moment = run.settleTrace()
        let comparison = try comparison(recorded, run, before: moment)
        let line = "at \(run.now): \(comparison.text)"
        // What commands write is the result, where there are some.
        if comparison.difference != nil {
            print(line)
            throw ExitCode(1)
        }
        if !quiet { looks.isEmpty ? print(line) : standardError(line) }
        let status =
            try looks.isEmpty
            ? 0 : Attendance.attend(run) { visitor throws(RunError) in try looks.perform(visitor) }
        guard let status else { throw ExitCode(130) }
        if trace {
            let end = run.now
            run.close()
            let branch = try BranchComparison(
                recorded.trace(), RecordedTrace(path: "\(run.folderPath)/\(RunFolder.trace)"), from: moment,
                to: end)
            print(branch.text)
        }
        return status
    }

    private func comparison(_ recorded: RecordedRun, _ run: LabRun, before end: Instant) throws(RunError)
        -> PrefixComparison
    {
        try PrefixComparison(
            recorded.trace(), RecordedTrace(path: "\(run.folderPath)/\(RunFolder.trace)"), before: end)
    }

    /// Goes on until time stands, or the run is over.
    private func proceed(_ run: LabRun) throws {
        var progress = ProgressPrinter(format: .text, quiet: quiet)
        while try run.step(), !run.isAtMoment { progress.update(run) }
        progress.finish(run)
        if run.wasInterrupted { throw ExitCode(130) }
    }

    private func start(_ recorded: RecordedRun, _ lab: LabPlan, _ target: String, _ stop: Stop?) throws
        -> LabRun
    {
        var plan = lab
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
        options.visits.stop = stop
        options.visits.input = try recorded.input()
        options.visits.areAllowed = stop != nil
        options.visits.recordsInputTo = recordInput
        options.artifactsOfFailure = try artifactPatterns(recorded.setup.artifactsOfFailure ?? [])
        try prepareRoots(of: &plan, &options)
        try recorded.check(options.guestFiles?.roots ?? [:])
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
            while try run.step() {}
        }
        try run.checkWriting()
        let comparison = try RunComparison(folder, run.folderPath)
        if !quiet || !comparison.areEqual {
            writeText(comparison.text(names: ("recorded", "replayed")), to: STDOUT_FILENO)
        }
        if !comparison.areEqual { throw ExitCode(1) }
    }
}
