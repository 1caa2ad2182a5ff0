internal import Foundation
internal import LabPlan
internal import Posix
internal import SystemPackage

/// Runs a lab several times under conditions that must not affect it, and compares the runs.
package final class Verification {
    /// What is verified, and how.
    package struct Options: Sendable {
        /// The program `almanac`.
        package var program: String
        /// The lab file and the arguments of `almanac run` in every run.
        package var arguments: [String]
        /// Where the run folders are made: `1`, `2` and so on.
        package var folder: String
        package var runs: Int
        package var varied: Set<Condition>
        /// The kernel of machines that name none, which every user can read; nil when there are none, or `user` is not varied.
        package var kernel: String?
        /// Wall-clock time that a run may take, ns; nil for as long as it takes.
        package var timeout: UInt64?

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
        /// The exit code of `almanac run`: 0 or 1; 130 when it was interrupted.
        package let status: Int32
    }

    /// Wall-clock time that a run gets to shut down when its time is over, ns.
    private static let grace: UInt64 = 15_000_000_000

    private let options: Options
    /// SIGINT and SIGTERM, which are forwarded to the run: its process group is not the terminal's.
    private let signals: SignalSource
    private var hasSignal = false

    package init(_ options: Options) throws(RunError) {
        precondition(options.runs > 0)
        self.options = options
        do throws(Errno) {
            try Posix.becomeSubreaper()
            signals = try SignalSource()
        } catch {
            throw RunError(.environment, "cannot monitor runs on this system: \(error)")
        }
    }

    /// SIGINT or SIGTERM came.
    package var isInterrupted: Bool {
        if (try? signals.next()) != nil { hasSignal = true }
        return hasSignal
    }

    /// Makes run `number`, from 1.
    package func run(_ number: Int) throws(RunError) -> Run {
        let conditions = RunConditions(run: number - 1, varied: options.varied, cores: Cores.allowed)
        let folder = runFolder(number, conditions)
        let status = try outcome(of: number, conditions, folder)
        if hasLeftovers(status) { Self.killLeftovers() }
        guard let status else {
            throw RunError(
                .environment,
                "run \(number) (\(conditions)) did not end within \(DurationText.format(options.timeout ?? 0)) of "
                    + "wall-clock time and was ended; --timeout allows more or none; see \(folder).log")
        }
        let kind: RunError.Kind
        switch status {
        case .exited(0), .exited(1), .exited(130):
            let code: Int32 = if case .exited(let code) = status { code } else { 0 }
            return Run(number: number, conditions: conditions, folder: folder, status: hasSignal ? 130 : code)
        case .exited(2): kind = .usage
        case .exited(3): kind = .environment
        // An internal error: 4, or a signal that this process has not sent.
        case .exited, .signaled: kind = .internal
        }
        throw RunError(kind, "run \(number) (\(conditions)) \(status)\(Self.lastLine(of: "\(folder).log"))")
    }

    /// How a run ended; nil when its time was over first.
    private func outcome(of number: Int, _ conditions: RunConditions, _ folder: String) throws(RunError)
        -> ExitStatus?
    {
        var child = try start(conditions, folder)
        var disturbance = try Disturbance(conditions, run: number)
        do throws(Errno) {
            return try wait(for: &child, &disturbance)
        } catch {
            throw RunError(.internal, "run \(number) cannot be waited for: \(error)")
        }
    }

    /// A run that was killed could not end its machines' processes.
    private func hasLeftovers(_ status: ExitStatus?) -> Bool {
        if case .exited = status { false } else { true }
    }

    /// Ends the processes that a run has left behind. They are the only children of this process now: runs and disturbances are over.
    private static func killLeftovers() {
        for _ in 0..<100 {
            let left = ProcessView.descendants(of: Posix.processID).filter { $0.state != .zombie }
            for process in left { Posix.send(.end, to: process.processID) }
            Posix.reapOrphans()
            if left.isEmpty { return }
            usleep(20_000)
        }
    }

    private func runFolder(_ number: Int, _ conditions: RunConditions) -> String {
        var folder = options.folder
        if conditions.hasOtherFolder { folder += "/elsewhere/in a folder with another name" }
        if conditions.isNobody { folder += "/nobody" }
        return "\(folder)/\(number)"
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
        let user = conditions.isNobody ? HostUser.nobody : nil
        if user != nil {
            environment["HOME"] = "/nonexistent"
            environment["XDG_CACHE_HOME"] = "\(parent)/cache"
        }
        do {
            if let user { try Posix.give(parent, to: user) }
            let log = try Posix.open("\(folder).log", [.writeOnly, .create, .truncate])
            return try ChildProcess(
                program: options.program,
                arguments: ["run", "--no-report"] + options.arguments + ["--out", folder]
                    + conditions.arguments
                    + (user == nil ? [] : options.kernel.map { ["--kernel", $0] } ?? []),
                environment: environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" },
                folder: conditions.hasOtherFolder || user != nil ? parent : nil, user: user,
                standardOutput: log, standardError: log,
                options: .diesWithParent)
        } catch {
            throw RunError(.environment, "cannot start almanac for \(folder): \(error)")
        }
    }

    /// How the run ended; nil when its time was over first.
    private func wait(for child: inout ChildProcess, _ disturbance: inout Disturbance) throws(Errno)
        -> ExitStatus?
    {
        var reactor = try Reactor()
        try reactor.add(child.descriptor, token: 0)
        try reactor.add(signals.descriptor, token: 1)
        let beginning = Posix.wallNanoseconds()
        var isOver = false
        while true {
            let count = try reactor.wait(milliseconds: disturbance.pause())
            while let signal = try signals.next() {
                hasSignal = true
                // One that has just ended is reaped next.
                try? child.kill(signal)
            }
            if count > 0, let status = try child.reap() { return isOver ? nil : status }
            disturbance.act(on: child)
            guard let timeout = options.timeout else { continue }
            let elapsed = Posix.wallNanoseconds() - beginning
            if elapsed >= timeout, !isOver {
                isOver = true
                try? child.kill(Self.politeKill)
            }
            if isOver, elapsed - timeout >= Self.grace { child.terminateGroup() }
        }
    }

    /// SIGTERM.
    private static let politeKill: Int32 = 15

    private static func lastLine(of file: String) -> String {
        let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").last.map { ": \($0)" } ?? ""
    }
}
