/// Dijkstra's algorithm over a graph's edges, with one answer whatever ties there are.
struct ShortestPaths {
    /// An edge from a node.
    private struct Way {
        let target: Int
        let latency: UInt64
        /// Share of frames that pass.
        let passes: Double
    }

    /// How a node is reached: what is least is best.
    private struct Reached: Comparable {
        var latency: UInt64
        var passes: Double
        var node: Int

        /// This order is part of every run hash.
        static func < (a: Reached, b: Reached) -> Bool {
            if a.latency != b.latency { return a.latency < b.latency }
            if a.passes != b.passes { return a.passes > b.passes }
            return a.node < b.node
        }

        func isBetter(than other: Reached) -> Bool {
            latency != other.latency ? latency < other.latency : passes > other.passes
        }
    }

    private var ways: [[Way]]
    private var loops: [PathProfile?]

    init(_ graph: NetworkGraph) {
        ways = Array(repeating: [], count: graph.nodes.count)
        loops = Array(repeating: nil, count: graph.nodes.count)
        for edge in graph.edges {
            guard edge.source != edge.target else {
                let known = loops[edge.source]
                if known.map({ (edge.profile.latency, edge.profile.loss) < ($0.latency, $0.loss) }) ?? true {
                    loops[edge.source] = edge.profile
                }
                continue
            }
            let (latency, passes) = (edge.profile.latency, 1 - edge.profile.loss.value)
            ways[edge.source].append(Way(target: edge.target, latency: latency, passes: passes))
            if edge.isBothWays {
                ways[edge.target].append(Way(target: edge.source, latency: latency, passes: passes))
            }
        }
    }

    func from(_ source: Int) -> [PathProfile?] {
        var best: [Reached?] = Array(repeating: nil, count: ways.count)
        var isDone = Array(repeating: false, count: ways.count)
        var heap = [Reached(latency: 0, passes: 1, node: source)]
        best[source] = heap[0]
        while let next = Self.pop(&heap) {
            guard !isDone[next.node] else { continue }
            isDone[next.node] = true
            for way in ways[next.node] where !isDone[way.target] {
                let (latency, overflow) = next.latency.addingReportingOverflow(way.latency)
                guard !overflow else { continue }
                let reached = Reached(latency: latency, passes: next.passes * way.passes, node: way.target)
                if best[way.target].map({ reached.isBetter(than: $0) }) ?? true {
                    best[way.target] = reached
                    Self.push(reached, &heap)
                }
            }
        }
        var paths = best.map { reached in
            reached.map {
                PathProfile(
                    latency: $0.latency,
                    loss: Probability(partsPerBillion: UInt32((1 - $0.passes) * 1e9 + 0.5)))
            }
        }
        paths[source] = loops[source]
        return paths
    }

    // MARK: A binary heap; equal entries are the same in all that is asked for

    private static func push(_ reached: Reached, _ heap: inout [Reached]) {
        heap.append(reached)
        var index = heap.count - 1
        while index > 0, heap[index] < heap[(index - 1) / 2] {
            heap.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    private static func pop(_ heap: inout [Reached]) -> Reached? {
        guard let first = heap.first else { return nil }
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var index = 0
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2] where child < heap.count && heap[child] < heap[least]
            {
                least = child
            }
            guard least != index else { return first }
            heap.swapAt(index, least)
            index = least
        }
    }
}
