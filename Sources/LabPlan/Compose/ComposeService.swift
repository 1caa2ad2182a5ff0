internal import Network
internal import Yams

/// One service of a compose file, as a machine of a lab.
struct ComposeService {
    let name: String
    let reader: NodeReader
    /// Where images are: an OCI layout, or a file of `docker save`.
    let images: String
    let networks: [(name: String, lab: String, node: Node)]
    let volumes: SharedVolumes
    let surroundings: ComposeFile.Surroundings
    let context: NodeReader.Context

    /// Memory of a machine when the service does not say.
    private static let memory = "256M"

    private static let keys = [
        "image", "build", "container_name", "hostname", "environment", "env_file", "volumes", "command",
        "entrypoint", "user", "working_dir", "restart", "depends_on", "healthcheck", "ports", "expose",
        "networks",
        "init", "stop_signal", "mem_limit", "sysctls", "cap_add", "privileged", "extra_hosts", "dns", "tmpfs",
        "ulimits", "stop_grace_period", "logging", "profiles", "labels", "tty", "stdin_open", "pull_policy",
        "platform", "x-almanac",
    ]
    /// What would change what the programs see, and is not done.
    private static let missing = [
        "deploy", "network_mode", "configs", "secrets", "devices", "links",
        "extends", "pid", "ipc", "read_only", "cap_drop", "security_opt", "scale",
    ]

    func machine() throws(LabFileError) -> Node {
        let keys = try reader.keys(ComposeFile.table("service", Self.keys + Self.missing))
        for key in Self.missing {
            if let node = keys[key] { throw node.error("\(quoted(key)) of services is not supported yet") }
        }
        var entries = Entries()
        try entries.add("root", image(keys))
        entries.add("hostname", keys["hostname"])
        try addProgram(keys, &entries)
        entries.add("user", keys["user"])
        entries.add("workdir", keys["working_dir"])
        entries.add("restart", keys["restart"])
        entries.add("stop-signal", keys["stop_signal"])
        try entries.add("env", environment(keys))
        try addVolumes(keys, &entries)
        try entries.add("health", keys["healthcheck"].flatMap(health))
        try entries.add("after", keys["depends_on"].map(dependencies))
        try entries.add("networks", interfaces(keys))
        try entries.add(
            "sysctls", keys["sysctls"].map { (node) throws(LabFileError) in try pairs(node, separator: "=") })
        try entries.add("hosts", keys["extra_hosts"].map(hosts))
        entries.add("ulimits", keys["ulimits"])
        if let grace = keys["stop_grace_period"] {
            let text = DurationText.format(try grace.value(ComposeText.duration))
            entries.add("stop-grace", Self.node(text, grace))
        }
        if let memory = keys["mem_limit"] {
            entries.add("memory", Self.node(try memory.value(ComposeText.size), memory))
        }
        for (key, value) in try keys["x-almanac"]?.entries() ?? [] { entries.set(key, value.node) }
        if !entries.has("memory") { entries.add("memory", Node(Self.memory)) }
        return .mapping(.init(entries.pairs, .implicit, .any, reader.node.mark))
    }

    // MARK: Image and program

    private func image(_ keys: FoundKeys) throws(LabFileError) -> Node {
        guard let image = keys["image"] else {
            guard let build = keys["build"] else { throw reader.error("\(reader.name) has no 'image'") }
            throw build.error(
                "Almanac does not build images: build it with a container engine, save it, and name it in 'image'"
            )
        }
        let name = try image.string()
        let source = images.hasSuffix(".tar") ? "docker-archive" : "oci"
        return Self.node("\(source):\(images):\(name)", image)
    }

    private func addProgram(_ keys: FoundKeys, _ entries: inout Entries) throws(LabFileError) {
        for (key, lab) in [("entrypoint", "entrypoint"), ("command", "command")] {
            guard let node = keys[key], !node.isNull else { continue }
            entries.add(lab, node.isSequence ? node.node : Self.list(try node.value(ComposeText.words), node))
        }
    }

