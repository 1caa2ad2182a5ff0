internal import Network
internal import Yams

/// Turns a compose file (Compose Specification) into a lab file. One service is one machine with a kernel of its own.
///
/// What comes out is made of the compose file's own values, with their places, so what the lab's reader finds wrong is named where it
/// stands in the compose file.
struct ComposeFile {
    /// What a compose file needs from outside.
    struct Surroundings {
        /// Name of the lab where the file does not say.
        var name: String
        /// Of the environment and the file `.env`.
        var variables: [String: String]
        var readFile: LabFile.FileReader
    }

    let surroundings: Surroundings
    let context: NodeReader.Context
    /// How machines, networks and volumes of the lab are called, by what they are called here.
    private var networks: [(name: String, lab: String, node: Node)] = []

    static func isOne(_ root: Node) -> Bool {
        guard let mapping = root.mapping else { return false }
        return mapping["services"] != nil && mapping["machines"] == nil
    }

    /// The lab.
    static func lab(_ root: Node, _ context: NodeReader.Context, _ surroundings: Surroundings)
        throws(LabFileError) -> Node
    {
        var file = ComposeFile(surroundings: surroundings, context: context)
        return try file.convert(root)
    }

    private init(surroundings: Surroundings, context: NodeReader.Context) {
        self.surroundings = surroundings
        self.context = context
    }

    private mutating func convert(_ root: Node) throws(LabFileError) -> Node {
        let expanded = try expand(root, isKept: false)
        let reader = NodeReader(node: expanded, name: "the compose file", path: [], context: context)
        let keys = try reader.keys(Self.table("compose file", Self.topKeys))
        var lab: [(Node, Node)] = []
        let own = try keys["x-almanac"]?.entries() ?? []
        let images = try own.first { $0.key == "images" }?.value.string() ?? "images"
        let profiles = try self.profiles(own)
        let name = try keys["name"]?.string() ?? surroundings.name
        lab.append((Node("name"), Node(name)))
        for (key, value) in own where key != "images" && key != "profiles" && key != "networks" {
            lab.append((Node(key, Tag(.str), .any), value.node))
        }
        for key in ["configs", "secrets"] {
            if let node = keys[key] { throw node.error("\(key) are not supported: bind a file in 'volumes'") }
        }
        guard let services = keys["services"] else { throw reader.error("the file has no services") }
        var chosen: [(key: String, value: NodeReader)] = []
        for (key, value) in try services.entries() {
            let wanted = try value.isMapping ? Self.profiles(of: value) : []
            if wanted.isEmpty || !profiles.isDisjoint(with: wanted) { chosen.append((key, value)) }
        }
        let volumes = try SharedVolumes(chosen, declared: keys["volumes"])
        try readNetworks(keys["networks"], chosen)
        var machines: [(Node, Node)] = []
        var names: [String: String] = [:]
        for (key, value) in chosen {
            let machine = ComposeText.hostName(key)
            if let other = names.updateValue(key, forKey: machine) {
                throw value.errorAtKey("\(quoted(key)) and \(quoted(other)) would both be machine \(machine)")
            }
            let service = ComposeService(
                name: key, reader: value.named("service \(Excerpt.of(key))"), images: images,
                networks: networks,
                volumes: volumes, surroundings: surroundings, context: context)
            machines.append((Self.key(machine, value), try service.machine()))
        }
        if !networks.isEmpty {
            lab.append((Node("networks"), .mapping(.init(networks.map { (Node($0.lab), $0.node) }))))
        }
        lab.append((Node("machines"), .mapping(.init(machines, .implicit, .any, services.node.mark))))
        return .mapping(.init(lab, .implicit, .block, expanded.mark))
    }

    /// A key where the author has put it.
    static func key(_ text: String, _ value: NodeReader) -> Node {
        .scalar(.init(text, Tag(.str), .any, value.keyMark))
    }

    private static let topKeys = [
        "version", "name", "services", "networks", "volumes", "configs", "secrets", "x-almanac",
    ]

    static func table(_ place: String, _ keys: [String]) -> KeyTable {
        KeyTable(place, keys.map { Key($0, .text, "", default: "", example: "") })
    }

    // MARK: Profiles

    private func profiles(_ own: [(key: String, value: NodeReader)]) throws(LabFileError) -> Set<String> {
        var names = Set(
            (surroundings.variables["COMPOSE_PROFILES"] ?? "").split(separator: ",").map(String.init))
        for element in try own.first(where: { $0.key == "profiles" })?.value.elements() ?? [] {
            names.insert(try element.string())
        }
        return names
    }

    private static func profiles(of service: NodeReader) throws(LabFileError) -> [String] {
        var names: [String] = []
        for entry in try service.entries() where entry.key == "profiles" {
            for element in try entry.value.elements() { names.append(try element.string()) }
        }
        return names
    }

    // MARK: Values

