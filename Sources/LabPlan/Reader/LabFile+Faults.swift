internal import Network

/// Faults of a lab file as explicit plans; what is to be drawn is drawn last, when it is known what else goes wrong.
struct FaultReader {
    private static let timeKeys = ["at", "when", "after", "for"]
    /// What goes wrong; an entry has exactly one.
    private static let subjects = ["partition", "link", "machine", "random"]
    private static let linkKeys = ["down"] + LinkKey.keys(at: .fault).map(\.name)
    /// What may happen to a machine; `clock` and `drift` may be together.
    private static let machineKeys = ["kill", "pause", "restart", "clock", "drift"]

    let plan: LabPlan
    let directory: MachineDirectory

    /// One entry. One with `random` gives nothing here: it is drawn when all others are known.
    func fault(_ reader: NodeReader) throws(LabFileError) -> FaultPlan? {
        let keys = try reader.keys(KeyTable.fault)
        let found = Self.subjects.filter { keys[$0] != nil }
        guard let subject = found.first, found.count == 1 else {
            throw reader.error(
                found.isEmpty
                    ? "\(reader.name) does not say what goes wrong: \(LabFile.alternatives(Self.subjects))"
                    : "\(reader.name) has \(quoted(found[0])) and \(quoted(found[1])): each entry has one thing that goes wrong"
            )
        }
        let own =
            switch subject {
            case "link": Self.linkKeys + ["direction"]
            case "machine": Self.machineKeys
            default: [String]()
            }
        let when = subject == "random" ? [] : Self.timeKeys
        for (key, value) in try reader.entries() where !(when + [subject] + own).contains(key) {
            throw value.error("\(quoted(key)) does not go with \(quoted(subject)) in \(reader.name)")
        }
        guard subject != "random" else { return nil }
        let start = try start(keys, reader)
        let action =
            switch subject {
            case "partition": try partition(keys["partition"]!)
            case "link": try link(keys, reader)
            default: try machineAction(keys, reader)
            }
        let duration = try keys["for"]?.duration()
        try check(action, duration, keys, reader)
        return FaultPlan(start: start, duration: duration, action: action)
    }

    // MARK: When

    private func start(_ keys: FoundKeys, _ reader: NodeReader) throws(LabFileError)
        -> FaultPlan.Start
    {
        let (isAt, node) = try keys.exactlyOne("at", "when", of: reader)
        guard isAt else { return .after(try keys["after"]?.duration() ?? 0, try trigger(node)) }
        if let after = keys["after"] { throw after.error("'after' goes with 'when', not with 'at'") }
        let instant = try LabFile.instant(node, "a fault begins")
        if let until = plan.until, instant >= until {
            throw node.error(
                "\(reader.name) is at \(DurationText.format(instant)), but the lab ends at "
                    + "\(DurationText.format(until)) ('until')")
        }
        return .at(instant)
    }

    /// `{ machine: m1, output: elected }`: the machine may be left out; the source is a key.
    private func trigger(_ reader: NodeReader) throws(LabFileError) -> FaultTrigger {
        let sources = LogSource.allCases.map(\.rawValue)
        let keys = try reader.keys(KeyTable.trigger)
        let found = sources.filter { keys[$0] != nil }
        guard found.count == 1, let source = LogSource(rawValue: found[0]) else {
            throw reader.error(
                "\(reader.name) needs one of \(LabFile.alternatives(sources)), with what is waited for")
        }
        let machine = try keys["machine"].map(directory.machine)
        if let machine, source == .console, plan.machines[machine].model != nil {
            throw keys["machine"]!.error(
                "machine \(plan.machines[machine].name) is a model and has no console")
        }
        return FaultTrigger(
            machine: machine, source: source, pattern: try LabFile.pattern(keys[source.rawValue]!))
    }

    // MARK: Partitions

    /// `[[m1, m2], [m3]]`, or `{ from: [m1], to: [m2] }`.
    private func partition(_ reader: NodeReader) throws(LabFileError) -> FaultAction {
        guard !reader.isMapping else {
            let keys = try reader.keys(KeyTable.cut)
            guard let from = keys["from"], let to = keys["to"] else {
                throw reader.error(
                    "\(reader.name) needs 'from' and 'to', or is a list of lists: [[m1, m2], [m3]]")
            }
            let senders = try directory.machines(from)
            let receivers = try directory.machines(to)
            if let both = receivers.first(where: { senders.contains($0) }) {
                throw to.error("\(reader.name): machine \(plan.machines[both].name) is on both sides")
            }
            return .cut(from: senders, to: receivers)
        }
        var groups: [[Int]] = []
        var seen: Set<Int> = []
        for group in try reader.elements() {
            guard group.isSequence else {
                throw group.error("\(reader.name) is a list of groups, each a list: [[m1, m2], [m3]]")
            }
            let machines = try directory.machines(group)
            for machine in machines where !seen.insert(machine).inserted {
                throw group.error("\(reader.name): machine \(plan.machines[machine].name) is in two groups")
            }
            groups.append(machines)
        }
        guard groups.count >= 2 else {
            throw reader.error("\(reader.name) needs two groups of machines or more: [[m1, m2], [m3]]")
        }
        return .partition(groups)
    }

    // MARK: Links

