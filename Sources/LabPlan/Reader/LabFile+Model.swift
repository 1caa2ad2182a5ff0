internal import Models
internal import Network

/// A peer that a model names, to be found once every machine is known.
struct PeerReference {
    /// Index of the model's machine in the plan.
    let machine: Int
    /// Index among the kind's parameters.
    let parameter: Int
    let reader: NodeReader
}

/// Machines of the file with a `count`.
struct MachineGroups {
    /// Members of each group.
    var sizes: [String: Int] = [:]
    /// Number of a machine in its group, from 1, by index in the plan.
    var numbers: [Int: Int] = [:]
}

extension LabFile {
    /// What `model:` says: a kind, or a mapping with `kind` and its parameters.
    static func modelPlan(_ node: NodeReader, of machine: NodeReader, _ keys: FoundKeys)
        throws(LabFileError) -> (ModelPlan, peers: [(parameter: Int, reader: NodeReader)])
    {
        for key in KeyTable.kernelOnly {
            guard let stranger = keys[key] else { continue }
            throw stranger.error("\(quoted(key)) is for machines with a kernel; \(machine.name) is a model")
        }
        guard node.isMapping else {
            return try modelPlan(kind: node, node, of: machine)
        }
        guard let kind = try node.entries().first(where: { $0.key == "kind" })?.value else {
            throw node.error("\(node.name) has no 'kind': \(kinds)")
        }
        return try modelPlan(kind: kind, node, of: machine)
    }

    private static var kinds: String {
        "the kinds are " + ModelKinds.all.map { $0.kind }.joined(separator: ", ")
    }

    private static func modelPlan(
        kind node: NodeReader, _ at: NodeReader, of machine: NodeReader
    ) throws(LabFileError) -> (ModelPlan, peers: [(parameter: Int, reader: NodeReader)]) {
        let word = try node.string()
        guard let kind = ModelKinds.named(word) else {
            let hint =
                Suggestion.nearest(to: word, among: ModelKinds.all.map { $0.kind }).map {
                    "did you mean \(quoted($0))?"
                }
                ?? kinds
            throw node.error("there is no model \(quoted(word)): \(hint)")
        }
        let names = kind.parameters.map(\.name)
        let given = at.isMapping ? try at.keys(ModelKeys.table(of: word)) : FoundKeys()
        var values: [ModelValue] = []
        var peers: [(parameter: Int, reader: NodeReader)] = []
        for (index, parameter) in kind.parameters.enumerated() {
            if let reader = given[parameter.name] {
                values.append(try value(of: parameter, reader))
                if case .peer = parameter.kind { peers.append((index, reader)) }
            } else if let value = parameter.defaultValue {
                values.append(value)
            } else {
                throw at.error("model \(word) of \(machine.name) needs \(quoted(parameter.name))")
            }
        }
        return (ModelPlan(kind: word, settings: ModelSettings(names, values)), peers)
    }

    private static func value(of parameter: ModelParameter, _ reader: NodeReader) throws(LabFileError)
        -> ModelValue
    {
        switch parameter.kind {
        case .duration(let range):
            return .duration(try reader.duration(range.clamped(to: LabLimits.times)))
        case .integer(let range):
            return .integer(try reader.integer(range))
        case .word(let words):
            let word = try reader.string()
            guard words.contains(word) else {
                throw reader.error("\(reader.name) must be \(words.joined(separator: " or "))")
            }
            return .word(word)
        case .peer:
            return .peer(name: try reader.string(), address: nil)
        }
    }

    // MARK: Once all machines are known

    /// Finds the machines that models name, checks that their settings go together, and sets what they do.
    static func resolveModels(
        _ plan: inout LabPlan, _ machines: [(key: String, value: NodeReader)], _ peers: [PeerReference],
        _ groups: MachineGroups, _ directory: MachineDirectory
    ) throws(LabFileError) {
        for (machine, entry) in zip(plan.machines, machines) where machine.model != nil {
            guard !machine.interfaces.isEmpty, machine.interfaces.allSatisfy({ $0.address != nil }) else {
                throw entry.value.error(
                    "machine \(machine.name): a model needs 'networks', each with a 'subnet'")
            }
        }
        for peer in peers { try resolve(peer, &plan, groups, directory) }
        for index in plan.machines.indices {
            let machine = plan.machines[index]
            guard let model = machine.model, let kind = ModelKinds.named(model.kind) else { continue }
            let reader = machines[index].value
            let mtu = machine.interfaces.map { plan.mtu(of: $0) }.min() ?? 0
            if let objection = kind.objection(to: model.settings, mtu: mtu) {
                throw reader.error("machine \(machine.name): \(objection)")
            }
            let ends = kind.ends(model.settings)
            plan.machines[index].commands = [
                CommandPlan(
                    index: 0, command: kind.summary(model.settings), at: nil, background: !ends,
                    expectation: ends ? .status(0) : .statusOrRunning(0), stopSignal: .term)
            ]
        }
    }

    private static func resolve(
        _ peer: PeerReference, _ plan: inout LabPlan, _ groups: MachineGroups, _ directory: MachineDirectory
    ) throws(LabFileError) {
        let machine = plan.machines[peer.machine]
        let text = try peer.reader.string()
        let subnets = machine.interfaces.compactMap { plan.networks[$0.network].subnet }
        var resolved: (name: String, address: IPv4Address)
        if let address = IPv4Address(text) {
            guard subnets.contains(where: { $0.contains(address) }) else {
                throw peer.reader.error(
                    "\(address) is in no network of machine \(machine.name): models do not route")
            }
            resolved = (text, address)
        } else {
            let name = groups.member(of: text, for: peer.machine)
            let other = plan.machines[try directory.machine(name, at: peer.reader)]
            let networks = Set(machine.interfaces.map(\.network))
            guard let address = other.interfaces.first(where: { networks.contains($0.network) })?.address
            else {
                throw peer.reader.error(
                    "machine \(machine.name) shares no network with \(name): models do not route")
            }
            resolved = (name, address)
        }
        guard !machine.interfaces.contains(where: { $0.address == resolved.address }) else {
            throw peer.reader.error("machine \(machine.name) names itself")
        }
        plan.machines[peer.machine].model?.settings.values[peer.parameter] = .peer(
            name: resolved.name, address: resolved.address)
    }
}

extension MachineGroups {
    /// A group's name stands for the member with the same number as whoever names it, or that modulo the group's size.
    func member(of name: String, for machine: Int) -> String {
        guard let size = sizes[name] else { return name }
        return "\(name)\(((numbers[machine] ?? 1) - 1) % size + 1)"
    }
}
