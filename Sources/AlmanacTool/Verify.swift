internal import ArgumentParser
internal import Foundation
internal import Glibc
internal import Lab
internal import LabPlan
internal import Posix

/// `almanac verify`: compares runs of one lab under different host conditions.
struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Run a lab several times and compare the runs.",
        discussion: """
            Runs the lab as usual, then under other host conditions, and compares traces, consoles, outputs, disks and \
            captures with those of the first run. If all are equal, prints one line with the run hash and exits with 0. \
            Otherwise prints the first difference (simulated time, machine, both events, the ten before, the console around \
            it) and exits with 1. The run folders stay in out/verify/NAME.
            """)

    @OptionGroup var lab: LabArguments

    @OptionGroup var conditions: RunArguments

    @Option(help: ArgumentHelp("How many runs. Default: 2.", valueName: "N"), transform: wholeNumber)
    var runs = 2

    @Option(
        help: ArgumentHelp(
            "Conditions to vary: any of jobs, cores, load, folder, user, stop; or none. Default: all but user.",
            valueName: "LIST"))
    var vary: String?

    @Option(help: ArgumentHelp("Folder of the run folders. Default: out/verify/NAME.", valueName: "FOLDER"))
    var out: String?

    @Option(
        help: ArgumentHelp(
            "Wall-clock time that each run may take: 30s, 2h, or none; replaces the file's. Default: 10min.",
            valueName: "DURATION"))
    var timeout: String?

    @Flag(help: "Write every frame to pcapng files in every run, and compare those too.")
    var capture = false

    @Flag(help: "Print only the result.")
    var quiet = false

    func validate() throws {
        guard (2...100_000).contains(runs) else { throw ValidationError("--runs is from 2 to 100000") }
        _ = try named()
    }

    func run() throws {
        SignalSource.block()
        let plan = try lab.plan(
            options: conditions.settings + (timeout.map { [OptionSetting("timeout", $0)] } ?? []))
        let folder = URL(fileURLWithPath: out ?? "out/verify/\(plan.name)").standardizedFileURL.path
        var options = Verification.Options(
            program: "/proc/self/exe", arguments: arguments, folder: folder, runs: runs,
            varied: try varied(plan, folder))
        if options.varied.contains(.user) { options.kernel = try kernelForNobody(plan, folder) }
        options.timeout = plan.timeout
        let verification = try Verification(options)
        var first: Verification.Run?
        var hash = ""
        for number in 1...runs {
            let run = try verification.run(number)
            if run.status == 130 || verification.isInterrupted { throw ExitCode(130) }
            if !quiet {
                standardError(
                    "run \(number) of \(runs): \(run.conditions)\(run.status == 0 ? "" : "; the lab failed")")
            }
            guard let reference = first else {
                first = run
                continue
            }
            let comparison = try RunComparison(reference.folder, run.folder)
            guard comparison.areEqual, run.status == reference.status else {
                report(comparison, reference, run)
                throw ExitCode(1)
            }
            hash = comparison.hash ?? hash
        }
        let failed = first?.status == 1 ? "; the lab failed each time" : ""
        print("equal: \(plan.name), \(runs) runs, hash \(hash)\(failed)")
    }

    private func report(_ comparison: RunComparison, _ first: Verification.Run, _ other: Verification.Run) {
        if !comparison.areEqual {
            writeText(
                comparison.text(names: ("run \(first.number)", "run \(other.number)")), to: STDOUT_FILENO)
        }
        if first.status != other.status {
            print(
                "run \(first.number) ended with exit code \(first.status), run \(other.number) with \(other.status)"
            )
        }
        print("DIFFERENT: run \(other.number) (\(other.conditions)) is not run \(first.number)")
        print("    \(first.folder)\n    \(other.folder)")
    }

    /// The conditions that `--vary` names; nil without it.
    private func named() throws -> Set<Condition>? {
        guard let vary else { return nil }
        if vary == "none" { return [] }
        return Set(
            try vary.split(separator: ",", omittingEmptySubsequences: false).map { word in
                guard let condition = Condition(rawValue: String(word)) else {
                    let all = Condition.allCases.map(\.rawValue).joined(separator: ", ")
                    throw ValidationError("--vary \(vary): the conditions are \(all); or none")
                }
                return condition
            })
    }

    private func varied(_ plan: LabPlan, _ folder: String) throws -> Set<Condition> {
        // What a lab may read depends on the user, so runs of another user are compared on request only.
        guard let named = try named() else { return Set(Condition.allCases).subtracting([.user]) }
        if named.contains(.user), let obstacle = try obstacleToNobody(plan, folder) {
            throw RunError(.usage, "--vary user: \(obstacle)")
        }
        return named
    }

    /// Why no run can be another user's.
    private func obstacleToNobody(_ plan: LabPlan, _ folder: String) throws -> String? {
        guard HostUser.isRoot else { return "only root can make runs of another user" }
        guard HostUser.nobody != nil else { return "this host has no user nobody" }
        var paths = [URL(fileURLWithPath: lab.file).path, folder, try Installation.find().recipe]
        paths += plan.machines.compactMap(\.kernel)
        let hidden = paths.first { !HostUser.everybodyReads($0) }
        return hidden.map { "user nobody cannot read \($0)" }
    }

    /// A copy of the kernel that every user can read: the cache is often below a home folder.
    private func kernelForNobody(_ plan: LabPlan, _ folder: String) throws -> String? {
        guard plan.machines.contains(where: { $0.model == nil && $0.kernel == nil }) else { return nil }
        let kernel = try conditions.kernel ?? KernelStore().kernel()
        let copy = "\(folder)/linux"
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try? FileManager.default.removeItem(atPath: copy)
            try FileManager.default.copyItem(atPath: kernel, toPath: copy)
        } catch {
            throw RunError(.environment, "cannot copy \(kernel) to \(copy): \(error.localizedDescription)")
        }
        return copy
    }

    /// The arguments of every run. Paths are absolute, because some runs have another working folder. A run that its own timeout ended
    /// would differ from the others, so this process ends it.
    private var arguments: [String] {
        var conditions = conditions
        conditions.kernel = conditions.kernel.map { URL(fileURLWithPath: $0).path }
        conditions.input = conditions.input.map { URL(fileURLWithPath: $0).path }
        return [URL(fileURLWithPath: lab.file).path, "--quiet"] + lab.words + conditions.words
            + ["--timeout", "none"]
            + (capture ? ["--capture"] : [])
    }
}
