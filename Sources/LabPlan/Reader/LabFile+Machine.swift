internal import Network

/// What becomes of what a machine has written when it is killed.
enum MachineState: String, CaseIterable {
    case lost
    case keep
}

/// A machine as its entry has it, until all machines are known.
struct MachineDraft {
    let plan: MachinePlan
    /// Machines that its model names.
    let peers: [(parameter: Int, reader: NodeReader)]
    /// Beside the plan's.
    let interfaces: [InterfaceNotes]
    /// Machines that its commands wait for.
    let after: NodeReader?
}

extension LabFile {
    /// How many machines an entry of `machines` stands for; nil if it does not say.
    static func machineCount(_ reader: NodeReader) throws(LabFileError) -> Int? {
        guard reader.isMapping else { return nil }
        return try reader.keys(KeyTable.machine)["count"]?.integer(1...LabLimits.machines)
    }

    static func machinePlan(_ name: String, _ reader: NodeReader, _ networks: [NetworkDraft])
        throws(LabFileError) -> MachineDraft
    {
        try checkHostName(name, reader, kind: "machine")
        let keys = try reader.keys(KeyTable.machine)
        let model = try keys["model"].map { (node) throws(LabFileError) in
            try modelPlan(node, of: reader, keys)
        }
        let (interfaces, notes) =
            try keys["networks"].map { (node) throws(LabFileError) in try Self.interfaces(node, networks) }
            ?? (
                [], []
            )
        var plan = MachinePlan(
            name: name, model: model?.0, kernel: try keys["kernel"]?.string(),
            memoryBytes: try keys["memory"]?.size(LabLimits.memory) ?? defaultMemory,
            interfaces: interfaces,
            environment: [], files: [], routes: [], forwards: try keys["forward"]?.bool() ?? false,
            commands: [])
        for (key, value) in try keys["env"]?.entries() ?? [] {
            guard !key.isEmpty, !key.contains("="), !key.utf8.contains(0) else {
                throw value.errorAtKey("\(quoted(key)) is not the name of an environment variable")
            }
            plan.environment.append(
                EnvironmentEntry(name: key, value: value.isNull ? "" : try value.string()))
        }
        if let files = keys["files"] { plan.files = try filePlans(files) }
        for (key, value) in try keys["routes"]?.entries() ?? [] {
            plan.routes.append(try routePlan(key, value))
        }
        plan.software = try softwarePlan(keys)
        if keys["run"] == nil, !(plan.software.root?.isImage ?? false),
            let program = CommandPlan.program(of: plan.software)
        {
            plan.commands = [program]
        }
        for (index, node) in try keys["run"]?.elements().enumerated() ?? [NodeReader]().enumerated() {
            plan.commands.append(
                try commandPlan(index, node.named("command \(index + 1) of \(reader.name)")))
        }
        for (index, node) in try keys["check"]?.elements().enumerated() ?? [NodeReader]().enumerated() {
            plan.checks.append(try checkPlan(node.named("check \(index + 1) of \(reader.name)")))
        }
        plan.leaveServiceAlone()
        if let health = keys["health"] {
            plan.software.ignoresHealth = health.text == "none"
            if health.text != "none" { plan.checks.append(try healthCheck(health)) }
        }
        plan.keepsState = try keys["state"]?.word(MachineState.self) == .keep
        if let artifacts = keys["artifacts"] { plan.artifacts = try artifactPatterns(artifacts) }
        if let polling = keys["polling"] { plan.pollingLimit = try pollingLimit(polling) }
        return MachineDraft(plan: plan, peers: model?.peers ?? [], interfaces: notes, after: keys["after"])
    }

    private static func pollingLimit(_ reader: NodeReader) throws(LabFileError) -> UInt64 {
        if try reader.string() == "exact" { return 0 }
        return try reader.duration(LabLimits.pollingLimits)
    }

    private static func artifactPatterns(_ reader: NodeReader) throws(LabFileError) -> [ArtifactPattern] {
        let elements = try reader.elements()
        guard elements.count <= LabLimits.artifactPatterns else {
            throw reader.error(
                "a machine has at most \(LabLimits.artifactPatterns) artifacts: name their folder")
        }
        var patterns: [ArtifactPattern] = []
        for element in elements { patterns.append(try element.value(ArtifactPattern.parse)) }
        return patterns
    }

    // MARK: Files and routes

    private static func filePlans(_ reader: NodeReader) throws(LabFileError) -> [FilePlan] {
        var files: [FilePlan] = []
        var size: UInt64 = 0
        for (path, value) in try reader.entries() {
            let file = try filePlan(path, value)
            switch file.contents {
            case .inline(let text): size += UInt64(text.utf8.count)
            case .from(let source): size += try fileSize(source, value)
            }
            guard size <= LabLimits.filesOfMachine else {
                throw value.error(
                    "with \(quoted(path)) the files of this machine have \(size) bytes; at most "
                        + "\(LabLimits.filesOfMachine) are copied. Machines see the host's files anyway")
            }
            files.append(file)
        }
        return files
    }

