internal import Foundation
internal import Posix
internal import SystemPackage

/// A lab run several times under conditions that must not matter, and the runs compared.
package struct Verification {
    /// What is verified, and how.
    package struct Options: Sendable {
        /// The program `almanac`.
        package var program: String
        /// The lab file, and what `almanac run` is told in every run.
        package var arguments: [String]
        /// Where the run folders are made: `1`, `2` and so on.
        package var folder: String
        package var runs: Int
        package var varied: Set<Condition>

        package init(program: String, arguments: [String], folder: String, runs: Int, varied: Set<Condition>)
        {
            self.program = program
            self.arguments = arguments
            self.folder = folder
            self.runs = runs
            self.varied = varied
        }
    }

    /// One of the runs.
    package struct Run: Sendable {
        package let number: Int
        package let conditions: RunConditions
        package let folder: String
        /// The exit code of `almanac run`: 0 or 1.
        package let status: Int32
    }

    private let options: Options

    package init(_ options: Options) {
        precondition(options.runs > 0)
        self.options = options
    }

    /// Makes run `number`, from 1.
    package func run(_ number: Int) throws(RunError) -> Run {
        let conditions = RunConditions(run: number - 1, varied: options.varied, cores: Cores.allowed)
        let folder = runFolder(number, conditions)
        var child = try start(conditions, folder)
        var disturbance = try Disturbance(conditions, run: number)
        let status: ExitStatus
        do throws(Errno) {
            status = try Self.wait(for: &child, &disturbance)
        } catch {
            throw RunError(.internal, "run \(number) cannot be waited for: \(error)")
        }
        guard case .exited(let code) = status, code == 0 || code == 1 else {
            throw RunError(
                status == .exited(2) ? .usage : .environment,
                "run \(number) (\(conditions)) \(status)\(Self.lastLine(of: "\(folder).log"))")
        }
        return Run(number: number, conditions: conditions, folder: folder, status: code)
    }

    private func runFolder(_ number: Int, _ conditions: RunConditions) -> String {
        guard conditions.hasOtherFolder else { return "\(options.folder)/\(number)" }
        return "\(options.folder)/elsewhere/in a folder with another name/\(number)"
    }

    private func start(_ conditions: RunConditions, _ folder: String) throws(RunError) -> ChildProcess {
        let parent = URL(fileURLWithPath: folder).deletingLastPathComponent().path
        do {
            try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        } catch {
            throw RunError(.usage, "cannot make \(parent): \(error.localizedDescription)")
        }
        var environment = ProcessInfo.processInfo.environment
        if conditions.hasOtherFolder {
            let other = [
                "TZ": "Asia/Kathmandu", "LANG": "de_AT.UTF-8", "USER": "somebody", "TMPDIR": "/var/tmp",
            ]
            environment.merge(other) { $1 }
            environment["ALMANAC_VERIFY"] = String(repeating: "x", count: 1000)
        }
        do {
            let log = try Posix.open("\(folder).log", [.writeOnly, .create, .truncate])
            return try ChildProcess(
                program: options.program,
                arguments: ["run", "--no-report"] + options.arguments + ["--out", folder]
                    + conditions.arguments,
                environment: environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" },
                folder: conditions.hasOtherFolder ? parent : nil, standardOutput: log, standardError: log,
                options: .diesWithParent)
        } catch {
            throw RunError(.environment, "cannot start almanac for \(folder): \(error)")
        }
    }

    private static func wait(for child: inout ChildProcess, _ disturbance: inout Disturbance) throws(Errno)
        -> ExitStatus
    {
        var reactor = try Reactor()
        try reactor.add(child.descriptor, token: 0)
        while true {
            if try reactor.wait(milliseconds: disturbance.pause()) > 0, let status = try child.reap() {
                return status
            }
            disturbance.act(on: child)
        }
    }

    private static func lastLine(of file: String) -> String {
        let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").last.map { ": \($0)" } ?? ""
    }
}
