import Foundation
import Report
import Testing

/// Runs the program under test as a user would.
enum Almanac {
    /// The project's folder.
    static let project = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// The program under test: `ALMANAC` in the environment (`make test` names the release build), else the one that was built
    /// together with these tests.
    static let program: String = {
        let built = Bundle.main.executableURL!.deletingLastPathComponent().appendingPathComponent("almanac")
        guard let named = ProcessInfo.processInfo.environment["ALMANAC"], !named.isEmpty else {
            return built.path
        }
        return URL(fileURLWithPath: named).path
    }()

    /// Why the program under test cannot be run.
    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    private static func checkProgram() throws {
        guard FileManager.default.isExecutableFile(atPath: program) else {
            throw Missing(
                description:
                    "there is no program \(program): build it with `make build`, or unset ALMANAC to test the "
                    + "debug build")
        }
    }

    /// What a finished process left.
    struct Outcome {
        var status: Int32
        var output: String
        var errors: String
    }

    /// A process that runs, its output collected in files.
    final class Running {
        let process = Process()
        private let folder: String

        init(
            _ program: String, _ arguments: [String], in folder: String, environment: [String: String] = [:]
        ) throws {
            if program == Almanac.program { try Almanac.checkProgram() }
            self.folder = folder
            let number = UInt32.random(in: 0 ... .max)
            output = "\(folder)/.stdout-\(number)"
            errors = "\(folder)/.stderr-\(number)"
            process.executableURL = URL(fileURLWithPath: program)
            process.arguments = arguments
            process.currentDirectoryURL = URL(fileURLWithPath: folder)
            process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
            process.standardInput = FileHandle.nullDevice
            for path in [output, errors] { _ = FileManager.default.createFile(atPath: path, contents: nil) }
            process.standardOutput = FileHandle(forWritingAtPath: output)
            process.standardError = FileHandle(forWritingAtPath: errors)
            try process.run()
        }

        private let output: String
        private let errors: String

        /// What it has written so far.
        var text: String { (try? String(contentsOfFile: output, encoding: .utf8)) ?? "" }

        /// It has written this to standard error so far.
        func errors(contain text: String) -> Bool {
            (try? String(contentsOfFile: errors, encoding: .utf8))?.contains(text) ?? false
        }

        /// Waits for its end; after the limit it is killed and the test fails.
        func wait(seconds: Int = 300) -> Outcome {
            let limit = Date().addingTimeInterval(Double(seconds))
            while process.isRunning, Date() < limit { usleep(10_000) }
            if process.isRunning {
                Issue.record("\(process.arguments ?? []) did not end within \(seconds) s; so far: \(text)")
                kill(process.processIdentifier, SIGKILL)
            }
            process.waitUntilExit()
            let errorText = (try? String(contentsOfFile: errors, encoding: .utf8)) ?? ""
            return Outcome(status: process.terminationStatus, output: text, errors: errorText)
        }
    }

    static func run(_ arguments: [String], in folder: String, environment: [String: String] = [:]) throws
        -> Outcome
    {
        try Running(program, arguments, in: folder, environment: environment).wait()
    }

    /// Runs a line of a shell, in which `$ALMANAC` is the program under test.
    static func shell(_ line: String, in folder: String) throws -> Outcome {
        try Running("/bin/sh", ["-c", line], in: folder, environment: ["ALMANAC": program]).wait()
    }
}

extension Almanac {
    /// The user's cache folder.
    static let cache: String = {
        let environment = ProcessInfo.processInfo.environment
        return environment["XDG_CACHE_HOME"] ?? "\(environment["HOME"] ?? "/root")/.cache"
    }()

    /// The path of a kernel that has been built: of a series, or what is the default.
    static func kernel(series: String? = nil, in scratch: Scratch) throws -> String {
        try run(["kernel", "path"] + (series.map { ["--series", $0] } ?? []), in: scratch.path)
            .output.trimmingCharacters(in: .newlines)
    }

    /// A kernel that is started by hand, client `id` of the calendar at the socket s with an interface at the switch n: the host's
    /// files, and `commands` as a shell's instead of init.
    static func guest(_ id: Int, _ kernel: String, _ commands: String, in scratch: Scratch) throws -> Running
    {
        try scratch.write(
            """
            #!/bin/sh
            mount -t proc none /proc
            ip link set lo up; ip link set eth0 up; ip addr add 10.0.0.\(id)/24 dev eth0
            \(commands)
            """, to: "init\(id)")
        _ = unsafe chmod("\(scratch.path)/init\(id)", 0o755)
        return try Running(
            kernel,
            [
                "mem=64M", "root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro", "con=null",
                "con0=null,fd:1", "umid=g\(id)", "uml_dir=\(scratch.path)/", "mac80211_hwsim.radios=0",
                "init=\(scratch.path)/init\(id)", "time-travel=ext:\(id):s", "virtio_uml.device=n:1",
            ], in: scratch.path)
    }
}

/// A folder that is gone after the test.
final class Scratch {
    let path: String

    init(name: String = "almanac-test") throws {
        path = NSTemporaryDirectory() + "\(name)-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    func write(_ text: String, to name: String) throws {
        try text.write(toFile: "\(path)/\(name)", atomically: true, encoding: .utf8)
    }

    func read(_ name: String) -> String {
        (try? String(contentsOfFile: "\(path)/\(name)", encoding: .utf8)) ?? ""
    }

    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(path)/\(name)") }

    /// The summary of the run in `out/<name>`.
    func summary(_ name: String) throws -> RunSummary {
        try RunSummary.read(read("out/\(name)/summary.json"))
    }

    deinit {
        // A test that failed may have left it in an odd state; what remains is in the temporary folder.
        try? FileManager.default.removeItem(atPath: path)
    }
}

/// Processes of this machine whose working folder is below `folder`.
func processes(below folder: String) -> [Int32] {
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return entries.compactMap(Int32.init).filter { process in
        let link = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/cwd")
        return link?.hasPrefix(folder + "/") == true
    }
}

/// Waits for something to become true, at most a minute of wall-clock time.
func eventually(_ what: String, _ condition: () -> Bool) -> Bool {
    for _ in 0..<6000 {
        if condition() { return true }
        usleep(10_000)
    }
    Issue.record("never happened: \(what)")
    return false
}
