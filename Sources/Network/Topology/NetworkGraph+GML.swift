extension NetworkGraph {
    /// Reads GML as Shadow does. Keys without meaning here (`label`, `jitter`, `country_code`, unknown ones) are ignored
    /// with their values; `bandwidth_up` is what older versions called `host_bandwidth_up`.
    package init(gml text: String) throws(GMLError) {
        guard text.utf8.count <= Self.largestFile else {
            throw GMLError(line: 1, message: "a graph is at most \(Self.largestFile) bytes")
        }
        var tokens = GMLTokenizer(text)
        var graph: GMLRecord?
        while let token = try tokens.next() {
            guard case .key(let key) = token else {
                throw GMLError(line: tokens.line, message: "a key is expected")
            }
            let line = tokens.line
            let value = try GMLRecord.value(of: key, &tokens, depth: 0)
            guard key == "graph" else { continue }
            guard case .record(let record) = value else {
                throw GMLError(line: line, message: "graph is a list in brackets")
            }
            guard graph == nil else { throw GMLError(line: line, message: "there is one graph in a file") }
            graph = record
        }
        guard let graph else { throw GMLError(line: tokens.line, message: "there is no graph") }
        try self.init(graph)
    }

    private init(_ graph: GMLRecord) throws(GMLError) {
        let directed = try graph.integer("directed") ?? 0
        guard directed == 0 || directed == 1 else {
            throw GMLError(line: graph.line, message: "directed is 0 or 1")
        }
        var nodes: [Node] = []
        var places: [Int: Int] = [:]
        for record in try graph.records("node") {
            let id = try record.required(record.integer("id"), "a node has an id")
            guard places.updateValue(nodes.count, forKey: id) == nil else {
                throw GMLError(line: record.line, message: "there are two nodes \(id)")
            }
            nodes.append(
                Node(
                    id: id, label: record.text("label"), bandwidthUp: try record.bandwidth("bandwidth_up"),
                    bandwidthDown: try record.bandwidth("bandwidth_down")))
            guard nodes.count <= Self.mostNodes else {
                throw GMLError(line: record.line, message: "a graph has at most \(Self.mostNodes) nodes")
            }
        }
        guard !nodes.isEmpty else { throw GMLError(line: graph.line, message: "the graph has no node") }
        var edges: [Edge] = []
        for record in try graph.records("edge") {
            func place(_ key: String) throws(GMLError) -> Int {
                let id = try record.required(record.integer(key), "an edge has a \(key)")
                guard let place = places[id] else {
                    throw GMLError(line: record.line, message: "there is no node \(id)")
                }
                return place
            }
            let (source, target) = (try place("source"), try place("target"))
            edges.append(
                Edge(source: source, target: target, profile: try record.path(), isBothWays: directed == 0))
            guard edges.count <= Self.mostEdges else {
                throw GMLError(line: record.line, message: "a graph has at most \(Self.mostEdges) edges")
            }
        }
        self.init(nodes: nodes, edges: edges, places: places)
    }
}

/// A list in brackets.
private struct GMLRecord {
    enum Value {
        case number(String)
        case string(String)
        case record(GMLRecord)

        /// As it is written, without quotes.
        var text: String? {
            switch self {
            case .number(let text), .string(let text): text
            case .record: nil
            }
        }
    }

    /// Where it begins.
    let line: Int
    private var fields: [(key: String, value: Value, line: Int)] = []

    private static let deepest = 16

    private init(line: Int) { self.line = line }

    /// The value that follows a key.
    static func value(of key: String, _ tokens: inout GMLTokenizer, depth: Int) throws(GMLError) -> Value {
        switch try tokens.next() {
        case .number(let text): return .number(text)
        case .string(let text): return .string(text)
        case .open:
            guard depth < deepest else {
                throw GMLError(line: tokens.line, message: "lists are at most \(deepest) deep")
            }
            return .record(try record(&tokens, depth: depth + 1))
        default: throw GMLError(line: tokens.line, message: "\(key) has no value")
        }
    }

    private static func record(_ tokens: inout GMLTokenizer, depth: Int) throws(GMLError) -> GMLRecord {
        var record = GMLRecord(line: tokens.line)
        while let token = try tokens.next() {
            switch token {
            case .close: return record
            case .key(let key):
                let line = tokens.line
                record.fields.append((key, try value(of: key, &tokens, depth: depth), line))
            default: throw GMLError(line: tokens.line, message: "a key is expected")
            }
        }
        throw GMLError(line: record.line, message: "the list has no end")
    }

    private func field(_ key: String) -> (value: Value, line: Int)? {
        fields.last { $0.key == key }.map { ($0.value, $0.line) }
    }

    func required<Value>(_ value: Value?, _ message: String) throws(GMLError) -> Value {
        guard let value else { throw GMLError(line: line, message: message) }
        return value
    }

    func text(_ key: String) -> String? { field(key)?.value.text }

    func integer(_ key: String) throws(GMLError) -> Int? {
        guard let field = field(key) else { return nil }
        guard case .number(let text) = field.value, let number = Int(text) else {
            throw GMLError(line: field.line, message: "\(key) is an integer")
        }
        return number
    }

    func records(_ key: String) throws(GMLError) -> [GMLRecord] {
        var records: [GMLRecord] = []
        for field in fields where field.key == key {
            guard case .record(let record) = field.value else {
                throw GMLError(line: field.line, message: "\(key) is a list in brackets")
            }
            records.append(record)
        }
        return records
    }

    /// Bits per second.
    func bandwidth(_ key: String) throws(GMLError) -> UInt64? {
        guard let field = field("host_\(key)") ?? field(key) else { return nil }
        guard let bandwidth = field.value.text.flatMap(GMLQuantity.bandwidth),
            LinkProfile.bandwidths.contains(bandwidth)
        else {
            throw GMLError(line: field.line, message: "\(key) is a bandwidth, such as \"100 Mbit\"")
        }
        return bandwidth
    }

    func path() throws(GMLError) -> PathProfile {
        let latency = try required(field("latency"), "an edge has a latency")
        guard let time = latency.value.text.flatMap(GMLQuantity.time), time <= LinkProfile.longestTime else {
            throw GMLError(line: latency.line, message: "latency is a time, such as \"10 ms\"")
        }
        guard let loss = field("packet_loss") else { return PathProfile(latency: time) }
        guard let share = loss.value.text.flatMap(GMLQuantity.share) else {
            throw GMLError(line: loss.line, message: "packet_loss is from 0 to 1")
        }
        return PathProfile(latency: time, loss: share)
    }
}