    /// Merges `<<`, leaves out keys that begin with `x-`, and replaces variables.
    ///
    /// - Parameter isKept: everything below is kept as it is, but for variables.
    private func expand(_ node: Node, isKept: Bool) throws(LabFileError) -> Node {
        switch node {
        case .scalar(var scalar):
            do throws(TextError) {
                scalar.string = try ComposeText.interpolate(scalar.string, surroundings.variables)
            } catch {
                throw NodeReader(node: node, name: "", path: [], context: context).error(error.description)
            }
            return .scalar(scalar)
        case .sequence(let sequence):
            var nodes: [Node] = []
            for element in sequence { nodes.append(try expand(element, isKept: isKept)) }
            return .sequence(.init(nodes, sequence.tag, sequence.style, sequence.mark))
        case .mapping(let mapping):
            var pairs: [(Node, Node)] = []
            for (key, value) in try merged(mapping) {
                let text = key.string ?? ""
                guard isKept || !text.hasPrefix("x-") || text == "x-almanac" else { continue }
                pairs.append((key, try expand(value, isKept: isKept || text == "x-almanac")))
            }
            return .mapping(.init(pairs, mapping.tag, mapping.style, mapping.mark))
        case .alias: return node
        }
    }

    /// The entries of a mapping, those of `<<` behind its own and only where it has no such key (YAML 1.1, merge key).
    private func merged(_ mapping: Node.Mapping) throws(LabFileError) -> [(Node, Node)] {
        var pairs = mapping.filter { $0.key.string != "<<" }.map { ($0.key, $0.value) }
        for (key, value) in mapping where key.string == "<<" {
            for source in value.sequence.map(Array.init) ?? [value] {
                guard let other = source.mapping else {
                    throw NodeReader(node: source, name: "", path: [], context: context)
                        .error("'<<' takes a mapping, or a list of mappings")
                }
                for (inner, content) in try merged(other)
                where !pairs.contains(where: { $0.0.string == inner.string }) {
                    pairs.append((inner, content))
                }
            }
        }
        return pairs
    }

    // MARK: Networks

    private static let networkKeys = [
        "name", "driver", "internal", "attachable", "labels", "ipam", "x-almanac",
    ]
    private static let ipamKeys = ["driver", "config"]
    private static let subnetKeys = ["subnet", "gateway", "ip_range"]

    /// The networks that services are in, with their subnets: the file's, or the next of 172.18.0.0/16 and those behind it.
    private mutating func readNetworks(
        _ declared: NodeReader?, _ services: [(key: String, value: NodeReader)]
    )
        throws(LabFileError)
    {
        let known = try declared?.entries() ?? []
        var used: Set<String> = []
        for (_, service) in services {
            let list = service.isMapping ? try service.entries().first { $0.key == "networks" }?.value : nil
            guard let list, !list.isNull else {
                used.insert("default")
                continue
            }
            if list.isSequence {
                for element in try list.elements() { used.insert(try element.string()) }
            } else {
                for (name, _) in try list.entries() { used.insert(name) }
            }
        }
        let all =
            known.map(\.key)
            + (used.contains("default") && !known.contains { $0.key == "default" } ? ["default"] : [])
        for name in all where used.contains(name) {
            let reader = known.first { $0.key == name }?.value
            var entries: [(Node, Node)] = []
            if let reader, !reader.isNull {
                let keys = try reader.keys(Self.table("network", Self.networkKeys))
                if let driver = keys["driver"], try driver.string() != "bridge" {
                    throw driver.error(
                        "a network of the driver \(quoted(try driver.string())) is not supported: bridge is")
                }
                if let ipam = keys["ipam"]?.named("ipam"),
                    let configs = try ipam.keys(Self.table("ipam", Self.ipamKeys))["config"]
                {
                    for config in try configs.elements() {
                        let subnet = try config.keys(Self.table("ipam config", Self.subnetKeys))["subnet"]
                        guard let subnet, !(try subnet.string().contains(":")) else { continue }
                        entries.append((Self.key("subnet", subnet), subnet.node))
                    }
                }
                for (key, value) in try keys["x-almanac"]?.entries() ?? [] {
                    entries.append((Self.key(key, value), value.node))
                }
            }
            if !entries.contains(where: { $0.0.string == "subnet" }) {
                entries.append((Node("subnet"), Node("172.\(18 + networks.count).0.0/16")))
            }
            networks.append(
                (
                    name, ComposeText.hostName(name),
                    .mapping(.init(entries, .implicit, .any, reader?.node.mark))
                ))
        }
    }
}

/// Named volumes, and which services have them.
struct SharedVolumes {
    private var users: [String: [String]] = [:]

    init(_ services: [(key: String, value: NodeReader)], declared: NodeReader?) throws(LabFileError) {
        for (name, service) in services where service.isMapping {
            let volumes = try service.entries().first { $0.key == "volumes" }?.value
            for element in try volumes?.elements() ?? [] {
                let source =
                    element.isMapping
                    ? try element.entries().first { $0.key == "source" }?.value.text
                    : element.text?.split(separator: ":").first.map(String.init)
                if let source, ComposeVolume.isName(source) { users[source, default: []].append(name) }
            }
        }
        for (name, value) in try declared?.entries() ?? [] where value.isMapping {
            let keys = try value.keys(ComposeFile.table("volume", ["name", "driver", "labels"]))
            if let driver = keys["driver"], try driver.string() != "local" {
                throw driver.error("volume \(quoted(name)): only the driver 'local' is supported")
            }
        }
    }

    /// All services that have the volume.
    func users(of name: String) -> [String] { users[name] ?? [] }
}
