import Calendar
import Foundation
import Report
import Trace

/// A trace of a made-up lab of machines on one network, with their consoles.
final class TraceScene {
    static let second: UInt64 = 1_000_000_000
    static let millisecond: UInt64 = 1_000_000
    /// 2026-01-01.
    static let start: UInt64 = 1_767_225_600_000_000_000

    let path: String
    let machines: [String]
    let recorder: TraceRecorder
    private(set) var console: [String: [String]] = [:]
    /// Bytes of files of output, by `machine/file`.
    var outputs: [String: [UInt8]] = [:]
    /// How often a machine's console was read.
    private(set) var consoleReads: [String: Int] = [:]
    private var framesSent: [Int: UInt64] = [:]

    init(
        _ machines: [String], lab: String = "scene", commands: [[String]] = [], checks: [Int] = [],
        latency: UInt64 = millisecond, level: TraceLevel = .full
    ) throws {
        path = FileManager.default.temporaryDirectory.path + "/almanac-scene-\(UUID().uuidString).almt"
        self.machines = machines
        let participants = machines.enumerated().map { index, name in
            TraceHeader.Participant(
                id: UInt32(index + 1), name: name, model: nil, island: index,
                interfaces: [
                    .init(name: "eth0", network: 0, mac: "02:00:00:00:00:01", address: "10.0.0.\(index + 1)")
                ],
                commands: index < commands.count ? commands[index] : [],
                checks: index < checks.count ? checks[index] : nil)
        }
        let header = TraceHeader(
            lab: lab, seed: 7, start: Self.start, level: level, participants: participants,
            networks: [.init(name: "lan", latency: latency)])
        recorder = try TraceRecorder(path: path, header: header, level: level)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    fileprivate func record(
        _ kind: TraceEvent.Kind, _ machine: Int, _ time: UInt64, _ first: UInt64 = 0, _ second: UInt64 = 0,
        _ third: UInt64 = 0
    ) {
        recorder.record(kind, UInt64(machine), at: Instant(nanoseconds: time), first, second, third)
    }

    /// - Parameter machine: its identity, from 1.
    func start(_ machine: Int, at time: UInt64 = 0) { record(.start, machine, time) }

    /// A turn with a free run of `ran` ns.
    func turn(_ machine: Int, at time: UInt64, ran: UInt64 = 0) {
        record(.run, machine, time, ran)
        record(.wait, machine, time, ran, 0)
    }

    /// Sends a frame. A machine's frames must be sent in the order of time, because they are numbered.
    ///
    /// - Returns: its number.
    @discardableResult
    func send(_ machine: Int, at time: UInt64, bytes: UInt64 = 98) -> UInt64 {
        framesSent[machine, default: 0] += 1
        record(.send, machine, time, 1, bytes, 0)
        return framesSent[machine] ?? 0
    }

    func deliver(_ machine: Int, from sender: Int, _ number: UInt64, at time: UInt64) {
        record(.deliver, machine, time, 1, UInt64(sender), number)
    }

    func drop(_ machine: Int, from sender: Int, _ number: UInt64, at time: UInt64, _ reason: String) {
        recorder.record(
            .drop, UInt64(machine), at: Instant(nanoseconds: time), text: reason,
            .init(1, UInt64(sender), number))
    }

    /// A frame that arrives.
    func frame(_ sender: Int, to receiver: Int, at time: UInt64, after latency: UInt64 = millisecond) {
        deliver(receiver, from: sender, send(sender, at: time), at: time + latency)
    }

    func line(_ machine: Int, at time: UInt64, _ text: String) {
        console[machines[machine - 1], default: []].append(text)
        let bytes = Array(text.utf8)
        record(.console, machine, time, UInt64(bytes.count), TraceHash.of(bytes))
    }

    /// Output of a command, by its number in the trace.
    func output(_ machine: Int, _ number: UInt64, at time: UInt64, _ text: String, file: String? = nil) {
        let bytes = Array(text.utf8)
        outputs["\(machines[machine - 1])/\(file ?? "\(number).out")", default: []] += bytes
        record(.output, machine, time, number, UInt64(bytes.count), TraceHash.of(bytes))
    }

    private func open(_ machine: String, _ file: String) -> TimelineFiles.Part {
        let bytes = outputs["\(machine)/\(file)"] ?? []
        return { offset, count in Array(bytes.dropFirst(Int(offset)).prefix(count)) }
    }

    func event(_ kind: TraceEvent.Kind, _ machine: Int, at time: UInt64, _ text: String = "") {
        if text.isEmpty {
            record(kind, machine, time)
        } else {
            recorder.record(kind, UInt64(machine), at: Instant(nanoseconds: time), text: text)
        }
    }

    func command(_ machine: Int, _ number: UInt64, from start: UInt64, to end: UInt64?, status: UInt64 = 0) {
        record(.commandStart, machine, start, number)
        if let end { record(.commandEnd, machine, end, number, status) }
    }

    private func lines(_ name: String) -> [String] {
        consoleReads[name, default: 0] += 1
        return console[name] ?? []
    }

    /// The page's data; the trace is finished first unless `isFinished` is false.
    func data(
        limits: TimelineLimits = TimelineLimits(), summary: RunSummary? = nil, isFinished: Bool = true
    ) throws -> TimelineData {
        if isFinished { recorder.finish() } else { recorder.sync() }
        return try TimelineData(
            trace: path, summary: summary, limits: limits, files: .init(console: lines, open: open))
    }

    /// The page.
    func page(
        summary: RunSummary? = nil, isFinished: Bool = true,
        output: @escaping (String) -> [String] = { _ in [] }
    ) throws -> String {
        if isFinished { recorder.finish() } else { recorder.sync() }
        return try TimelineReport.html(
            trace: path, summary: summary,
            files: .init(console: lines, lastLines: output, open: open))
    }
}

extension TraceScene {
    /// Two machines; one pings the other each second, like `Examples/ping.yaml`. Every `lossPeriod`-th reply is lost.
    static func ping(seconds: Int = 1000, lossPeriod: Int = .max) throws -> TraceScene {
        let scene = try TraceScene(["m1", "m2"], lab: "ping", commands: [["ping -c \(seconds) m2"], []])
        for machine in 1...2 { scene.boot(machine) }
        let end = UInt64(seconds + 1) * second
        scene.command(1, 1, from: second, to: end - 500 * millisecond)
        for step in 0..<seconds {
            let time = UInt64(step + 1) * second + 37
            scene.turn(1, at: time, ran: 2 * millisecond)
            scene.frame(1, to: 2, at: time)
            scene.turn(2, at: time + millisecond, ran: 200 * millisecond)
            if (step + 1).isMultiple(of: lossPeriod) {
                let number = scene.send(2, at: time + millisecond)
                scene.drop(1, from: 2, number, at: time + 2 * millisecond, "lost: 1 in \(lossPeriod)")
            } else {
                scene.frame(2, to: 1, at: time + millisecond)
            }
            scene.turn(1, at: time + 2 * millisecond, ran: 700 * millisecond)
        }
        for machine in 1...2 { scene.event(.end, machine, at: end, "powered off") }
        return scene
    }

