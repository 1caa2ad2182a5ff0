internal import ArgumentParser
internal import Foundation
internal import Glibc
internal import Lab
internal import LabPlan
internal import Posix
internal import Report
internal import Trace

extension TraceLevel: ExpressibleByArgument {}
extension GuestMode.Choice: ExpressibleByArgument {}

/// `almanac run`: runs a lab and judges it.
struct Run: ParsableCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text
        case json
    }

    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a lab.",
        discussion: """
            Writes the folder out/NAME: lab.yaml (the lab with all defaults), summary.json, trace.almt (every event, for \
            `almanac trace`), report.html (the run as a page), faults.yaml (the faults that happened), for each machine \
            its console and the output of each command, and with --capture the folder captures. A former run in that folder is replaced. Ctrl-C shuts the machines down and still writes the summary; \
            a second Ctrl-C ends the run at once.
            """)

    @OptionGroup var lab: LabArguments

    @OptionGroup var conditions: RunArguments

    @OptionGroup var holding: HoldArguments

    @Option(help: ArgumentHelp("The run folder. Default: out/NAME.", valueName: "FOLDER"))
    var out: String?

    @Option(
        help: ArgumentHelp(
            "Wall-clock time after which the run fails: 30s, 2h, or none; replaces the file's. Default: 10min.",
            valueName: "DURATION"))
    var timeout: String?

    @Flag(
        inversion: .prefixedNo,
        help:
            "End the lab as soon as a foreground command has failed; or never for that. Default: when the others print nothing for a simulated minute after it."
    )
    var failFast: Bool?

    @Option(
        help: ArgumentHelp(
            "End the run when simulated time has not moved for this many seconds of wall-clock time, and say why. Default: 60.",
            valueName: "N"),
        transform: wholeNumber)
    var silenceLimit = 60

    @Flag(
        help:
            "Let the host's scheduler choose cores. Default: one core, and more only while several machines compute."
    )
    var noPin = false

    @Option(
        help: ArgumentHelp(
            "Cores to choose from: 2,3 or 0-3. Default: all that this process may use.", valueName: "LIST"))
    var cores: String?

    @Option(
        help: ArgumentHelp(
            "How many machines may run at the same time. Results do not depend on it. Default: the number of cores.",
            valueName: "N"),
        transform: wholeNumber)
    var jobs: Int?

    @Option(
        help: ArgumentHelp(
            "What trace.almt holds: full; events (without turns, messages and device notifications); or off.",
            valueName: "LEVEL"))
    var trace = TraceLevel.full

    @Flag(
        help:
            "Write every frame of every network to pcapng files, in the folder captures of the run folder.")
    var capture = false

    @Option(
        name: .customLong("artifacts"),
        help: ArgumentHelp(
            "If the run fails, copy files of every machine that match into the run folder: '/core*'. Can be repeated.",
            valueName: "PATTERN"))
    var artifacts: [String] = []

    @Option(
        help: ArgumentHelp("Write a JUnit XML report to this file, however the run ends.", valueName: "FILE"))
    var junit: String?

    @Flag(help: "Do not write report.html.")
    var noReport = false

    @Flag(help: "Print only errors and the last line.")
    var quiet = false

    @Option(
        help: ArgumentHelp("text, or json: one JSON object per line on standard output.", valueName: "FORMAT")
    )
    var format = Format.text

    func validate() throws {
        guard silenceLimit > 0 else { throw ValidationError("--silence-limit is at least 1 second") }
        guard (1...1024).contains(jobs ?? 1) else { throw ValidationError("--jobs is from 1 to 1024") }
        _ = try chosenCores()
        _ = try artifactPatterns(artifacts)
    }

    func run() throws {
        // Before the first thread starts: the search for the kernel starts some.
        SignalSource.block()
        var extra = conditions.settings
        if let timeout { extra.append(OptionSetting("timeout", timeout)) }
        if let failFast {
            extra.append(
                OptionSetting(
                    option: failFast ? "--fail-fast" : "--no-fail-fast", setting: "fail-fast=\(failFast)"))
        }
        if capture { extra.append(OptionSetting(option: "--capture", setting: "capture=true")) }
        let plan: LabPlan
        do {
            plan = try lab.plan(options: extra)
        } catch {
            try reportUnreadable(error)
            throw error
        }
        let folder = out ?? "out/\(plan.name)"
        guard let junit else { return try make(plan, folder: folder).end() }
        let file = try JUnitFile(path: junit, runFolder: folder)
        let made: Made
        do {
            made = try make(plan, folder: folder)
        } catch {
            // The error of the run is the one to report, even if the report cannot be written.
            try? file.write(JUnitReport(name: plan.name, error: "\(error)"))
            throw error
        }
        try file.write(JUnitReport(made.summary) { made.run.lastOutput(of: $1) })
        try made.end()
    }

    /// Writes the JUnit report of a lab file that cannot be read.
    private func reportUnreadable(_ error: any Error) throws {
        guard let junit else { return }
        let name = URL(fileURLWithPath: lab.file).deletingPathExtension().lastPathComponent
        try JUnitFile(path: junit, runFolder: nil).write(JUnitReport(name: name, error: "\(error)"))
    }

    /// A finished run.
    private struct Made {
        let run: LabRun
        let summary: RunSummary
        /// The error that ended it.
        let failure: RunError?

        /// Ends the program with the exit code that says how the run ended.
        func end() throws {
            if let failure { throw failure }
            switch summary.result {
            case .passed: break
            case .interrupted: throw ExitCode(130)
            case .failed: throw ExitCode(1)
            case .error: throw ExitCode(4)
            }
        }
    }

    /// Executes the run.
    private func make(_ lab: LabPlan, folder: String) throws -> Made {
        var plan = lab
        var options = LabRun.Options(folder: folder, kernel: nil, guestFiles: nil, catchesSignals: true)
        if plan.machines.contains(where: { $0.model == nil }) {
            let store = try KernelStore()
            options.kernel = try chooseKernel(plan, store)
            options.guestFiles = try store.guestFiles()
        }
        options.guestMode = conditions.guestMode ?? .auto
        options.silenceLimit = silenceLimit
        options.trace = trace
        options.hasHostRandomness = conditions.hostRandomness
        options.sharesMemory = !conditions.noSharedMemory
        let candidates = try chosenCores()
        options.jobs = jobs ?? candidates.count
        options.cores = noPin ? nil : Cores(among: candidates)
        options.visits.areAllowed = true
        options.visits.hold = try holding.moment()
        options.visits.speed = try holding.factor()
        options.visits.input = try conditions.recordedInput()
        options.artifactsOfFailure = try artifactPatterns(artifacts)
        options.filesFolder = URL(fileURLWithPath: self.lab.file).deletingLastPathComponent().path
        try prepareRoots(of: &plan, &options)
        let run = try LabRun(plan: plan, options: options)
        try run.writeSetup(toolVersion: toolVersion)
        let version = options.kernel.flatMap(KernelStore.version) ?? "unknown"
        return try drive(run, seed: plan.seed, kernelVersion: version)
    }

    /// The cores that `--cores` names; all by default.
    private func chosenCores() throws -> [Int] {
        let allowed = Cores.allowed
        guard let cores else { return allowed }
        let ranges = cores.split(separator: ",", omittingEmptySubsequences: false).map { part in
            part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        }
        var chosen: Set<Int> = []
        for range in ranges {
            guard let first = range[0], let last = range[range.count - 1], range.count <= 2, first <= last,
                last < 1 << 16
            else { throw ValidationError("--cores \(cores): write numbers and ranges, such as 0,2-3") }
            chosen.formUnion(first...last)
        }
        if let missing = chosen.subtracting(allowed).min() {
            let list = allowed.map(String.init).joined(separator: ",")
            throw ValidationError(
                "--cores \(cores): core \(missing) is not one of \(list), which this process may use")
        }
        return chosen.sorted()
    }

    private func chooseKernel(_ plan: LabPlan, _ store: KernelStore) throws -> String {
        if let kernel = conditions.kernel { return URL(fileURLWithPath: kernel).path }
        let machines = plan.machines.filter { $0.model == nil }
        if machines.allSatisfy({ $0.kernel != nil }), let first = machines.first?.kernel { return first }
        return try store.kernel()
    }

    /// Runs to the end and prints progress. The summary is written in any case.
    private func drive(_ run: LabRun, seed: UInt64, kernelVersion: String) throws -> Made {
        var progress = ProgressPrinter(format: format, quiet: quiet)
        var failure: RunError?
        do throws(RunError) {
            try run.launch()
            var wasHeld = false
            while try run.step() {
                if run.stands, run.isHeld, !wasHeld { announceHold(run, &progress) }
                wasHeld = run.isHeld
                progress.update(run)
            }
        } catch {
            failure = error
            run.fail(error.description)
        }
        run.close()
        do throws(RunError) { try run.checkWriting() } catch { failure = failure ?? error }
        progress.finish(run)
        var summary = run.summary(
            toolVersion: toolVersion, kernelVersion: kernelVersion, repeatCommand: repeatCommand(seed: seed))
        if failure != nil { summary.result = .error }
        do throws(RunError) { try run.write(summary) } catch { failure = failure ?? error }
        if failure != nil {
            // The page may fail for the same reason, which is said once.
            draw(run, saysWhyNot: false)
            return Made(run: run, summary: summary, failure: failure)
        }
        switch format {
        case .json:
            let event = RunEvent(.summary, virtualNanoseconds: summary.virtualNanoseconds, summary: summary)
            writeText(event.line(), to: STDOUT_FILENO)
        case .text:
            let report = TextReport(width: 110, colours: isatty(STDOUT_FILENO) == 1)
            let text = report.text(
                summary, lastOutput: { run.lastOutput(of: $1) }, checkOutput: run.lastOutput(of:))
            writeText(quiet ? lastLine(of: text) : text, to: STDOUT_FILENO)
        }
        draw(run)
        return Made(run: run, summary: summary, failure: nil)
    }

    /// Says what people can do with a held run.
    private func announceHold(_ run: LabRun, _ progress: inout ProgressPrinter) {
        // A run of recorded input is not held for anybody.
        guard holding.isAsked else { return }
        progress.finish(run)
        let folder = Self.quoted(out ?? "out/\(run.plan.name)")
        standardError(
            "held at \(run.now): `almanac shell \(folder) MACHINE`, exec, ps, get and put look at it; `almanac resume \(folder)` lets it go on, `almanac stop \(folder)` ends it"
        )
    }

    /// Writes the report. A failure here does not change the result of the run.
    private func draw(_ run: LabRun, saysWhyNot: Bool = true) {
        guard !noReport, trace != .off else { return }
        do throws(RunError) {
            _ = try RunResults(of: run.folderPath).writeReport()
        } catch {
            if saysWhyNot { standardError("almanac: no \(RunFolder.report): \(error)") }
        }
    }

    /// The command that repeats the run with the same hash. It omits options that cannot affect the result.
    private func repeatCommand(seed: UInt64) -> String {
        var conditions = conditions
        conditions.seed = seed
        let words =
            ["almanac", "run", lab.file] + lab.words + conditions.words
            + (failFast.map { [$0 ? "--fail-fast" : "--no-fail-fast"] } ?? [])
            + (trace == .full ? [] : ["--trace", trace.rawValue])
            + artifacts.flatMap { ["--artifacts", $0] }
        return words.map(Self.quoted).joined(separator: " ")
    }

    /// A word, quoted for a shell.
    private static func quoted(_ word: String) -> String {
        let plain = word.allSatisfy { $0.isLetter || $0.isNumber || "-_./=:,+@%".contains($0) }
        return plain && !word.isEmpty ? word : Visitor.quoted(word)
    }

    private func lastLine(of text: String) -> String {
        (text.split(separator: "\n").last.map(String.init) ?? "") + "\n"
    }
}
