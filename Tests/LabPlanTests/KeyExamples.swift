@testable import LabPlan

/// Minimal labs around one key: each place of the reference has a template.
enum KeyExamples {
    /// What a lab has beside the key in question. Top-level keys by name.
    static let base = [
        "name": "x", "until": "1h", "networks": "{ lan: { subnet: 10.0.0.0/24 } }",
        "machines":
            "{ m1: { networks: [lan], run: [x] }, m2: { networks: [lan] }, m3: { networks: [lan] } }",
    ]

    static let graph = """
        graph [
          node [ id 0 ] node [ id 3 ]
          edge [ source 0 target 0 latency "1 ms" ] edge [ source 0 target 3 latency "2 ms" ]
          edge [ source 3 target 3 latency "1 ms" ]
        ]
        """

    /// - Parameter keys: instead of those of the base.
    static func lab(_ keys: [String: String]) -> String {
        let all = base.merging(keys) { $1 }
        let order = ["name", "until", "networks", "machines"]
        let rest = all.keys.filter { !order.contains($0) }.sorted()
        return (order + rest).map { "\($0): \(all[$0] ?? "")\n" }.joined()
    }

    /// Every lab in which the key of a table of the reference may stand with this value.
    static func labs(_ place: String, _ key: String, _ value: String) -> [String] {
        guard place == "link" else { return [lab(place, key, value)] }
        var labs: [String] = []
        for place in LinkKey.Place.allCases {
            guard LinkKey.all.contains(where: { $0.name == key && $0.mayStand(at: place) }) else { continue }
            switch place {
            case .network: labs.append(network(key, value))
            case .interface:
                for way in ["out", "in"] {
                    labs.append(machine("networks: { lan: { \(way): \(link(key, value)) } }"))
                }
            case .path: labs.append(lab("path", key, value))
            case .fault:
                labs.append(
                    lab(["faults": "[{ at: 5s, link: lan/m1, \(key): \(value) }]", "networks": shaped]))
            }
        }
        return labs
    }

    private static let shaped = "{ lan: { subnet: 10.0.0.0/24, bandwidth: 10Mbit } }"

    private static func lab(_ place: String, _ key: String, _ value: String) -> String {
        let entry = "\(key): \(value)"
        switch place {
        case "lab":
            return key == "hermetic"
                ? lab([key: value, "machines": "{ m1: { root: tree, run: [x] } }"]) : lab([key: value])
        case "network": return network(key, value)
        case "path":
            let latency = key == "latency" ? "" : "latency: 2ms, "
            return lab([
                "networks":
                    "{ lan: { subnet: 10.0.0.0/24, latencies: { m1: { m2: { \(latency)\(entry) } } } } }"
            ])
        case "machine":
            return key == "model" || key == "networks"
                ? machine(entry + (key == "model" ? ", networks: [lan]" : "")) : machine(entry, isIn: true)
        case "interface":
            guard key == "node" else { return machine("networks: { lan: { \(entry) } }") }
            return onGraph("{ lan: { \(entry) } }")
        case "file":
            let content = key == "mode" ? "content: x, " : ""
            return machine("files: { /etc/x: { \(content)\(entry) } }")
        case "command":
            return machine("run: [{ \(key == "command" ? "" : "command: x, ")\(entry) }]")
        case "limit":
            let other = key == "soft" ? "hard: 5000" : "soft: 5"
            return machine("ulimits: { nofile: { \(entry), \(other) } }")
        case "mount": return machine("mounts: { /x: { \(entry) } }")
        case "health": return machine("health: { \(key == "test" ? "" : "test: x, ")\(entry) }")
        case "check":
            let start =
                ["at", "every", "eventually"].contains(key)
                ? "" : ["from", "until"].contains(key) ? "every: 1s, " : "at: 5s, "
            return machine("check: [{ \(key == "command" ? "" : "command: x, ")\(start)\(entry) }]")
        case "log rule":
            return lab(["logs": "[{ \(["never", "must"].contains(key) ? "" : "never: x, ")\(entry) }]"])
        case "fault": return fault(key, value)
        case "cut":
            let other = key == "from" ? "to: [m2]" : "from: [m1]"
            return lab(["faults": "[{ at: 5s, partition: { \(entry), \(other) } }]"])
        case "event":
            let line = key == "machine" ? "output: x, " : ""
            return lab(["faults": "[{ when: { \(line)\(entry) }, machine: m1, kill: true }]"])
        case "random":
            let required = ["every": "30s", "kinds": "[loss, latency, corrupt, clock]"]
                .filter { $0.key != key }.map { "\($0.key): \($0.value), " }.joined()
            return lab(["faults": "[{ random: { \(required)\(entry) } }]"])
        case "jitter", "reorder":
            let scale = place == "jitter" && key != "scale" ? "scale: 1ms, " : ""
            return network(place, "{ \(scale)\(entry) }")
        case "loss":
            let required = ["model": "gilbert-elliott", "to-bad": "1%", "to-good": "1%"]
                .filter { $0.key != key }.map { "\($0.key): \($0.value), " }.joined()
            return network("loss", "{ \(required)\(entry) }")
        case "queue":
            let discipline = LinkValues.disciplines.first { $0.keys.contains(key) }
            let word = discipline.map { "discipline: \($0.word), " } ?? ""
            return network("queue", "{ \(word)\(entry) }")
        default:
            // A model of some kind.
            let kind = place.dropFirst("model ".count)
            let needed = ["ping": ["to": "m2"], "traffic": ["to": "m2", "rate": "5"]][kind] ?? [:]
            let required = needed.filter { $0.key != key }.map { "\($0.key): \($0.value), " }.joined()
            let head = key == "kind" ? "" : "kind: \(kind), "
            return machine("model: { \(head)\(required)\(entry) }, networks: [lan]")
        }
    }

