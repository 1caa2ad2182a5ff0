internal import Network
internal import Yams

/// Reads a lab file: YAML in, a plan with all defaults and addresses out, or the first thing that is wrong with it.
package enum LabFile {
    /// When commands start, ns: machines boot in the first simulated second. So the first instant of a lab's commands
    /// does not depend on how a kernel boots; and programs that take a clock of less than one second for one that was
    /// never set (ping is one) see none.
    package static let firstCommand: UInt64 = 1_000_000_000

    static let defaultStart = "2026-01-01T00:00:00Z"
    static let defaultLatency: UInt64 = 1_000_000
    static let defaultMTU = 1500
    static let defaultMemory: UInt64 = 64 << 20

    /// - Parameters:
    ///   - text: the file's content.
    ///   - name: what the file is called in messages.
    ///   - settings: what `--set` changes, `machines.m1.memory=128M`.
    ///   - options: what other options change; they come after `settings`.
    ///   - readFile: gives the content of a file that the lab file names, by what it says there.
    ///   - fileSize: gives the size of a file that a machine gets a copy of.
    package static func parse(
        _ text: String, name: String, settings: [String] = [], options: [OptionSetting] = [],
        readFile: @escaping FileReader = noFiles, fileSize: @escaping FileMeasure = anySize,
        variables: [String: String] = [:]
    ) throws(LabFileError) -> LabPlan {
        var root = try YAMLText.compose(text, file: name)
        if ComposeFile.isOne(root) {
            root = try lab(compose: root, name: name, readFile, fileSize, variables)
        }
        var changes: [(path: [String], option: String)] = []
        for setting in settings.map(OptionSetting.init(set:)) + options {
            let change = try Setting(setting)
            root = try change.applied(to: root)
            changes.append((change.path, setting.option))
        }
        let reader = NodeReader(
            node: root, name: "the lab", path: [],
            context: NodeReader.Context(file: name, settings: changes, fileSize: fileSize))
        guard reader.isMapping else {
            throw reader.error("a lab file is a mapping: name, networks, machines")
        }
        return try plan(reader, readFile)
    }

    /// The content of a file by its path, absolute or from the lab file's folder.
    package typealias FileReader = (String) throws(TextError) -> String

    /// The size, bytes, of a file by its path, absolute or from the lab file's folder.
    package typealias FileMeasure = (String) throws(TextError) -> UInt64

    /// For labs whose files are not looked for.
    package static func anySize(_ path: String) throws(TextError) -> UInt64 { 0 }

    /// For labs that name no other file.
    package static func noFiles(_ path: String) throws(TextError) -> String {
        throw TextError("there is no folder to look for \(quoted(path)) in")
    }

    // MARK: The top

    /// Wall-clock time after which a run fails when the lab does not say, ns.
    static let defaultTimeout: UInt64 = 600_000_000_000

    private static func timeout(_ reader: NodeReader?) throws(LabFileError) -> UInt64? {
        guard let reader else { return defaultTimeout }
        return try reader.string() == "none" ? nil : reader.duration(LabLimits.times)
    }

    private static func plan(_ reader: NodeReader, _ readFile: FileReader) throws(LabFileError) -> LabPlan {
        let keys = try reader.keys(KeyTable.lab)
        guard let name = keys["name"] else { throw reader.error("the lab has no name: add 'name: …'") }
        guard let machines = keys["machines"] else { throw reader.error("the lab has no machines") }
        var plan = LabPlan(
            name: try labName(name), seed: try keys["seed"]?.integer(0...UInt64.max) ?? 1,
            startNanoseconds: 0, until: try keys["until"]?.duration(),
            timeout: try timeout(keys["timeout"]),
            networks: [], machines: [])
        if let start = keys["start"] {
            plan.startNanoseconds = try start.value(RFC3339.parse)
        } else {
            do throws(TextError) {
                plan.startNanoseconds = try RFC3339.parse(defaultStart)
            } catch {
                preconditionFailure("the default start is a time")
            }
        }
        plan.isHermetic = try keys["hermetic"]?.bool() ?? false
        let captures = try keys["capture"]?.bool() ?? false
        var drafts: [NetworkDraft] = []
        for (key, network) in try keys["networks"]?.entries() ?? [] {
            drafts.append(try networkDraft(key, network.named("network \(Excerpt.of(key))"), captures))
        }
        plan.networks = drafts.map(\.plan)
        let (directory, notes) = try machinePlans(machines, &plan, drafts)
        try resolvePaths(&plan, drafts, directory)
        try resolveGraphs(&plan, drafts, notes, readFile)
        if let faults = keys["faults"] { plan.faults = try faultPlans(faults, plan, directory) }
        for (index, rule) in try keys["logs"]?.named("logs").elements().enumerated()
            ?? [NodeReader]().enumerated()
        {
            plan.logs.append(try logRule(rule.named("log rule \(index + 1)"), plan, directory))
        }
        if plan.isHermetic,
            let machine = plan.machines.first(where: { $0.model == nil && $0.software.root == nil })
        {
            throw machines.error(
                "machine \(machine.name) has the host's root, and the lab is hermetic: give it a 'root'")
        }
        plan.failFast = try keys["fail-fast"]?.bool()
        plan.failsOnReports = try keys["kernel-reports"]?.bool() ?? true
        try finishNetworks(&plan, drafts)
        let waits = plan.machines.contains { machine in
            machine.commands.contains { !$0.background }
                || machine.software.root?.isImage == true && machine.software.restart != .always
                    && machine.commands.isEmpty
                || machine.checks.contains { $0.schedule.hasAnEnd }
        }
        guard waits || plan.until != nil else {
            throw machines.error(
                "there is nothing to wait for: give a machine a command that is not in the background, or a check with 'at' or 'eventually', or set 'until'"
            )
        }
        return plan
    }

    /// All machines, those with a `count` as often as it says, with addresses, and with models that know their peers.
    private static func machinePlans(
        _ machines: NodeReader, _ plan: inout LabPlan, _ networks: [NetworkDraft]
    ) throws(LabFileError) -> (MachineDirectory, [[InterfaceNotes]]) {
        let entries = try machines.named("machines").entries()
        guard !entries.isEmpty else { throw machines.error("the lab has no machines") }
        var groups = MachineGroups()
        var peers: [PeerReference] = []
        var readers: [(key: String, value: NodeReader)] = []
        var names: Set<String> = []
        var notes: [[InterfaceNotes]] = []
        var waiting: [(machine: Int, after: NodeReader)] = []
        func add(_ name: String, _ reader: NodeReader) throws(LabFileError) {
            guard names.insert(name).inserted else {
                throw reader.errorAtKey("machine \(Excerpt.of(name)) is there twice: once by a 'count'")
            }
            guard readers.count < LabLimits.machines else {
                throw machines.error("a lab has at most \(LabLimits.machines) machines")
            }
            let machine = try machinePlan(name, reader, networks)
            for reference in machine.peers {
                peers.append(
                    PeerReference(
                        machine: plan.machines.count, parameter: reference.parameter, reader: reference.reader
                    ))
            }
            if let after = machine.after { waiting.append((plan.machines.count, after)) }
            plan.machines.append(machine.plan)
            notes.append(machine.interfaces)
            readers.append((name, reader))
        }
        for (key, entry) in entries {
            let reader = entry.named("machine \(Excerpt.of(key))")
            guard let count = try machineCount(reader) else {
                try add(key, reader)
                continue
            }
            groups.sizes[key] = count
            for number in 1...count {
                groups.numbers[plan.machines.count] = number
                try add("\(key)\(number)", reader)
            }
        }
        try assignAddresses(&plan, readers, groups)
        let directory = MachineDirectory(plan.machines.map(\.name), groups)
        try resolveDependencies(&plan, waiting, directory)
        try resolveModels(&plan, readers, peers, groups, directory)
        try checkChecks(plan, readers)
        return (directory, notes)
    }

    private static func labName(_ reader: NodeReader) throws(LabFileError) -> String {
        let name = try reader.string()
        let good = name.utf8.allSatisfy { SoftwareText.isNameByte($0) || $0 == UInt8(ascii: "_") }
        guard good, !name.isEmpty, name.utf8.count <= 64, !name.hasPrefix("."), !name.hasPrefix("-") else {
            throw reader.error(
                "\(quoted(name)) is not a lab's name: letters, digits, '-', '_' and '.', at most 64")
        }
        return name
    }

    /// Names of machines and networks become host names (RFC 1123, section 2.1; lower case).
    static func checkHostName(_ name: String, _ reader: NodeReader, kind: String) throws(LabFileError) {
        let letters = name.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || byte == UInt8(ascii: "-")
        }
        guard letters, !name.isEmpty, name.utf8.count <= 63, !name.hasPrefix("-"), !name.hasSuffix("-"),
            name != "localhost"
        else {
            throw reader.errorAtKey(
                "\(quoted(name)) is not a \(kind)'s name: lower-case letters, digits and inner hyphens, at most 63"
            )
        }
    }
}
