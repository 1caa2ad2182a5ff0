import CClients
import Foundation
import Glibc

/// Whole runs of labs.
extension Bench {
    /// Almanac's time of the peer's, run about; both with start and end of their processes.
    func against(_ row: String, _ lab: String, _ options: [String] = []) throws -> Figures {
        guard let peer else { throw Failure(description: "row \(row) needs --peer") }
        return try paired { try time(["run", lab, "--quiet"] + options) / seconds(peer, [row]) }
    }

    /// A run on the default kernel, of the same on 6.12, which traces its programs.
    func againstFormerKernel(_ lab: String) throws -> Figures {
        let former = try output(Self.almanac, ["kernel", "path", "--series", "6.12"])
        return try paired {
            try time(["run", lab, "--quiet"])
                / time(["run", lab, "--quiet", "--kernel", former, "--guest-mode", "ptrace"])
        }
    }

    func parallel(_ lab: String) throws -> Figures {
        try paired {
            try time(["run", lab, "--quiet", "--jobs", "1"]) / time(["run", lab, "--quiet", "--jobs", "2"])
        }
    }

    /// A run, of the same with an option that leaves something out.
    func whole(_ lab: String, without option: [String], report: Bool = false) throws -> Figures {
        try paired {
            try time(["run", lab, "--quiet"], report: report) / time(["run", lab, "--quiet"] + option)
        }
    }

    /// Wall-clock seconds a simulated second.
    func models(_ count: Int) throws -> Figures {
        let lab = try manyModels(count)
        return try paired { try time(["run", lab, "--quiet"]) / Double(Self.pingSeconds) }
    }

    func modelCost(_ count: Int, against few: Int) throws -> Figures {
        let (many, some) = (try manyModels(count), try manyModels(few))
        return try paired {
            // Several of the small ones, so that starting a process is not what is measured.
            let small = try time(["run", some, "--quiet", "--until", "\(1 + 10 * Self.pingSeconds)s"])
            return try time(["run", many, "--quiet"]) / Double(count) / (small / Double(10 * few))
        }
    }

    /// Wall-clock time, of `limit` seconds.
    func wall(_ lab: String, of limit: Double) throws -> Figures {
        try paired { try time(["run", lab, "--quiet"]) / limit }
    }

    /// Bytes of a run's trace, which are the same each time, of `limit`.
    func traceSize(_ lab: String, of limit: Double) throws -> Figures {
        _ = try time(["run", lab, "--quiet"])
        let trace = try FileManager.default.attributesOfItem(atPath: "\(Self.project)/out/bench/trace.almt")
        var figures = Figures()
        figures.add(((trace[.size] as? NSNumber)?.doubleValue ?? .nan) / limit)
        return figures
    }

    /// What a page costs that a program fills, of `limit` seconds: a run that fills them all, less one that fills one.
    func firstTouch(pages: Int, of limit: Double) throws -> Figures {
        let labs = try [1, pages].map { count in
            let path = "\(Self.project)/out/bench-touch-\(count).yaml"
            let program =
                "import mmap; b = mmap.mmap(-1, \(pages) * 4096, flags=34); b[0:\(count) * 4096:4096] = bytes(\(count))"
            try FileManager.default.createDirectory(
                atPath: "\(Self.project)/out", withIntermediateDirectories: true)
            try "name: touch\nmachines: { m: { memory: 2G, run: ['python3 -c \"\(program)\"'] } }\n"
                .write(toFile: path, atomically: true, encoding: .utf8)
            return path
        }
        return try paired {
            let one = try time(["run", labs[0], "--quiet"])
            return try (time(["run", labs[1], "--quiet"]) - one) / Double(pages - 1) / limit
        }
    }

    private static let pingSeconds = 60

    /// A lab in which each model pings a random other once a second.
    private func manyModels(_ count: Int) throws -> String {
        var text = "name: models-\(count)\nuntil: \(1 + Self.pingSeconds)s\nnetworks:\n"
        text += "  lan: { subnet: 10.0.0.0/16, latency: 5ms }\nmachines:\n"
        var state: UInt64 = 1
        for machine in 0..<count {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let other = Int(state >> 33) % (count - 1)
            let target = other < machine ? other : other + 1
            text += "  p\(machine): { model: { kind: ping, to: p\(target) }, networks: [lan] }\n"
        }
        let path = "\(Self.project)/out/bench-\(count).yaml"
        try FileManager.default.createDirectory(
            atPath: "\(Self.project)/out", withIntermediateDirectories: true)
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    /// The page that a run ends with is drawn only where it is what is measured.
    private func time(_ arguments: [String], report: Bool = false) throws -> Double {
        try seconds(
            Self.almanac,
            arguments + ["--out", "\(Self.project)/out/bench"] + (report ? [] : ["--no-report"]))
    }

    /// The line that a program prints that has to end well.
    func output(_ program: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: "\(program) \(arguments.joined(separator: " ")) failed")
        }
        return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Wall-clock seconds of a program that has to end well.
    private func seconds(_ program: String, _ arguments: [String]) throws -> Double {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        let end = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in end.signal() }
        let begin = DispatchTime.now().uptimeNanoseconds
        try process.run()
        end.wait()
        let time = DispatchTime.now().uptimeNanoseconds - begin
        guard process.terminationStatus == 0 else {
            throw Failure(
                description:
                    "\(program) \(arguments.joined(separator: " ")) ended with \(process.terminationStatus)")
        }
        return Double(time) / 1e9
    }
}
