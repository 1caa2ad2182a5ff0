import Testing

@testable import Network

struct NetworkGraphTests {
    /// The example of Shadow's specification, with a second node.
    private static let example = """
        # a comment
        Creator "somebody"
        graph [
          directed 0
          node [
            id 0
            label "node at 1.2.3.4"
            host_bandwidth_down "100 Mbit"
            host_bandwidth_up "20 Mbit"
          ]
          node [ id 7 country_code "US" graphics [ x 1.5 fill "#ff0000" ] ]
          edge [
            source 0
            target 0
            label "path from 1.2.3.4 to 1.2.3.4"
            latency "10 ms"
            jitter "0 ms"
            packet_loss 0.0
          ]
          edge [ source 7 target 0 latency "1.5 ms" packet_loss 1e-2 ]
        ]
        """

    @Test func readsWhatShadowReads() throws {
        let graph = try NetworkGraph(gml: Self.example)
        #expect(graph.nodes.map(\.id) == [0, 7] && graph.place(of: 7) == 1 && graph.place(of: 1) == nil)
        #expect(graph.nodes[0].label == "node at 1.2.3.4")
        #expect(graph.nodes[0].bandwidthUp == 20_000_000 && graph.nodes[0].bandwidthDown == 100_000_000)
        #expect(graph.nodes[1].bandwidthUp == nil)
        let one = PathProfile(latency: 1_500_000, loss: Probability(0.01))
        // Node 7 has no edge to itself.
        #expect(graph.allPaths() == [[PathProfile(latency: 10_000_000), one], [one, nil]])
    }

    @Test func directionsCount() throws {
        let edge = "edge [ source 1 target 2 latency 1 ]"
        func paths(_ directed: Int) throws -> [[PathProfile?]] {
            try NetworkGraph(gml: "graph [ node [ id 1 ] node [ id 2 ] \(edge) directed \(directed) ]")
                .allPaths()
        }
        // Without a unit: seconds.
        let second = PathProfile(latency: 1_000_000_000)
        #expect(try paths(0) == [[nil, second], [second, nil]])
        #expect(try paths(1) == [[nil, second], [nil, nil]])
    }

    /// The better of equal ways: less loss; losses of a way multiply.
    @Test func tiesGoToLessLoss() throws {
        func edge(_ from: Int, _ to: Int, _ latency: Int, _ loss: Double) -> String {
            "edge [ source \(from) target \(to) latency \"\(latency) us\" packet_loss \(loss) ]"
        }
        let nodes = (0..<5).map { "node [ id \($0) ]" }.joined(separator: "\n")
        let edges = [
            edge(0, 1, 5, 0.1), edge(1, 4, 5, 0.1), edge(0, 2, 3, 0.05), edge(2, 4, 7, 0.1),
            edge(0, 4, 10, 0.2),
            edge(0, 3, 1, 0), edge(3, 4, 10, 0),
        ]
        for order in [edges, edges.reversed()] {
            let graph = try NetworkGraph(gml: "graph [\n\(nodes)\n\(order.joined(separator: "\n"))\n]")
            #expect(graph.paths(from: 0)[4] == PathProfile(latency: 10_000, loss: Probability(0.145)))
        }
    }

    /// Against Floyd and Warshall's algorithm, on random graphs with many ties.
    @Test(arguments: [1, anySeed()]) func shortestIsShortest(seed: UInt64) throws {
        var random = SplitMix64(seed: seed, name: "graph")
        for _ in 0..<30 {
            let count = Int(2 + random.next() % 12)
            let isDirected = random.next() % 2 == 0
            var text = "graph [ directed \(isDirected ? 1 : 0)\n"
            for node in 0..<count { text += "node [ id \(node * 3) ]\n" }
            var best = [[(latency: UInt64, passes: Double)?]](
                repeating: Array(repeating: nil, count: count), count: count)
            func offer(_ from: Int, _ to: Int, _ latency: UInt64, _ passes: Double) {
                if let known = best[from][to], (known.latency, -known.passes) <= (latency, -passes) { return }
                best[from][to] = (latency, passes)
            }
            for _ in 0..<count * 2 {
                let (from, to) = (Int(random.next() % UInt64(count)), Int(random.next() % UInt64(count)))
                let (latency, loss) = (1 + random.next() % 4, Double(random.next() % 3) / 4)
                text +=
                    "edge [ source \(from * 3) target \(to * 3) latency \"\(latency) ns\" packet_loss \(loss) ]\n"
                offer(from, to, latency, 1 - loss)
                if !isDirected { offer(to, from, latency, 1 - loss) }
            }
            let loops = (0..<count).map { best[$0][$0] }
            for node in 0..<count { best[node][node] = (0, 1) }
            for middle in 0..<count {
                for from in 0..<count {
                    for to in 0..<count {
                        guard let first = best[from][middle], let second = best[middle][to] else { continue }
                        offer(from, to, first.latency + second.latency, first.passes * second.passes)
                    }
                }
            }
            for node in 0..<count { best[node][node] = loops[node] }
            let paths = try NetworkGraph(gml: text + "]").allPaths()
            for from in 0..<count {
                for to in 0..<count {
                    // Losses in quarters are exact.
                    let expected = best[from][to].map {
                        PathProfile(latency: $0.latency, loss: Probability(1 - $0.passes))
                    }
                    #expect(paths[from][to] == expected, "seed \(seed): \(from) to \(to) in \(text)")
                }
            }
        }
    }