    private static func fileSize(_ source: String, _ reader: NodeReader) throws(LabFileError) -> UInt64 {
        do throws(TextError) {
            return try reader.context.fileSize(source)
        } catch {
            throw reader.error("cannot read \(quoted(source)): \(error)")
        }
    }

    private static func filePlan(_ path: String, _ reader: NodeReader) throws(LabFileError) -> FilePlan {
        guard path.hasPrefix("/"), path.count > 1, !path.hasSuffix("/"),
            !path.split(separator: "/").contains("..")
        else { throw reader.errorAtKey("\(quoted(path)) is not an absolute path of a file") }
        guard reader.isMapping else {
            return FilePlan(
                path: path, contents: .inline(reader.isNull ? "" : try reader.string()), mode: 0o644)
        }
        let keys = try reader.keys(KeyTable.file)
        var mode = 0o644
        if let node = keys["mode"] {
            guard let value: Int = DecimalText.integer(try node.string(), radix: 8),
                (0...0o7777).contains(value)
            else {
                throw node.error("\(node.name) must be octal permissions like 0755")
            }
            mode = value
        }
        let (isInline, node) = try keys.exactlyOne("content", "from", of: reader)
        let text = try node.string()
        return FilePlan(path: path, contents: isInline ? .inline(text) : .from(text), mode: mode)
    }

    private static func routePlan(_ destination: String, _ reader: NodeReader) throws(LabFileError)
        -> RoutePlan
    {
        let text = try reader.string()
        guard let gateway = IPv4Address(text) else {
            throw reader.error("\(quoted(text)) is not the address of a gateway")
        }
        if destination == "default" { return RoutePlan(destination: nil, gateway: gateway) }
        guard let subnet = IPv4Subnet(destination) else {
            throw reader.errorAtKey(
                "\(quoted(destination)) is not a destination: an IPv4 network like 10.1.0.0/16, or default")
        }
        return RoutePlan(destination: subnet, gateway: gateway)
    }

    // MARK: Commands

    private static func commandPlan(_ index: Int, _ reader: NodeReader) throws(LabFileError) -> CommandPlan {
        var plan = CommandPlan(
            index: index, command: "", at: nil, background: false, expectation: .status(0), stopSignal: .term)
        guard reader.isMapping else {
            try read(reader, into: &plan)
            return plan
        }
        let keys = try reader.keys(KeyTable.command)
        guard let text = keys["command"] else { throw reader.error("\(reader.name) has no 'command'") }
        try read(text, into: &plan)
        plan.at = try keys["at"].map { (node) throws(LabFileError) in try instant(node, "commands start") }
        plan.background = try keys["background"]?.bool() ?? false
        if let node = keys["stop-signal"] { plan.stopSignal = try signal(node) }
        if plan.background { plan.expectation = .statusOrRunning(0) }
        guard let expect = keys["expect"] else { return plan }
        if expect.isSequence {
            plan.expectation = .statusOrRunning(try statusOrRunning(expect))
            return plan
        }
        switch try expect.string() {
        case "running":
            plan.background = true
            plan.expectation = .running
        case "any":
            plan.expectation = .any
        case let text:
            guard let status: Int = DecimalText.integer(text), (0...255).contains(status) else {
                throw expect.error("\(expect.name) must be an exit status from 0 to 255, 'running' or 'any'")
            }
            plan.expectation = plan.background ? .statusOrRunning(status) : .status(status)
        }
        return plan
    }

    /// `[0, running]`.
    private static func statusOrRunning(_ reader: NodeReader) throws(LabFileError) -> Int {
        let elements = try reader.elements()
        guard elements.count == 2, let status = elements.first(where: { $0.text != "running" }),
            elements.contains(where: { $0.text == "running" })
        else { throw reader.error("\(reader.name) must be a list such as [0, running]") }
        return try status.status()
    }

    private static func read(_ reader: NodeReader, into plan: inout CommandPlan) throws(LabFileError) {
        guard reader.isSequence else {
            plan.command = try command(reader)
            return
        }
        let words = try words(reader)
        // `[ -f /etc/passwd ]` is a list for YAML.
        if words[0].hasPrefix("-") {
            throw reader.error(
                "\(reader.name) is a list of words, which names the program \(quoted(words[0])): a text that begins with '[' or '- ' needs quotes"
            )
        }
        plan.set(words: words)
    }

    static func command(_ reader: NodeReader) throws(LabFileError) -> String {
        let text = try reader.string()
        guard text.contains(where: { !$0.isWhitespace }) else {
            throw reader.error("\(reader.name) is empty")
        }
        guard !text.utf8.contains(0), text.utf8.count <= 60_000 else {
            throw reader.error("\(reader.name) is longer than 60,000 bytes or holds a zero byte")
        }
        return text
    }
}
