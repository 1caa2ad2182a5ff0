import Foundation
import Testing

@testable import LabPlan

/// Random lab files with everything in them: what a lab is resolved to is read as the same lab.
struct RandomFileTests {
    @Test(arguments: 0..<100) func resolvedLabsReadAgain(seed: UInt64) throws {
        var writer = RandomFile(seed: seed)
        let text = writer.text()
        let plan: LabPlan
        do { plan = try LabFile.parse(text, name: "random") } catch {
            Issue.record("seed \(seed): \(error)\n\(text)")
            return
        }
        let resolved = plan.yaml
        let again = try LabFile.parse(resolved, name: "again")
        #expect(again == plan, "seed \(seed)\n\(resolved)")
        #expect(again.yaml == resolved, "seed \(seed)")
    }
}

/// Writes a lab file with any key in it.
private struct RandomFile {
    private static let strange = [
        "a b", "quo\"te", "back\\slash", "tab\there", "- dash", "#hash", "ümlaut 日本", "a: b", "~", "0x1f",
        "null",
    ]
    private static let networks = ["lan", "n", "null"]

    private var state: UInt64

    init(seed: UInt64) { state = seed &+ 99 }

    private mutating func below(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % bound
    }

    private mutating func flip() -> Bool { below(2) == 0 }

    private mutating func one(_ choices: [String]) -> String { choices[below(choices.count)] }

    private mutating func some(_ entries: [String]) -> [String] { entries.filter { _ in flip() } }

    private mutating func quoted() -> String {
        let data = (try? JSONEncoder().encode(one(Self.strange))) ?? Data()
        return String(decoding: data, as: UTF8.self).replacingOccurrences(of: "\\/", with: "/")
    }

    private mutating func percent() -> String { one(["0%", "100%", "\(below(100)).\(below(10_000_000))%"]) }

    private mutating func duration() -> String { "\(1 + below(99_999))\(one(["ns", "us", "ms"]))" }

    private mutating func queue() -> String {
        let limit = one(["\(100 + below(900)) frames", "\(100 + below(900))K", "\(1001 + below(900)) bytes"])
        let discipline = one([
            "drop-tail", "red", "red, probability: \(percent()), weight-shift: \(below(31))", "codel",
            "codel, target: \(duration()), interval: \(duration())",
        ])
        return one([limit, "{ limit: \(limit), discipline: \(discipline) }"])
    }

    /// What both a network and a fault may say.
    private mutating func shaping() -> [String] {
        let loss = one([
            percent(),
            "{ model: gilbert-elliott, to-bad: \(percent()), to-good: \(percent()), loss-in-bad: \(percent()), loss-in-good: \(percent()) }",
        ])
        let jitter = one([
            duration(),
            "{ distribution: \(one(["uniform", "normal", "exponential", "pareto"])), scale: \(duration()) }",
        ])
        let reorder = one([percent(), "{ share: \(percent()), by: \(duration()), jitter: \(flip()) }"])
        return some([
            "jitter: \(jitter)", "loss: \(loss)", "duplicate: \(percent())", "corrupt: \(percent())",
            "reorder: \(reorder)",
            "queue: \(queue())",
        ]) + ["bandwidth: \(1 + below(1000))\(one(["bit", "kbit", "Mbit", "Gbit", "Tbit"]))"]
    }

    private mutating func network(_ index: Int) -> String {
        var keys = shaping() + ["subnet: 10.\(index).0.0/16", "kind: \(one(["switch", "hub"]))"]
        keys += some([
            "latency: \(duration())", "offload: \(flip())", "capture: \(flip())", "overhead: \(below(100))",
            "latencies: { m: { m: \(duration()) }, solo: { m1: \(duration()), model: { latency: \(duration()), loss: \(percent()) } }, m2: { solo: \(duration()) } }",
        ])
        return keys.joined(separator: ", ")
    }

    private mutating func interfaces() -> String {
        Self.networks.map { name in
            var keys = some([
                "mtu: \(68 + below(2000))",
                "out: { \((shaping() + ["latency: \(duration())"]).joined(separator: ", ")) }",
            ])
            keys += some(["in: { \(shaping().joined(separator: ", ")) }", "in: { loss: \(percent()) }"])
                .prefix(1)
            return "\(name): { \(keys.joined(separator: ", ")) }"
        }.joined(separator: ", ")
    }

    private mutating func machine() -> [String] {
        let check = one([
            "at: \(2 + below(9))s", "every: \(1 + below(9))s", "every: 1s, from: 2s, until: 9s",
            "eventually: \(duration())",
            "eventually: 9s, every: \(duration())",
        ])
        return [
            "networks: { \(interfaces()) }", "env: { V: \(quoted()) }", "files: { /f: \(quoted()) }",
            "state: \(one(["keep", "lost"]))",
            "run: [ { command: \(quoted()), expect: \(below(256)), background: \(flip()) } ]",
            "check: [ { command: \(quoted()), expect: \(below(256)), \(check) } ]",
        ]
    }

    private mutating func fault() -> String {
        let lasting = flip() ? ", for: \(duration())" : ""
        let what = one([
            "partition: [[m], [solo, model]]\(lasting)",
            "partition: { from: [solo], to: [m2, m1] }\(lasting)",
            "link: \(one(Self.networks))/\(one(["m1", "solo", "model"])), \(shaping().joined(separator: ", ")), direction: \(one(["in", "out", "both"]))\(lasting)",
            "link: lan/solo, down: true\(lasting)", "machine: m1, kill: true",
            "machine: solo, kill: true, restart: \(duration())",
            "machine: m2, pause: true, for: \(duration())",
            "machine: m2, clock: \(one(["+", "-"]))\(duration())",
            "machine: m2, drift: \(one(["", "+", "-"]))\(1 + below(1000))\(one(["ppm", "ppb"]))\(lasting)",
        ])
        let trigger =
            one(["", "machine: m1, "]) + one(["output", "console", "all"]) + ": "
            + one(["'a\\d+'", "x", "'quo\"te'"])
        return one([
            "at: \(1000 + below(9000))ms", "when: { \(trigger) }",
            "when: { \(trigger) }, after: \(duration())",
        ]) + ", " + what
    }

    mutating func text() -> String {
        var lines = ["name: r", "seed: \(below(1000))", "until: \(20 + below(500))s", "networks:"]
        for (index, name) in Self.networks.enumerated() { lines.append("  \(name): { \(network(index)) }") }
        lines.append("machines:")
        for (name, count) in [("m", "count: 2"), ("solo", "forward: true")] {
            lines += ["  \(name):", "    \(count)"] + machine().map { "    \($0)" }
        }
        lines.append("  model: { networks: [lan, n, \"null\"], model: echo }")
        lines += [
            "faults:", "  - { at: 1s, machine: m2, kill: true }",
            "  - { at: 2s, machine: m2, restart: true }",
        ]
        for _ in 0..<below(6) { lines.append("  - { \(fault()) }") }
        lines.append(
            "  - random: { every: 1s..9s, kinds: [partition, kill, down, loss, clock, corrupt, latency], for: 1s }"
        )
        lines += [
            "logs:", "  - { never: 'x+', in: \(one(["console", "output", "all"])) }",
            "  - { must: y, machines: [m, solo] }",
        ]
        lines.append("kernel-reports: \(flip())")
        return lines.joined(separator: "\n") + "\n"
    }
}