    @Test(arguments: [
        ("", 1, "there is no graph"),
        ("graph [\nnode [ id 0 ]", 1, "the list has no end"),
        ("graph [\nnode [ id 0 ]\n}", 3, "a key, a value or a bracket, not '}'"),
        ("graph [\nnode [ id 0 label \"x\n\n", 2, "the string has no end"),
        ("graph 1", 1, "graph is a list in brackets"),
        ("graph [ ]", 1, "the graph has no node"),
        ("graph [ node [ id 0 ] ]\ngraph [ ]", 2, "there is one graph in a file"),
        ("graph [\n directed 2 ]", 1, "directed is 0 or 1"),
        ("graph [\n directed \"1\" ]", 2, "directed is an integer"),
        ("graph [\n directed ]", 2, "directed has no value"),
        ("graph [\n 5 ]", 2, "a key is expected"),
        ("]", 1, "a key is expected"),
        ("graph [\nnode 3 ]", 2, "node is a list in brackets"),
        ("graph [\nnode [ label \"x\" ] ]", 2, "a node has an id"),
        ("graph [\nnode [ id 1 ]\nnode [ id 1 ] ]", 3, "there are two nodes 1"),
        (
            "graph [\nnode [ id 1\nhost_bandwidth_up \"fast\" ] ]", 3,
            "bandwidth_up is a bandwidth, such as \"100 Mbit\""
        ),
        ("graph [ node [ id 1 ]\nedge [ source 1 ] ]", 2, "an edge has a target"),
        ("graph [ node [ id 1 ]\nedge [ source 1 target 2 ] ]", 2, "there is no node 2"),
        ("graph [ node [ id 1 ]\nedge [ source 1 target 1 ] ]", 2, "an edge has a latency"),
        (
            "graph [ node [ id 1 ]\nedge [ source 1 target 1 latency \"-1 ms\" ] ]", 2,
            "latency is a time, such as \"10 ms\""
        ),
        (
            "graph [ node [ id 1 ]\nedge [ source 1 target 1 latency 1\npacket_loss 1.5 ] ]", 3,
            "packet_loss is from 0 to 1"
        ),
        ("graph [\n" + String(repeating: "a [ ", count: 20), 2, "lists are at most 16 deep"),
    ]) func errorsSayWhere(text: String, line: Int, message: String) {
        #expect(throws: GMLError(line: line, message: message)) { try NetworkGraph(gml: text) }
    }

    @Test func graphsHaveLimits() {
        let nodes = (0...NetworkGraph.mostNodes).map { "node [ id \($0) ]" }.joined(separator: "\n")
        #expect(throws: GMLError(line: 4097, message: "a graph has at most 4096 nodes")) {
            try NetworkGraph(gml: "graph [ \(nodes) ]")
        }
        let large = String(repeating: " ", count: NetworkGraph.largestFile + 1)
        #expect(throws: GMLError(line: 1, message: "a graph is at most 4194304 bytes")) {
            try NetworkGraph(gml: large)
        }
    }

    @Test func quantitiesAreExact() {
        for (text, expected) in [
            ("10 ms", 10_000_000), ("0.1 ms", 100_000), ("1.000000001", 1_000_000_001),
            ("3 seconds", 3_000_000_000),
            ("7us", 7000), ("2 min", 120_000_000_000), ("1 µs", 1000), ("0.0000000019", 1), ("", nil),
            ("ms", nil),
            ("1 parsec", nil), ("1.2.3 s", nil), ("1. s", nil), ("99999999999 h", nil), ("-1 s", nil),
        ] as [(String, UInt64?)] { #expect(GMLQuantity.time(text) == expected, "\(text)") }
        for (text, expected) in [
            ("100 Mbit", 100_000_000), ("1 Gibit", 1 << 30), ("8 KB", 64_000), ("1.5 kilobit", 1500),
            ("12", 12),
            ("2 MiB", 1 << 24), ("1 megabits", 1_000_000), ("1 mibibit", nil), ("1 mebibit", 1 << 20),
            ("fast", nil),
        ] as [(String, UInt64?)] { #expect(GMLQuantity.bandwidth(text) == expected, "\(text)") }
        #expect(GMLQuantity.share("0.01") == Probability(0.01) && GMLQuantity.share("nan") == nil)
        #expect(GMLQuantity.share("-0.1") == nil && GMLQuantity.share("1") == .always)
    }

    /// No bytes make the reader trap.
    @Test(arguments: 0..<20) func nothingTraps(_ seed: UInt64) {
        var random = SplitMix64(seed: seed, name: "gml")
        let whole = Array(Self.example.utf8)
        for _ in 0..<100 {
            var bytes = whole
            for _ in 0..<random.next() % 5 {
                bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            if random.next() % 3 == 0 { bytes.removeLast(Int(random.next() % UInt64(bytes.count))) }
            do throws(GMLError) {
                let graph = try NetworkGraph(gml: String(decoding: bytes, as: UTF8.self))
                #expect(!graph.nodes.isEmpty)
                _ = graph.allPaths()
            } catch {
                #expect(error.line >= 1 && !error.message.isEmpty)
            }
        }
    }
}