    private func environment(_ keys: FoundKeys) throws(LabFileError) -> Node? {
        var values: [(name: String, value: Node)] = []
        func set(_ name: String, _ value: Node) {
            values.removeAll { $0.name == name }
            values.append((name, value))
        }
        if let file = keys["env_file"] {
            for element in file.isSequence ? try file.elements() : [file] {
                let path =
                    try
                    (element.isMapping
                    ? element.entries().first { $0.key == "path" }?.value ?? element : element)
                for (name, value) in try variables(ofFile: path) { set(name, Self.node(value, path)) }
            }
        }
        guard let environment = keys["environment"] else { return values.isEmpty ? nil : mapping(values) }
        if environment.isSequence {
            for element in try environment.elements() {
                let parts = try element.string().split(
                    separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                let name = String(parts[0])
                if parts.count > 1 {
                    set(name, Self.node(String(parts[1]), element))
                } else if let value = surroundings.variables[name] {
                    set(name, Self.node(value, element))
                }
            }
        } else {
            for (name, value) in try environment.entries() {
                if !value.isNull {
                    set(name, Self.node(value.text ?? "", value))
                } else if let own = surroundings.variables[name] {
                    set(name, Self.node(own, value))
                }
            }
        }
        return mapping(values)
    }

    private func variables(ofFile reader: NodeReader) throws(LabFileError) -> [(String, String)] {
        let path = try reader.string()
        do throws(TextError) {
            return ComposeEnvironment.read(try surroundings.readFile(path))
        } catch {
            throw reader.error("cannot read \(quoted(path)): \(error)")
        }
    }

    private func mapping(_ values: [(name: String, value: Node)]) -> Node {
        .mapping(.init(values.map { (Node($0.name, Tag(.str)), $0.value) }))
    }

    // MARK: Files

    private func addVolumes(_ keys: FoundKeys, _ entries: inout Entries) throws(LabFileError) {
        var (files, mounts): ([(Node, Node)], [(Node, Node)]) = ([], [])
        var isKept = false
        for element in try keys["volumes"]?.elements() ?? [] {
            let volume = try ComposeVolume(element)
            let target = ComposeFile.key(volume.target, element)
            switch volume.kind {
            case .bind(let source):
                let path = Self.node(source, element)
                if (try? context.fileSize(source)) != nil {
                    files.append(
                        (
                            target,
                            .mapping(
                                .init([
                                    (Node("from"), path),
                                    (Node("mode"), Node("0755", Tag(.str), .doubleQuoted)),
                                ]))
                        ))
                } else {
                    mounts.append((target, .mapping(.init([(Node("from"), path)]))))
                }
            case .named(let name):
                if let name, volumes.users(of: name).count > 1 {
                    let all = volumes.users(of: name).joined(separator: ", ")
                    throw element.error(
                        "volume \(quoted(name)) is shared by \(all): that is not supported yet")
                }
                isKept = isKept || name != nil
            case .memory(let size):
                mounts.append((target, .mapping(.init([(Node("tmpfs"), Node(size ?? "default"))]))))
            }
        }
        if let tmpfs = keys["tmpfs"] {
            for element in tmpfs.isSequence ? try tmpfs.elements() : [tmpfs] {
                let parts = try element.string().split(separator: ":", maxSplits: 1).map(String.init)
                let size =
                    parts.count > 1 ? parts[1].split(separator: ",").first { $0.hasPrefix("size=") } : nil
                let text = try size.map { (text) throws(LabFileError) in
                    do throws(TextError) { return try ComposeText.size(String(text.dropFirst(5))) } catch {
                        throw element.error(error.description)
                    }
                }
                mounts.append(
                    (
                        ComposeFile.key(parts[0], element),
                        .mapping(.init([(Node("tmpfs"), Node(text ?? "default"))]))
                    ))
            }
        }
        if let dns = keys["dns"] {
            let servers = try (dns.isSequence ? dns.elements() : [dns])
            var text = ""
            for server in servers { text += "nameserver \(try server.string())\n" }
            files.append((Node("/etc/resolv.conf"), Self.node(text, dns)))
        }
        if !files.isEmpty { entries.add("files", .mapping(.init(files))) }
        if !mounts.isEmpty { entries.add("mounts", .mapping(.init(mounts))) }
        // What is in a volume survives its container, and here the machine's loss of power.
        if isKept { entries.add("state", Node("keep")) }
    }

    // MARK: Health and dependencies

    private static let healthKeys = [
        "test", "interval", "timeout", "retries", "start_period", "start_interval", "disable",
    ]

    private func health(_ reader: NodeReader) throws(LabFileError) -> Node? {
        let keys = try reader.keys(ComposeFile.table("healthcheck", Self.healthKeys))
        if let disable = keys["disable"], try disable.bool() { return Self.node("none", disable) }
        guard let test = keys["test"] else { throw reader.error("\(reader.name) has no 'test'") }
        var entries = Entries()
        if test.isSequence {
            let words = try test.elements()
            switch words.first?.text {
            case "CMD": entries.add("test", Self.list(words.dropFirst().map { $0.text ?? "" }, test))
            case "NONE": return Self.node("none", test)
            case "CMD-SHELL": entries.add("test", Self.node(words.dropFirst().first?.text ?? "", test))
            default: throw test.error("\(test.name) must begin with CMD, CMD-SHELL or NONE")
            }
        } else {
            entries.add("test", test.node)
        }
        for (key, lab) in [
            ("interval", "interval"), ("timeout", "timeout"), ("start_period", "start-period"),
            ("start_interval", "start-interval"),
        ] {
            guard let node = keys[key] else { continue }
            entries.add(lab, Self.node(DurationText.format(try node.value(ComposeText.duration)), node))
        }
        entries.add("retries", keys["retries"])
        return .mapping(.init(entries.pairs, .implicit, .any, reader.node.mark))
    }

    private func dependencies(_ reader: NodeReader) throws(LabFileError) -> Node {
        var pairs: [(Node, Node)] = []
        if reader.isSequence {
            for element in try reader.elements() {
                let name = ComposeText.hostName(try element.string())
                pairs.append((ComposeFile.key(name, element), Self.node("started", element)))
            }
            return .mapping(.init(pairs, .implicit, .any, reader.node.mark))
        }
        let conditions = [
            "service_started": "started", "service_healthy": "healthy",
            "service_completed_successfully": "done",
        ]
        for (name, value) in try reader.entries() {
            let keys = try value.keys(ComposeFile.table("depends_on", ["condition", "required", "restart"]))
            if let required = keys["required"], !(try required.bool()) {
                throw required.error("'required: false' is not supported")
            }
            guard let word = keys["condition"] else { throw value.error("\(value.name) has no 'condition'") }
            guard let condition = conditions[try word.string()] else {
                throw word.error("\(word.name) must be \(LabFile.alternatives(conditions.keys.sorted()))")
            }
            pairs.append((ComposeFile.key(ComposeText.hostName(name), value), Self.node(condition, word)))
        }
        return .mapping(.init(pairs, .implicit, .any, reader.node.mark))
    }

    // MARK: Networks

    private func interfaces(_ keys: FoundKeys) throws(LabFileError) -> Node {
        var own: [String] = []
        let machine = ComposeText.hostName(name)
        if machine != name { own.append(name) }
        if let container = keys["container_name"] { own.append(try container.string()) }
        own.removeAll { $0 == machine }
        var wanted: [(name: String, reader: NodeReader, keys: FoundKeys)] = []
        if let list = keys["networks"], list.isSequence {
            for element in try list.elements() { wanted.append((try element.string(), element, FoundKeys())) }
        } else if let list = keys["networks"], !list.isNull {
            for (name, value) in try list.entries() {
                let keys = try value.keys(
                    ComposeFile.table("network", ["aliases", "ipv4_address", "x-almanac"]))
                wanted.append((name, value, keys))
            }
        } else {
            wanted.append(("default", reader, FoundKeys()))
        }
        var pairs: [(Node, Node)] = []
        for (index, network) in wanted.enumerated() {
            guard let lab = networks.first(where: { $0.name == network.name })?.lab else {
                throw network.reader.error(
                    "there is no network \(quoted(network.name)) among the file's 'networks'")
            }
            var entries = Entries()
            entries.add("address", network.keys["ipv4_address"])
            var aliases = index == 0 ? own.map { Node($0, Tag(.str)) } : []
            for alias in try network.keys["aliases"]?.elements() ?? [] where alias.text != machine {
                aliases.append(alias.node)
            }
            if !aliases.isEmpty { entries.add("aliases", .sequence(.init(aliases))) }
            for (key, value) in try network.keys["x-almanac"]?.entries() ?? [] {
                entries.set(key, value.node)
            }
            pairs.append((ComposeFile.key(lab, network.reader), .mapping(.init(entries.pairs))))
        }
        return .mapping(.init(pairs))
    }

    private func hosts(_ reader: NodeReader) throws(LabFileError) -> Node {
        try pairs(reader, separator: reader.elementsContain("=") ? "=" : ":")
    }

    /// A mapping, or a list of `NAME=VALUE`.
    private func pairs(_ reader: NodeReader, separator: Character) throws(LabFileError) -> Node {
        guard reader.isSequence else { return reader.node }
        var pairs: [(Node, Node)] = []
        for element in try reader.elements() {
            let parts = try element.string().split(separator: separator, maxSplits: 1).map(String.init)
            guard parts.count == 2 else {
                throw element.error("\(reader.name) must be NAME\(separator)VALUE")
            }
            pairs.append((ComposeFile.key(parts[0], element), Self.node(parts[1], element)))
        }
        return .mapping(.init(pairs, .implicit, .any, reader.node.mark))
    }

    // MARK: Nodes

    /// A text that stands where another stood.
    private static func node(_ text: String, _ place: NodeReader) -> Node {
        .scalar(.init(text, Tag(.str), .doubleQuoted, place.node.mark))
    }

    private static func list(_ words: [String], _ place: NodeReader) -> Node {
        .sequence(.init(words.map { node($0, place) }, .implicit, .flow, place.node.mark))
    }

    /// The entries of a mapping of the lab.
    private struct Entries {
        private(set) var pairs: [(Node, Node)] = []

        func has(_ key: String) -> Bool { pairs.contains { $0.0.string == key } }

        mutating func add(_ key: String, _ value: Node?) {
            if let value { pairs.append((Node(key), value)) }
        }

        mutating func add(_ key: String, _ value: NodeReader?) {
            if let value, !value.isNull { pairs.append((ComposeFile.key(key, value), value.node)) }
        }

        /// Replaces what is there.
        mutating func set(_ key: String, _ value: Node) {
            pairs.removeAll { $0.0.string == key }
            pairs.append((Node(key), value))
        }
    }
}

extension NodeReader {
    /// An element of the list has this character.
    fileprivate func elementsContain(_ character: Character) -> Bool {
        node.sequence?.contains { $0.string?.contains(character) == true } == true
    }
}
