internal import Network

/// Networks whose latencies are in a graph file, as Shadow reads it: interfaces stand at its nodes.
extension LabFile {
    /// Puts what the graphs say into the plan, as if the lab file had said it: paths between machines, bandwidths of
    /// interfaces.
    ///
    /// - Parameter notes: by machine, beside its interfaces.
    static func resolveGraphs(
        _ plan: inout LabPlan, _ drafts: [NetworkDraft], _ notes: [[InterfaceNotes]], _ readFile: FileReader
    ) throws(LabFileError) {
        for (network, draft) in drafts.enumerated() {
            guard let node = draft.keys["graph"] else { continue }
            for key in ["latency", "latencies"] {
                guard let other = draft.keys[key] else { continue }
                throw other.error("\(draft.reader.name) has \(quoted(key)) beside 'graph', which says it")
            }
            let graph = try readGraph(node, readFile)
            let places = try places(plan, network, notes, graph, draft)
            try connect(places, in: network, &plan, graph, node)
            setBandwidths(places, of: network, &plan, notes, graph)
        }
    }

    private static func readGraph(_ reader: NodeReader, _ readFile: FileReader) throws(LabFileError)
        -> NetworkGraph
    {
        let path = try reader.string()
        let text: String
        do throws(TextError) {
            text = try readFile(path)
        } catch {
            throw reader.error("cannot read \(reader.name), \(path): \(error)")
        }
        do throws(GMLError) {
            return try NetworkGraph(gml: text)
        } catch {
            throw reader.error("\(reader.name), \(path): \(error)")
        }
    }

    /// Who stands where: places among the graph's nodes, in the order of the machines.
    private static func places(
        _ plan: LabPlan, _ network: Int, _ notes: [[InterfaceNotes]], _ graph: NetworkGraph,
        _ draft: NetworkDraft
    ) throws(LabFileError) -> [(machine: Int, interface: Int, place: Int)] {
        var places: [(machine: Int, interface: Int, place: Int)] = []
        for (machine, entry) in plan.machines.enumerated() {
            guard let interface = entry.interfaces.firstIndex(where: { $0.network == network }) else {
                continue
            }
            guard let node = notes[machine][interface].node else {
                throw draft.reader.error(
                    "machine \(entry.name) has no 'node' in the graph of \(draft.reader.name): "
                        + "networks: { \(draft.plan.name): { node: 0 } }")
            }
            let id = try node.integer(0...Int.max)
            guard let place = graph.place(of: id) else {
                throw node.error("\(node.name): the graph of \(draft.reader.name) has no node \(id)")
            }
            places.append((machine, interface, place))
        }
        return places
    }

    private static func connect(
        _ places: [(machine: Int, interface: Int, place: Int)], in network: Int, _ plan: inout LabPlan,
        _ graph: NetworkGraph,
        _ node: NodeReader
    ) throws(LabFileError) {
        guard places.count * max(places.count - 1, 0) <= LabLimits.paths else {
            throw node.error("\(node.name): there are more than \(LabLimits.paths) paths between machines")
        }
        var paths: [Int: [PathProfile?]] = [:]
        var found: [MachinePair: PathProfile] = [:]
        for (from, _, source) in places {
            let reached = paths[source] ?? graph.paths(from: source)
            paths[source] = reached
            for (to, _, target) in places where to != from {
                guard let path = reached[target] else {
                    let hint =
                        source == target
                        ? ": machines at one node need an edge from it to itself" : ""
                    throw node.error(
                        "\(node.name): no path leads from machine \(plan.machines[from].name) to "
                            + "\(plan.machines[to].name)\(hint)")
                }
                guard path.latency <= LabLimits.longestDelay else {
                    throw node.error(
                        "\(node.name): from machine \(plan.machines[from].name) to \(plan.machines[to].name) "
                            + "it takes longer than \(DurationText.format(LabLimits.longestDelay))")
                }
                found[MachinePair(from: from, to: to)] = path
            }
        }
        plan.networks[network].paths = found
    }

    /// What the lab file says itself stands.
    private static func setBandwidths(
        _ places: [(machine: Int, interface: Int, place: Int)], of network: Int, _ plan: inout LabPlan,
        _ notes: [[InterfaceNotes]], _ graph: NetworkGraph
    ) {
        for (machine, interface, place) in places {
            let node = graph.nodes[place]
            let given = notes[machine][interface]
            if !given.hasOutBandwidth {
                plan.machines[machine].interfaces[interface].out.bandwidth = node.bandwidthUp
            }
            if !given.hasInBandwidth {
                plan.machines[machine].interfaces[interface].in.bandwidth = node.bandwidthDown
            }
        }
    }
}