    private static func network(_ key: String, _ value: String) -> String {
        guard key != "graph" else { return onGraph("{ lan: { node: 0 } }") }
        let subnet = key == "subnet" ? "" : "subnet: 10.0.0.0/24, "
        return lab(["networks": "{ lan: { \(subnet)\(link(key, value).dropFirst(2)) }"])
    }

    /// With the bandwidth that some keys need.
    private static func link(_ key: String, _ value: String) -> String {
        "{ \(["queue", "overhead"].contains(key) ? "bandwidth: 1Mbit, " : "")\(key): \(value) }"
    }

    private static func machine(_ keys: String, isIn: Bool = false) -> String {
        let networks = isIn ? "networks: [lan], " : ""
        return lab([
            "machines":
                "{ m1: { \(networks)\(keys) }, m2: { networks: [lan] }, m3: { networks: [lan], run: [x] } }"
        ])
    }

    private static func onGraph(_ networks: String) -> String {
        lab([
            "networks": "{ lan: { subnet: 10.0.0.0/24, graph: topology.gml } }",
            "machines": "{ m1: { networks: \(networks) }, m2: { networks: { lan: { node: 0 } } } }",
        ])
    }

    private static func fault(_ key: String, _ value: String) -> String {
        let entry = "\(key): \(value)"
        let start =
            ["at", "when", "random"].contains(key) ? "" : key == "after" ? "when: { all: x }, " : "at: 5s, "
        let rest =
            switch key {
            case "at", "when", "after", "for": ", partition: [[m1], [m2]]"
            case "machine": ", kill: true"
            case "pause": ", machine: m1, for: 2s"
            case "restart": ", machine: m1, kill: true"
            case "kill", "clock", "drift": ", machine: m1"
            case "link": ", down: true"
            case "down": ", link: lan/m1"
            case "direction": ", link: lan/m1, loss: 1%"
            default: ""
            }
        return lab(["faults": "[{ \(start)\(entry)\(rest) }]"])
    }

    /// As `almanac check` reads it.
    static func parse(_ text: String) throws(LabFileError) -> LabPlan {
        try LabFile.parse(text, name: "lab.yaml") { (_) throws(TextError) in graph }
    }

    /// What the reader says; nil when it takes the lab.
    static func objection(to text: String) -> String? {
        do throws(LabFileError) {
            _ = try parse(text)
            return nil
        } catch {
            return error.description
        }
    }
}
