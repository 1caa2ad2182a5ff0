internal import Network

/// Network graphs in GML: small graphs with any key, and with changes.
final class GMLWorld: FuzzWorld {
    private static let good =
        "graph [ directed 0 node [ id 4 ] node [ id 9 ] edge [ source 4 target 9 latency \"3 ms\" packet_loss 0.5 ] ]"

    private let expected: NetworkGraph

    init() throws { expected = try NetworkGraph(gml: Self.good) }

    func run(_ random: inout FuzzRandom) throws -> String {
        var bytes = Array(text(&random).utf8)
        if random.oneIn(3) { random.mutate(&bytes) }
        let text = String(decoding: bytes, as: UTF8.self)
        let outcome = try read(text)
        guard try NetworkGraph(gml: Self.good) == expected else {
            throw FuzzFailure("a good graph is read as something else")
        }
        return outcome
    }

    private func read(_ text: String) throws -> String {
        let graph: NetworkGraph
        do throws(GMLError) {
            graph = try NetworkGraph(gml: text)
        } catch {
            guard error.line >= 1, error.line <= text.utf8.count(where: { $0 == 10 }) + 1 else {
                throw FuzzFailure("'\(error)' names a line that is not there:\n\(text)")
            }
            return try Outcome.of(error, names: "line \(error.line): ")
        }
        return try check(graph)
    }

    private func check(_ graph: NetworkGraph) throws -> String {
        let paths = graph.allPaths()
        guard graph.edges.allSatisfy(\.isBothWays) else { return "a directed graph" }
        for from in paths.indices {
            for to in paths.indices where paths[from][to]?.latency != paths[to][from]?.latency {
                throw FuzzFailure("from \(from) to \(to) it takes another time than back")
            }
        }
        return "a graph"
    }

    private func text(_ random: inout FuzzRandom) -> String {
        func value(_ choices: [String], _ random: inout FuzzRandom) -> String {
            random.oneIn(40)
                ? random.pick([
                    "\"\"", "\"", "[ ]", "]", "-1", "1e400", "nan", "\"-1 ms\"", "\"99999999999999999999 s\"",
                    "0.0.0",
                    "\(random.number())", "\"\(random.number()) ns\"", "\"1.999999999999999999999 h\"", "é",
                    "x", "#",
                ]) : random.pick(choices)
        }
        var lines = ["graph ["]
        if random.oneIn(2) { lines.append("directed \(value(["0", "1"], &random))") }
        let nodes = 1 + random.below(5)
        for node in 0..<nodes {
            let bandwidth =
                random.oneIn(3) ? "host_bandwidth_up \(value(["\"1 Mbit\"", "\"10 Gibit\""], &random))" : ""
            lines.append(
                "node [ id \(value(["\(node)"], &random)) \(bandwidth) label \(value(["\"a\""], &random)) ]")
        }
        for _ in 0..<random.below(8) {
            let ends =
                "source \(value(["\(random.below(nodes))"], &random)) target \(value(["\(random.below(nodes))"], &random))"
            let latency = value(["\"1 ms\"", "\"20 us\"", "\"\(random.next() % 100) ms\"", "2"], &random)
            let loss = random.oneIn(3) ? "packet_loss \(value(["0.0", "0.25", "1"], &random))" : ""
            lines.append("edge [ \(ends) latency \(latency) \(loss) ]")
        }
        if random.oneIn(12) { lines.append("x [ " + String(repeating: "y [ ", count: random.below(20))) }
        lines.append("]")
        if random.oneIn(16) { lines.swapAt(random.below(lines.count), random.below(lines.count)) }
        return lines.joined(separator: random.oneIn(2) ? "\n" : " ")
    }
}
