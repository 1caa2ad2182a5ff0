internal import Foundation
internal import Network
internal import Posix
internal import SystemPackage

/// Disturbs a run, and the host it runs on, while it runs.
struct Disturbance: ~Copyable {
    private let burners: Burners
    private let isStopping: Bool
    private var random: SplitMix64

    /// Programs that only consume CPU time, two for each core.
    private final class Burners {
        private var processes: [Burner] = []

        private final class Burner {
            let process: ChildProcess
            init(_ process: consuming ChildProcess) { self.process = process }
        }

        init(count: Int) throws(RunError) {
            do {
                for _ in 0..<count {
                    let null = try Posix.open("/dev/null", .readWrite)
                    processes.append(
                        Burner(
                            try ChildProcess(
                                program: "/bin/sh", arguments: ["-c", "while :; do :; done"], environment: [],
                                standardOutput: null, standardError: null, options: .diesWithParent)))
                }
            } catch {
                throw RunError(.environment, "cannot load this host: \(error)")
            }
        }
    }

    init(_ conditions: RunConditions, run: Int) throws(RunError) {
        burners = try Burners(
            count: conditions.hasLoad ? 2 * ProcessInfo.processInfo.activeProcessorCount : 0)
        isStopping = conditions.isStopped
        random = SplitMix64(seed: UInt64(run), name: "stops")
    }

    /// Milliseconds until the next `act`.
    mutating func pause() -> Int { isStopping ? 1 + Int(random.next() % 25) : 250 }

    /// Stops the run or one of its machines for a moment.
    mutating func act(on run: borrowing ChildProcess) {
        guard isStopping else { return }
        let processes = [run.processID] + Self.children(of: run.processID)
        let chosen = processes[Int(random.next() % UInt64(processes.count))]
        // No other process reaps almanac between the look and the signal, and almanac's children keep their numbers until it reaps them.
        guard chosen == run.processID || Self.children(of: run.processID).contains(chosen) else { return }
        Posix.send(.stop, to: chosen)
        usleep(UInt32(500 + random.next() % 20_000))
        Posix.send(.proceed, to: chosen)
    }

    /// The processes that a process has started (proc(5): /proc/PID/task/TID/children).
    private static func children(of process: Int32) -> [Int32] {
        let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")) ?? []
        return tasks.flatMap { task -> [Int32] in
            let text = try? String(contentsOfFile: "/proc/\(process)/task/\(task)/children", encoding: .utf8)
            return (text ?? "").split(separator: " ").compactMap { Int32($0) }
        }
    }
}
