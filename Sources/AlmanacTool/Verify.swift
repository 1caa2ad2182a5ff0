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
            "Conditions to vary: any of jobs, cores, load, folder, stop; or none.", valueName: "LIST"))
    var vary = Condition.allCases.map(\.rawValue).joined(separator: ",")

    @Option(help: ArgumentHelp("Folder of the run folders. Default: out/verify/NAME.", valueName: "FOLDER"))
    var out: String?

    @Option(
        help: ArgumentHelp(
            "Wall-clock time that each run may take: 30s, 10min. Default: no limit.", valueName: "DURATION"))
    var timeout: String?

    @Flag(help: "Write every frame to pcapng files in every run, and compare those too.")
    var capture = false

    @Flag(help: "Print only the result.")
    var quiet = false

    func validate() throws {
        guard (2...100_000).contains(runs) else { throw ValidationError("--runs is from 2 to 100000") }
        _ = try varied()
    }

    func run() throws {
        SignalSource.block()
        let plan = try lab.plan(options: conditions.settings)
        let folder = URL(fileURLWithPath: out ?? "out/verify/\(plan.name)").standardizedFileURL.path
        var options = Verification.Options(
            program: "/proc/self/exe", arguments: arguments, folder: folder, runs: runs, varied: try varied())
        options.timeout = try timeout.map(duration)
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

    private func duration(_ text: String) throws -> UInt64 {
        do throws(TextError) {
            return try DurationText.parse(text)
        } catch {
            throw RunError(.usage, "--timeout \(text): \(error)")
        }
    }

    private func varied() throws -> Set<Condition> {
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

    /// The arguments of every run. Paths are absolute, because some runs have another working folder.
    private var arguments: [String] {
        var conditions = conditions
        conditions.kernel = conditions.kernel.map { URL(fileURLWithPath: $0).path }
        return [URL(fileURLWithPath: lab.file).path, "--quiet"] + lab.words + conditions.words
            + (capture ? ["--capture"] : [])
    }
}
