internal import LabPlan

/// Lab files: small labs with any key, values that are wrong now and then, and bytes that are changed.
final class LabFileWorld: FuzzWorld {
    private static let good = """
        name: good
        networks: { lan: { subnet: 10.1.0.0/24, latency: 2ms } }
        machines:
          a: { networks: [lan], run: [ true ] }
          b: { networks: [lan], model: echo }
        """
    private static let graph =
        "graph [ node [ id 0 ] node [ id 1 ] edge [ source 0 target 1 latency \"2 ms\" ] edge [ source 0 target 0 latency \"1 ms\" ] ]"

    private let expected: LabPlan

    init() throws { expected = try LabFile.parse(Self.good, name: "good.yaml") }

    func run(_ random: inout FuzzRandom) throws -> String {
        var writer = LabText(random)
        var bytes = Array(writer.text().utf8)
        random = writer.random
        if random.oneIn(6) { random.mutate(&bytes) }
        let text = String(decoding: bytes, as: UTF8.self)
        let settings =
            random.oneIn(8)
            ? ["\(random.pick(["machines.a.memory", "until", "networks.lan", "x.y"]))=\(writer.strange())"]
            : []
        let outcome = try read(text, settings)
        // Whatever was read, a good file is read as before.
        if random.oneIn(64), try LabFile.parse(Self.good, name: "good.yaml") != expected {
            throw FuzzFailure("a good file is read as something else")
        }
        return outcome
    }

    private func read(_ text: String, _ settings: [String]) throws -> String {
        let plan: LabPlan
        do throws(LabFileError) {
            plan = try LabFile.parse(text, name: "lab.yaml", settings: settings) { _ in Self.graph }
        } catch {
            return try check(error, text)
        }
        let resolved = plan.yaml
        let again: LabPlan
        do throws(LabFileError) {
            again = try LabFile.parse(resolved, name: "lab.yaml")
        } catch {
            throw FuzzFailure("what a lab is resolved to is refused: \(error)\n\(text)\n---\n\(resolved)")
        }
        guard again == plan else {
            throw FuzzFailure("what a lab is resolved to is another lab:\n\(text)\n---\n\(resolved)")
        }
        return "a plan"
    }

    /// An error says where: a line of the file, or the setting.
    private func check(_ error: LabFileError, _ text: String) throws -> String {
        switch error.place {
        case .option: return try Outcome.of(error, names: "--set")
        case .file(_, let line, let column):
            let lines =
                text.utf8.count { $0 == 10 || $0 == 13 }
                + text.unicodeScalars.count { [0x85, 0x2028, 0x2029].contains($0.value) } + 1
            guard line >= 1, line <= lines + 1, column >= 0 else {
                throw FuzzFailure("'\(error)' names a line that is not there:\n\(text)")
            }
            return try Outcome.of(error, names: "lab.yaml:\(line):")
        }
    }
}

/// Writes the text of a lab.
private struct LabText {
    var random: FuzzRandom
    private var hasGraph = false

    init(_ random: FuzzRandom) { self.random = random }

    private static let oddities = [
        "", "~", "null", "-1", "0", "99999999999999999999", "1e9", "[]", "{}", "[[]]", "&a x", "*a", "*b",
        "'", "\"",
        "!!binary x", "0x10", "٣", "\u{0}", "\u{feff}", "1s", "100%", "1.5.5", "-0", "+1", "1 s",
        "9223372036854775807ns",
        "18446744073709551615", "lan", "a", "b", "[a]", "{a: b}", "? x", "%", "@", "- x", "<<: *a",
        "10.0.0.0/33",
        "255.255.255.255/0", "300h", "1000000000h", "0.0000000001ms", "1Tbit", "a b", "a: b", "|", ">", "...",
        "---", "#",
    ]

    mutating func strange() -> String { random.pick(Self.oddities) }

    /// One of the choices, seldom anything.
    private mutating func one(_ choices: [String]) -> String {
        random.oneIn(60) ? strange() : random.pick(choices)
    }

    private mutating func duration() -> String {
        one(["\(random.next() % 5000)us", "\(random.next() % 50)ms", "\(1 + random.next() % 9)s", "0s"])
    }

    private mutating func percent() -> String { one(["0%", "100%", "2.5%", "\(random.next() % 100)%"]) }

    private mutating func mapping(_ entries: [String]) -> String { "{ \(entries.joined(separator: ", ")) }" }

    /// Some of the entries of a mapping.
    private mutating func some(_ entries: [(String, String)]) -> [String] {
        entries.compactMap { key, value in
            random.oneIn(3) ? "\(random.oneIn(120) ? strange() : key): \(value)" : nil
        }
    }

