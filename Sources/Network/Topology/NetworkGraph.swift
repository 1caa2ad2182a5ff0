/// A graph of places and what lies between them, as Shadow reads it ("Network Graph Specification", shadow.github.io/docs/guide).
///
/// Machines stand at nodes; the path between two is the shortest by latency.
package struct NetworkGraph: Hashable, Sendable {
    /// Most bytes of a file.
    package static let largestFile = 4 << 20
    package static let mostNodes = 4096
    package static let mostEdges = 1 << 17

    /// A place where machines can be.
    package struct Node: Hashable, Sendable {
        package let id: Int
        package let label: String?
        /// Bits per second out of each machine here.
        package let bandwidthUp: UInt64?
        /// Bits per second into each machine here.
        package let bandwidthDown: UInt64?
    }

    /// What lies between two places.
    package struct Edge: Hashable, Sendable {
        /// Places in `nodes`.
        package let source: Int
        package let target: Int
        package let profile: PathProfile
        /// Only in an undirected graph: both ways.
        package let isBothWays: Bool
    }

    /// In the order of the file.
    package let nodes: [Node]
    package let edges: [Edge]
    /// Node -> place in `nodes`.
    private let places: [Int: Int]

    init(nodes: [Node], edges: [Edge], places: [Int: Int]) {
        self.nodes = nodes
        self.edges = edges
        self.places = places
    }

    /// Where in `nodes` the node with this `id` is; nil when there is none.
    package func place(of id: Int) -> Int? { places[id] }

    /// Shortest paths by latency from one node to all (Dijkstra 1959). Of two that take as long the one with less loss,
    /// then the one over nodes that come first in the file, is taken.
    ///
    /// Latencies add up; losses are independent: 1 - (1 - p1)(1 - p2)..., rounded to the nearest part per billion. The path of a
    /// node to itself is its own edge to itself.
    ///
    /// - Returns: by place in `nodes`; nil where no path leads. O(edges * log(nodes)).
    package func paths(from source: Int) -> [PathProfile?] {
        ShortestPaths(self).from(source)
    }

    /// All of them: [from][to].
    package func allPaths() -> [[PathProfile?]] {
        let shortest = ShortestPaths(self)
        return nodes.indices.map { shortest.from($0) }
    }
}