    /// A ring of machines; each pings the next.
    static func ring(_ count: Int, seconds: Int = 20) throws -> TraceScene {
        let names = (1...count).map { "m\($0)" }
        let commands = (1...count).map { ["ping -c \(seconds) m\($0 % count + 1)"] }
        let scene = try TraceScene(names, lab: "ring", commands: commands)
        let end = UInt64(seconds + 1) * second
        for machine in 1...count {
            scene.boot(machine)
            let offset = UInt64(machine) * 3 * millisecond
            scene.command(machine, 1, from: second + offset, to: end - millisecond)
        }
        // In the order of time, because frames are numbered.
        for step in 0..<seconds {
            for machine in 1...count {
                let time = UInt64(step + 1) * second + UInt64(machine) * 3 * millisecond
                let next = machine % count + 1
                scene.turn(machine, at: time, ran: 2 * millisecond)
                scene.frame(machine, to: next, at: time)
                scene.turn(next, at: time + millisecond, ran: 100_000)
                scene.frame(next, to: machine, at: time + millisecond)
                scene.turn(machine, at: time + 2 * millisecond, ran: 600 * millisecond)
            }
        }
        for machine in 1...count { scene.event(.end, machine, at: end, "powered off") }
        return scene
    }

    /// From 0 s to 0.9 s: some turns and the lines of a kernel.
    private func boot(_ machine: Int) {
        start(machine)
        for line in 0..<40 {
            let time = UInt64(line) * 20 * Self.millisecond
            self.line(machine, at: time, "[    0.\(100000 + line * 20000)] driver \(line): probed")
            turn(machine, at: time, ran: 9 * Self.millisecond)
        }
        event(.up, machine, at: 900 * Self.millisecond)
    }
}

extension TraceScene {
    /// A fault of the schedule, with the lab's text.
    func fault(_ text: String, at time: UInt64) { event(.fault, 0, at: time, text) }

