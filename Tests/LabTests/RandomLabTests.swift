import Foundation
import LabPlan
import Report
import Testing
import Trace

@testable import Lab

/// Random labs of models: whatever the islands and the jobs, every output, end and counter is the same.
struct RandomLabTests {
    /// A lab as a file, made from a seed.
    private static func text(seed: UInt64) -> String {
        var generator = Xorshift(seed: seed)
        let networks = Int.random(in: 1...3, using: &generator)
        var lines = ["name: random", "seed: \(seed)", "until: 1600ms", "networks:"]
        for network in 0..<networks {
            let latency = ["0s", "300us", "1ms", "2ms", "5ms", "40ms"].randomElement(using: &generator)!
            lines.append("  n\(network): { subnet: 10.\(network).0.0/24, latency: \(latency) }")
        }
        lines.append("machines:")
        // Two at least on each network, so that everybody has a peer.
        let count = Int.random(in: 2 * networks...4 * networks, using: &generator)
        for machine in 0..<count {
            let network = machine % networks
            let peer = (machine + networks * Int.random(in: 1...3, using: &generator)) % count
            let target = peer % networks == network && peer != machine ? peer : nil
            let model: String
            switch (Int.random(in: 0..<4, using: &generator), target) {
            case (0, let peer?):
                let rate = Int.random(in: 1...300, using: &generator)
                model =
                    "{ kind: traffic, to: m\(peer), rate: \(rate), distribution: exponential, carrier: udp, size: 200 }"
            case (1, _): model = "sink"
            case (_, let peer?):
                let interval = ["5ms", "10ms", "100ms", "333ms"].randomElement(using: &generator)!
                model = "{ kind: ping, to: m\(peer), interval: \(interval) }"
            default: model = "echo"
            }
            let second =
                Bool.random(using: &generator) && networks > 1 ? ", n\((network + 1) % networks)" : ""
            lines.append("  m\(machine): { model: \(model), networks: [n\(network)\(second)] }")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// What a run leaves, but for wall-clock times: outcomes and outputs; its trace; the digest of each machine's events in it.
    private struct Leftovers {
        var lines: [String]
        var trace: Data
        var digests: [UInt64]
    }

    private func run(_ plan: LabPlan, jobs: Int, separatesModels: Bool) throws -> Leftovers {
        let folder = NSTemporaryDirectory() + "almanac-random-lab-\(UInt32.random(in: 0 ... .max))"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var options = LabRun.Options(folder: folder, kernel: nil, guestFiles: nil, catchesSignals: false)
        options.jobs = jobs
        options.separatesModels = separatesModels
        let run = try LabRun(plan: plan, options: options)
        try run.launch()
        while try run.step() {}
        run.close()
        let summary = run.summary(toolVersion: "test", kernelVersion: "none")
        var lines = ["\(summary.result) \(summary.virtualNanoseconds)"]
        for machine in summary.machines {
            lines.append("\(machine)")
            let path = "\(folder)/machines/\(machine.name)/1.out"
            lines.append(try String(contentsOfFile: path, encoding: .utf8))
        }
        let path = "\(folder)/\(RunFolder.trace)"
        let reader = try TraceReader(path: path)
        while try reader.next() != nil {}
        return Leftovers(
            lines: lines, trace: try Data(contentsOf: URL(fileURLWithPath: path)),
            digests: try #require(reader.ending).digests)
    }

    @Test(arguments: 0..<200) func islandsAndJobsCannotBeSeen(seed: UInt64) throws {
        let text = Self.text(seed: seed)
        let plan = try LabFile.parse(text, name: "random-\(seed).yaml")
        let one = try run(plan, jobs: 1, separatesModels: false)
        let two = try run(plan, jobs: 2, separatesModels: false)
        #expect(two.lines == one.lines && two.trace == one.trace)
        let apart = try run(plan, jobs: 2, separatesModels: true)
        let place = zip(one.lines, apart.lines).first { $0 != $1 }
        #expect(place == nil, "\(text)")
        #expect(one.lines.first?.contains("passed") == true)
        // Who shares an island is in the header only: each machine's events are the same.
        #expect(apart.digests == one.digests)
        #expect(try run(plan, jobs: 1, separatesModels: true).trace == apart.trace)
    }

    /// A run reaps orphans while it goes on; afterwards nobody in this process would.
    @Test func orphansAreNotTakenOnceARunIsOver() throws {
        _ = try run(
            try LabFile.parse(Self.text(seed: 1), name: "x.yaml"), jobs: 1, separatesModels: false)
        let path = NSTemporaryDirectory() + "almanac-orphan-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        shell.arguments = ["-c", "sleep 100 & echo $! > \(path).new; mv \(path).new \(path)"]
        try shell.run()
        // `waitUntilExit` would wait for the orphan too, which inherits what it waits for.
        while !FileManager.default.fileExists(atPath: path) { usleep(1000) }
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let orphan = try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        defer { kill(orphan, SIGKILL) }
        var status: String
        repeat {
            usleep(1000)
            status = try String(contentsOfFile: "/proc/\(orphan)/status", encoding: .utf8)
        } while status.contains("PPid:\t\(shell.processIdentifier)\n")
        #expect(!status.contains("PPid:\t\(getpid())\n"))
    }
}

private struct Xorshift: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = (seed + 1) &* 0x9e37_79b9_7f4a_7c15 | 1 }

    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 0x2545_f491_4f6c_dd1d
    }
}
