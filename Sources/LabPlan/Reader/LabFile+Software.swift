internal import Network

/// What a machine's root is, and how its programs start.
extension LabFile {
    static func softwarePlan(_ keys: FoundKeys) throws(LabFileError) -> SoftwarePlan {
        var plan = SoftwarePlan()
        if let root = keys["root"], try root.string() != "host" {
            plan.root = try root.value(RootSource.parse)
        }
        if keys["run"] != nil, let program = keys["entrypoint"] ?? keys["command"] {
            throw program.error(
                "\(program.name): 'run' replaces the machine's program, so leave one of the two out")
        }
        plan.entrypoint = try keys["entrypoint"].map { (node) throws(LabFileError) in try words(node) }
        plan.command = try keys["command"].map { (node) throws(LabFileError) in try words(node) }
        plan.stopSignal = try keys["stop-signal"].map { (node) throws(LabFileError) in try signal(node) }
        plan.user = try keys["user"].map { (node) throws(LabFileError) in try node.value(SoftwareText.user) }
        plan.workingFolder = try keys["workdir"].map { (node) throws(LabFileError) in
            try node.value(SoftwareText.folder)
        }
        if let restart = keys["restart"] { plan.restart = try restart.value(RestartPolicy.parse) }
        for (path, value) in try keys["mounts"]?.entries() ?? [] {
            plan.mounts.append(try mount(path, value))
        }
        for (name, value) in try keys["sysctls"]?.entries() ?? [] {
            guard name.contains("."), !name.contains("/"), !name.contains("..") else {
                throw value.errorAtKey("\(quoted(name)) is not a kernel setting such as net.core.somaxconn")
            }
            plan.sysctls.append(EnvironmentEntry(name: name, value: try value.string()))
        }
        for (name, value) in try keys["ulimits"]?.entries() ?? [] {
            plan.limits.append(try limit(name, value))
        }
        plan.stopGrace = try keys["stop-grace"]?.duration() ?? plan.stopGrace
        for (name, value) in try keys["hosts"]?.entries() ?? [] {
            let text = try value.string()
            guard let address = IPv4Address(text) else {
                throw value.error("\(quoted(text)) is not an IPv4 address")
            }
            do throws(TextError) { _ = try aliasText(name) } catch {
                throw value.errorAtKey(error.description)
            }
            plan.hosts.append(HostEntry(name: name, address: address))
        }
        plan.hostName = try keys["hostname"].map { (node) throws(LabFileError) in
            try node.value(SoftwareText.hostName)
        }
        return plan
    }

    private static func mount(_ path: String, _ reader: NodeReader) throws(LabFileError) -> MountPlan {
        do throws(TextError) { _ = try SoftwareText.folder(path) } catch {
            throw reader.errorAtKey(error.description)
        }
        guard path.split(separator: "/").isEmpty == false else {
            throw reader.errorAtKey("the machine's root is 'root', not a mount")
        }
        let keys = try reader.keys(KeyTable.mount)
        let (isFolder, node) = try keys.exactlyOne("from", "tmpfs", of: reader)
        if isFolder { return MountPlan(path: path, contents: .folder(try node.string())) }
        let size =
            try node.string() == "default"
            ? nil : node.size(LabLimits.memory.lowerBound / 1024...LabLimits.memory.upperBound)
        return MountPlan(path: path, contents: .memory(size))
    }

    private static func limit(_ name: String, _ reader: NodeReader) throws(LabFileError) -> LimitPlan {
        guard LimitPlan.names.contains(name) else {
            throw reader.errorAtKey(
                "\(quoted(name)) is not a limit: \(LimitPlan.names.joined(separator: ", ")) are")
        }
        func value(_ reader: NodeReader) throws(LabFileError) -> UInt64? {
            if ["unlimited", "-1"].contains(reader.text) { return nil }
            return try reader.integer(0...UInt64.max)
        }
        guard reader.isMapping else {
            let both = try value(reader)
            return LimitPlan(name: name, soft: both, hard: both)
        }
        let keys = try reader.keys(KeyTable.limit)
        guard let soft = keys["soft"], let hard = keys["hard"] else {
            throw reader.error("\(reader.name) needs 'soft' and 'hard'")
        }
        return LimitPlan(name: name, soft: try value(soft), hard: try value(hard))
    }

    static func signal(_ reader: NodeReader) throws(LabFileError) -> SignalName {
        let name = try reader.string()
        guard let signal = SignalName(name) else {
            throw reader.error(
                "\(quoted(name)) is not a signal: \(SignalName.names.joined(separator: ", ")) are")
        }
        return signal
    }

    /// The words of a program.
    static func words(_ reader: NodeReader) throws(LabFileError) -> [String] {
        guard reader.isSequence else {
            throw reader.error("\(reader.name) must be a list of words, such as [ping, -c, \"3\", m2]")
        }
        var words: [String] = []
        for element in try reader.elements() {
            // A word may be empty, and numbers need no quotes.
            guard let word = element.text else {
                throw element.error("a word of \(reader.name) must be a text")
            }
            guard !word.utf8.contains(0) else { throw element.error("\(reader.name) holds a zero byte") }
            words.append(word)
        }
        guard let first = words.first, !first.isEmpty else {
            throw reader.error("\(reader.name) names no program")
        }
        guard words.reduce(0, { $0 + $1.utf8.count + 1 }) <= 60_000 else {
            throw reader.error("\(reader.name) is longer than 60,000 bytes")
        }
        return words
    }
}

extension CommandPlan {
    /// The program that a machine runs without `run`; nil if it names none.
    package static func program(of software: SoftwarePlan) -> CommandPlan? {
        let words = (software.entrypoint ?? []) + (software.command ?? [])
        guard !words.isEmpty else { return nil }
        var plan = CommandPlan(
            index: 0, command: "", at: nil, background: false, expectation: .statusOrRunning(0),
            stopSignal: software.stopSignal ?? .term)
        plan.set(words: words)
        return plan
    }

    /// It executes these words without a shell.
    mutating func set(words: [String]) {
        self.words = words
        command = Self.text(of: words)
    }

    /// The words of a program as a shell would read them.
    static func text(of words: [String]) -> String { words.map(shellWord).joined(separator: " ") }

    /// A word as a shell would read it.
    private static func shellWord(_ word: String) -> String {
        let isPlain = word.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "-_./=:,+@%".utf8.contains(byte)
            }
        }
        return isPlain && !word.isEmpty
            ? word
            : "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
                + "'"
    }
}