    /// Three machines for a minute. A partition from 5 s to 10 s, b paused from 20 s to 23 s, c killed at 25 s and up again
    /// from 30 s, a's clock set at 40 s, loss from 50 s on. a's check runs each second and fails in the partition.
    static func faulty(from start: UInt64 = 0) throws -> TraceScene {
        let scene = try TraceScene(
            ["a", "b", "c"], commands: [["ping c", "./healthy"], [], ["serve"]], checks: [1])
        for machine in 1...3 { scene.start(machine, at: start) }
        func at(_ seconds: UInt64, _ extra: UInt64 = 0) -> UInt64 { start + seconds * second + extra }
        scene.record(.commandStart, 1, at(1), 1)
        scene.record(.commandStart, 3, at(1), 1)
        for step: UInt64 in 2..<60 {
            switch step {
            case 5: scene.fault("partition a b | c", at: at(step))
            case 10: scene.fault("partition a b | c is over", at: at(step))
            case 20: scene.fault("b is paused", at: at(step))
            case 23: scene.fault("b is paused is over", at: at(step))
            case 25:
                scene.fault("c is killed", at: at(step))
                scene.event(.end, 3, at: at(step), "killed by a fault")
            case 30:
                scene.fault("c boots again", at: at(step))
                scene.start(3, at: at(step))
            case 31: scene.record(.commandStart, 3, at(step), 1)
            case 40: scene.fault("a: clock +3s", at: at(step))
            case 50: scene.fault("lan/b: loss 20%", at: at(step))
            default: break
            }
            let isCut = (5..<10).contains(step)
            scene.record(.commandStart, 1, at(step, 1), 2)
            let number = scene.send(1, at: at(step, 2))
            if isCut {
                scene.drop(1, from: 1, number, at: at(step, 2), "cut off")
            } else {
                scene.deliver(2, from: 1, number, at: at(step, 3))
            }
            scene.record(.commandEnd, 1, at(step, 20 * millisecond), 2, isCut ? 1 : 0)
            if step == 5 {
                scene.event(
                    .problem, 1, at: at(step, 20 * millisecond),
                    "check 1 failed: ./healthy: exit status 1, not 0")
            }
        }
        for machine in 1...3 { scene.event(.end, machine, at: at(60), "powered off") }
        return scene
    }

    /// The summary of that run.
    static func faultySummary() -> RunSummary {
        var summary = RunSummary(
            name: "faulty", seed: 7, kernel: nil, result: .failed, virtualNanoseconds: 60 * second,
            wallNanoseconds: 5, toolVersion: "0", machines: [])
        summary.verdicts = [
            VerdictSummary(
                .check, machine: "a", name: "./healthy", passed: false,
                reason: "exit status 1, not 0; 5 of 58 runs failed",
                nanoseconds: 5 * second + 20 * millisecond,
                expected: 0, runs: 58),
            VerdictSummary(.log, name: "never panic", passed: true),
        ]
        return summary
    }
}