    /// `lan/m2`, and what is different.
    private func link(_ keys: FoundKeys, _ reader: NodeReader) throws(LabFileError) -> FaultAction {
        let node = keys["link"]!
        let parts = try node.string().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else {
            throw node.error("\(node.name) is written NETWORK/MACHINE, as in lan/m2")
        }
        let names = plan.networks.map(\.name)
        guard names.contains(parts[0]) || !names.contains(parts[1]) else {
            throw node.error(
                "\(node.name) is written NETWORK/MACHINE: write \(quoted("\(parts[1])/\(parts[0])"))")
        }
        let network = try LabFile.networkIndex(parts[0], node, names)
        let machine = try directory.machine(parts[1], at: node)
        guard plan.machines[machine].interfaces.contains(where: { $0.network == network }) else {
            throw node.error("machine \(parts[1]) is not in network \(parts[0])")
        }
        var change = LinkChange()
        if let way = keys["direction"] { change.direction = try way.word(LinkChange.Direction.self) }
        for (key, value) in LinkKey.given(keys, at: .fault) { try change.set(key, to: value) }
        if let down = keys["down"] {
            try requireTrue(down)
            guard !change.isShaping, change.direction == .both else {
                throw down.error("\(reader.name): a link that is down has no other keys and no direction")
            }
            change.isDown = true
        }
        guard change.isDown || change.isShaping else {
            throw reader.error(
                "\(reader.name) does not say what is different about the link: \(LabFile.alternatives(Self.linkKeys))"
            )
        }
        return .link(network: network, machine: machine, change)
    }

    // MARK: Machines

    private func machineAction(_ keys: FoundKeys, _ reader: NodeReader) throws(LabFileError)
        -> FaultAction
    {
        let machine = try directory.machine(keys["machine"]!)
        guard plan.machines[machine].model == nil else {
            throw keys["machine"]!.error(
                "machine \(plan.machines[machine].name) is a model: only its links and ways to others can fail"
            )
        }
        let clock = keys["clock"] ?? keys["drift"]
        let found = [keys["kill"], keys["pause"], clock].compactMap(\.self)
        guard found.count <= 1 else {
            throw found[1].error("\(reader.name) has two things that go wrong: each entry has one")
        }
        if let kill = keys["kill"] {
            try requireTrue(kill)
            return .kill(machine: machine, restartAfter: try keys["restart"].map(restartDelay))
        }
        if let restart = keys["restart"] {
            guard found.isEmpty else {
                throw restart.error("'restart' goes with 'kill' or alone in \(reader.name)")
            }
            try requireTrue(restart)
            return .restart(machine: machine)
        }
        if let pause = keys["pause"] {
            try requireTrue(pause)
            return .pause(machine: machine)
        }
        guard clock != nil else {
            throw reader.error(
                "\(reader.name) does not say what happens to the machine: \(LabFile.alternatives(Self.machineKeys))"
            )
        }
        let step = try keys["clock"]?.value(StepText.parse)
        if let step { try keys["clock"]!.check(step.magnitude, in: LabLimits.positiveTimes) }
        return .clock(
            machine: machine, step: step,
            drift: try keys["drift"]?.value(DriftText.parse))
    }

    /// `after 10s` or `10s`.
    private func restartDelay(_ reader: NodeReader) throws(LabFileError) -> UInt64 {
        let text = try reader.string()
        let delay = try reader.value { (_) throws(TextError) in
            try DurationText.parse(text.hasPrefix("after ") ? String(text.dropFirst(6)) : text)
        }
        try reader.check(delay, in: LabLimits.positiveTimes)
        return delay
    }

    private func requireTrue(_ reader: NodeReader) throws(LabFileError) {
        guard try reader.bool() else { throw reader.error("\(reader.name) is true or is not there") }
    }

    /// What lasts may say how long; what is a moment must not; a pause without an end would be a lab without one.
    private func check(
        _ action: FaultAction, _ duration: UInt64?, _ keys: FoundKeys, _ reader: NodeReader
    ) throws(LabFileError) {
        let moment: String? =
            switch action {
            case .kill: "a kill is a moment: 'restart: after 10s' says when the machine boots again"
            case .restart: "a restart is a moment and has no 'for'"
            case .clock(_, _, nil): "a clock's step is a moment and has no 'for': only a drift lasts"
            case .partition, .cut, .link, .pause, .clock: nil
            }
        if let moment, duration != nil { throw keys["for"]!.error("\(reader.name): \(moment)") }
        if case .pause = action, duration == nil { throw reader.error("\(reader.name): 'pause' needs 'for'") }
    }
}

extension LabFile {
    /// The faults of a lab, in the order of the file; what is drawn stands where it was asked for.
    static func faultPlans(_ reader: NodeReader, _ plan: LabPlan, _ directory: MachineDirectory)
        throws(LabFileError)
        -> [FaultPlan]
    {
        let faults = FaultReader(plan: plan, directory: directory)
        let entries = try reader.named("faults").elements().enumerated().map { (index, node) in
            node.named("fault \(index + 1)")
        }
        var plans: [[FaultPlan]] = []
        for entry in entries { plans.append(try faults.fault(entry).map { [$0] } ?? []) }
        for (entry, plan) in zip(entries, plans) {
            guard case .restart(let machine)? = plan.first?.action else { continue }
            guard plans.joined().contains(where: { $0.kills(machine) }) else {
                throw entry.error(
                    "\(entry.name): machine \(faults.plan.machines[machine].name) is never killed")
            }
        }
        var drawing = FaultDrawing(plan, fixed: Array(plans.joined()))
        for (index, entry) in entries.enumerated() {
            guard let node = try entry.entries().first(where: { $0.key == "random" })?.value else { continue }
            plans[index] = drawing.draw(try faults.random(node), name: "faults \(index)")
        }
        guard plans.joined().count <= LabLimits.faults else {
            throw reader.error("a lab has at most \(LabLimits.faults) faults")
        }
        return Array(plans.joined())
    }
}

extension FaultPlan {
    fileprivate func kills(_ machine: Int) -> Bool {
        if case .kill(machine, _) = action { true } else { false }
    }
}
