internal import Foundation
internal import Glibc
internal import Posix
internal import SystemPackage

/// Runs targets in processes of their own, so that a trap or a hang ends one worker and names its input.
package enum FuzzSupervisor {
    /// Runs all that is asked for and prints what came of it.
    ///
    /// - Returns: every property held.
    package static func run(_ options: FuzzOptions) throws -> Bool {
        if let progress = options.progress {
            try work(options, progress)
            return true
        }
        var isGood = true
        for target in options.targets {
            let begin = Posix.wallNanoseconds()
            let report = try supervise(target, options)
            let seconds = Double(Posix.wallNanoseconds() - begin) / 1e9
            print(report.text(target.name, options, seconds: seconds))
            // A pipe shows it now, too.
            fflush(nil)
            isGood = isGood && report.failures.isEmpty
        }
        return isGood
    }

    // MARK: The worker's side

    /// Runs the inputs and writes the report beside the progress.
    private static func work(_ options: FuzzOptions, _ path: String) throws {
        let target = options.targets[0]
        let file = try Posix.open(path, .readWrite)
        let progress = try Mapping(file, offset: 0, length: 4096)
        let first = options.first - options.first % target.batch
        let report = try FuzzWorker.run(target, seed: options.seed, first..<options.first + options.count) {
            progress.storeRelease($0, at: 0)
        }
        let text = try JSONEncoder().encode(report)
        try Posix.open("\(path).report", [.writeOnly, .create, .truncate]).writeAll(Array(text))
    }

    // MARK: The supervisor's side

    private static func supervise(_ target: FuzzTarget, _ options: FuzzOptions) throws -> FuzzReport {
        let folder = NSTemporaryDirectory() + "almanac-fuzz-\(getpid())-\(target.name)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = "\(folder)/progress"
        try Posix.open(path, [.readWrite, .create]).resize(to: 4096)
        let file = try Posix.open(path, .readWrite)
        let progress = try Mapping(file, offset: 0, length: 4096)
        var report = FuzzReport()
        var first = options.first
        let end = min(options.first + options.count, max(target.most, options.first + 1))
        while first < end, report.failures.count < FuzzWorker.failureLimit {
            progress.storeRelease(first, at: 0)
            let fate = try watch(
                try start(target, options, first, end - first, path), progress, options.patience)
            guard let fate else {
                let text = try Data(contentsOf: URL(fileURLWithPath: "\(path).report"))
                report.add(try JSONDecoder().decode(FuzzReport.self, from: text))
                break
            }
            let index = progress.loadAcquire(UInt64.self, at: 0)
            report.failures.append(.init(index: index, text: fate))
            report.inputs += index - min(first, index) + 1
            first = index - index % target.batch + target.batch
        }
        return report
    }

    private static func start(
        _ target: FuzzTarget, _ options: FuzzOptions, _ first: UInt64, _ count: UInt64, _ path: String
    ) throws -> pid_t {
        let arguments = [
            "/proc/self/exe", "--target", target.name, "--seed", "\(options.seed)", "--first", "\(first)",
            "--count",
            "\(count)", "--progress", path,
        ]
        var pointers: [UnsafeMutablePointer<CChar>?] = unsafe arguments.map { unsafe strdup($0) }
        unsafe pointers.append(nil)
        // Nobody uses them after the call.
        defer { for index in unsafe pointers.indices { unsafe free(pointers[index]) } }
        // A backtrace takes seconds: only for an input that is repeated alone.
        unsafe setenv("SWIFT_BACKTRACE", count > 1 ? "enable=no" : "enable=yes", 1)
        var process: pid_t = 0
        // The arguments outlive the call.
        let error = unsafe posix_spawn(&process, "/proc/self/exe", nil, nil, pointers, environ)
        guard error == 0 else { throw Errno(rawValue: error) }
        return process
    }

    /// Waits for a worker.
    ///
    /// - Returns: how it failed; nil when it has written its report.
    private static func watch(_ process: pid_t, _ progress: borrowing Mapping, _ patience: Int) throws
        -> String?
    {
        var last = progress.loadAcquire(UInt64.self, at: 0)
        var lastChange = Posix.wallNanoseconds()
        while true {
            var status: CInt = 0
            let ended = unsafe waitpid(process, &status, WNOHANG)
            if ended == process {
                if status & 0x7f != 0 { return "the process ended by signal \(status & 0x7f)" }
                return status == 0 ? nil : "the process ended with status \(status >> 8)"
            }
            let index = progress.loadAcquire(UInt64.self, at: 0)
            if index != last { (last, lastChange) = (index, Posix.wallNanoseconds()) }
            if Posix.wallNanoseconds() - lastChange > UInt64(patience) * 1_000_000_000 {
                kill(process, SIGKILL)
                unsafe waitpid(process, &status, 0)
                return "no end after \(patience) s"
            }
            usleep(20_000)
        }
    }
}

extension FuzzReport {
    /// Most outcomes that are printed.
    private static let rowLimit = 60

    /// The figures, for a person.
    fileprivate func text(_ target: String, _ options: FuzzOptions, seconds: Double) -> String {
        let rate = Int(Double(inputs) / max(seconds, 0.001))
        var lines = [
            "\(target): \(inputs) inputs of seed \(options.seed) in \(Int(seconds.rounded())) s, \(rate) a second, "
                + "\(peakMemory / 1024) MiB at most, \(outcomes.count) outcomes"
        ]
        let sorted = outcomes.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        for (outcome, count) in sorted.prefix(Self.rowLimit) {
            let number = String(count)
            lines.append(
                "  " + String(repeating: " ", count: max(0, 10 - number.count)) + "\(number)  \(outcome)")
        }
        for failure in failures {
            lines.append("  FAILED at index \(failure.index): \(failure.text)")
            lines.append("  repeat: fuzz --target \(target) --seed \(options.seed) --index \(failure.index)")
        }
        return lines.joined(separator: "\n")
    }
}
