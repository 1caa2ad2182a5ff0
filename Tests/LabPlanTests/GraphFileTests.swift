import LabPlan
import Network
import Testing

/// A network whose latencies are in a graph file.
struct GraphFileTests {
    private static let graph = """
        graph [
          node [ id 0 host_bandwidth_up "10 Mbit" host_bandwidth_down "100 Mbit" ]
          node [ id 7 ]
          node [ id 9 host_bandwidth_up "1 Mbit" ]
          node [ id 10 ]
          edge [ source 0 target 0 latency "1 ms" ]
          edge [ source 0 target 7 latency "10 ms" packet_loss 0.01 ]
          edge [ source 7 target 9 latency "5 ms" packet_loss 0.5 ]
        ]
        """

    private func parse(_ machines: String, network: String = "{ graph: shadow/topology.gml }") throws
        -> LabPlan
    {
        let text = "name: x\nnetworks: { n: \(network) }\nmachines: { z: { run: [x] }, \(machines) }"
        return try LabFile.parse(text, name: "lab.yaml") { (path) throws(TextError) in
            switch path {
            case "shadow/topology.gml": return Self.graph
            case "broken.gml": return "graph [ node [ id 0 ]"
            default: throw TextError("there is no such file")
            }
        }
    }

    private func message(_ machines: String, network: String = "{ graph: shadow/topology.gml }") -> String {
        do {
            _ = try parse(machines, network: network)
            return "accepted"
        } catch { return "\(error)" }
    }

    @Test func theGraphSaysWhatLiesBetweenMachines() throws {
        let plan = try parse(
            """
            a: { networks: { n: { node: 0 } } },
            b: { networks: { n: { node: 7, out: { bandwidth: 5Mbit } } } },
            c: { count: 2, networks: { n: { node: 0, in: { bandwidth: unlimited } } } },
            d: { networks: { n: { node: 9 } } }
            """)
        let paths = plan.networks[0].paths
        #expect(paths.count == 5 * 4)
        #expect(paths[MachinePair(from: 1, to: 3)] == PathProfile(latency: 1_000_000))
        #expect(
            paths[MachinePair(from: 5, to: 1)]
                == PathProfile(latency: 15_000_000, loss: Probability(partsPerBillion: 505_000_000)))
        let interfaces = plan.machines.flatMap(\.interfaces)
        #expect(
            interfaces.map(\.out.bandwidth) == [10_000_000, 5_000_000, 10_000_000, 10_000_000, 1_000_000])
        #expect(interfaces.map(\.in.bandwidth) == [100_000_000, nil, nil, nil, nil])
        #expect(!plan.networks[0].offload)
        // The resolved lab needs the file no more.
        #expect(try LabFile.parse(plan.yaml, name: "resolved.yaml") == plan)
    }

    @Test func mistakes() {
        #expect(
            message("a: { networks: [n] }")
                == "lab.yaml:2:16: machine a has no 'node' in the graph of network n: networks: { n: { node: 0 } }"
        )
        #expect(
            message("a: { networks: { n: { node: 5 } } }")
                == "lab.yaml:3:58: node of n of networks of machine a: the graph of network n has no node 5")
        #expect(
            message("a: { networks: { n: { node: 0 } } }, b: { networks: { n: { node: 10 } } }")
                == "lab.yaml:2:25: graph of network n: no path leads from machine a to b")
        #expect(
            message("a: { count: 2, networks: { n: { node: 7 } } }")
                == "lab.yaml:2:25: graph of network n: no path leads from machine a1 to a2: machines at one node need an edge from it to itself"
        )
        #expect(
            message("a: { networks: { n: { node: 0 } } }", network: "{ graph: other.gml }")
                == "lab.yaml:2:25: cannot read graph of network n, other.gml: there is no such file")
        #expect(
            message("a: { networks: { n: { node: 0 } } }", network: "{ graph: broken.gml }")
                .hasPrefix("lab.yaml:2:25: graph of network n, broken.gml: line 1: "))
    }
}