    private mutating func link() -> [String] {
        some([
            ("jitter", duration()), ("loss", percent()), ("duplicate", percent()), ("corrupt", percent()),
            ("reorder", percent()),
        ])
            + (random.oneIn(3)
                ? [
                    "bandwidth: \(one(["1Mbit", "10kbit", "100Gbit"]))",
                    "queue: \(one(["100 frames", "64K"]))",
                ] : [])
    }

    private mutating func network() -> String {
        var entries =
            link()
            + some([
                ("kind", one(["switch", "hub"])), ("offload", one(["true", "false"])),
                ("overhead", one(["20", "0"])),
            ])
        entries.append("subnet: \(one(["10.0.0.0/24", "10.0.0.0/8", "192.168.7.0/29"]))")
        hasGraph = random.oneIn(8)
        if hasGraph {
            entries = ["subnet: 10.0.0.0/24", "graph: g.gml"]
        } else if random.oneIn(2) {
            entries.append("latency: \(duration())")
        }
        return mapping(entries)
    }

    private mutating func machine(_ name: String) -> String {
        var entries: [String] = []
        switch hasGraph || random.oneIn(60) ? 1 : random.pick([0, 2, 3]) {
        case 0: entries.append("networks: [lan]")
        case 1: entries.append("networks: { lan: { node: \(one(["0", "1"])) } }")
        case 2:
            entries.append(
                "networks: { lan: { mtu: \(one(["1500", "68", "9000"])), out: \(mapping(link())) } }")
        default: entries.append("networks: { lan: { address: \(one(["10.0.0.5", "10.0.0.6"])) } }")
        }
        if name == "b", random.oneIn(2) {
            entries.append(
                "model: \(one(["echo", "sink", "{ kind: ping, to: a }", "{ kind: traffic, to: a, rate: 10 }"]))"
            )
            return mapping(entries)
        }
        entries += some([
            ("memory", one(["64M", "1G", "40960K"])), ("env", mapping(["K: \(one(["v", "w"]))"])),
            ("files", mapping(["/f: \(one(["x", "y"]))"])), ("state", one(["keep", "lost"])),
            ("forward", "true"),
            ("count", one(["2", "1", "3"])),
        ])
        let command = mapping(
            ["command: \(one(["x", "sleep 1"]))"]
                + some([
                    ("expect", one(["0", "3"])), ("at", one(["2s", "1500ms", "9s"])), ("background", "true"),
                ]))
        entries.append("run: [ \(command) ]")
        if random.oneIn(4) {
            entries.append("check: [ { command: c, \(one(["at: 2s", "every: 1s", "eventually: 3s"])) } ]")
        }
        return mapping(entries)
    }

    private mutating func fault() -> String {
        let trigger = one([
            "at: \(1 + random.next() % 9)s", "when: { console: x }", "when: { output: y }, after: 1s",
        ])
        let lasting = random.oneIn(2) ? ", for: \(duration())" : ""
        let what = one([
            "partition: [[a], [b]]\(lasting)", "link: lan/a, down: true\(lasting)",
            "link: lan/b, loss: \(percent())\(lasting)",
            "machine: a, kill: true", "machine: a, kill: true, restart: 1s",
            "machine: a, pause: true, for: 1s",
            "machine: a, clock: +1s", "machine: a, drift: 10ppm\(lasting)",
            "random: { every: 1s..9s, kinds: [kill, loss], for: 1s }",
        ])
        return what.hasPrefix("random") ? "{ \(what) }" : "{ \(trigger), \(what) }"
    }

    mutating func text() -> String {
        var lines = ["name: \(one(["lab", "x"]))", "networks: { lan: \(network()) }", "machines:"]
        lines += ["  a: \(machine("a"))", "  b: \(machine("b"))"]
        lines += some([
            ("seed", one(["1", "7"])), ("until", one(["20s", "100s"])), ("start", "2026-01-01T00:00:00Z"),
            ("capture", "true"),
            ("timeout", "9s"), ("kernel-reports", "false"),
        ])
        if random.oneIn(3) { lines.append("faults: [ \(fault()), \(fault()) ]") }
        if random.oneIn(6) { lines.append("logs: [ { never: x, in: \(one(["console", "all"])) } ]") }
        switch random.below(24) {
        case 0: lines.remove(at: random.below(lines.count))
        case 1: lines.append(random.pick(lines))
        case 2: lines.swapAt(random.below(lines.count), random.below(lines.count))
        case 3: lines.insert(strange(), at: random.below(lines.count))
        default: break
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
