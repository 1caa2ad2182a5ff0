internal import Network

/// A network as its entry has it, until its machines are known.
struct NetworkDraft {
    var plan: NetworkPlan
    /// Every interface's way out.
    var profile: LinkProfile
    let reader: NodeReader
    let keys: FoundKeys
}

extension LabFile {
    /// - Parameter captures: what the lab says of all networks.
    static func networkDraft(_ name: String, _ reader: NodeReader, _ captures: Bool) throws(LabFileError)
        -> NetworkDraft
    {
        try checkHostName(name, reader, kind: "network")
        let keys = try reader.keys(KeyTable.network)
        var subnet: IPv4Subnet?
        if let text = try keys["subnet"]?.string() {
            guard let parsed = IPv4Subnet(text) else {
                throw keys["subnet"]!.error(
                    "\(quoted(text)) is not an IPv4 network like 10.0.0.0/24 (host bits must be 0)")
            }
            subnet = parsed
        }
        var profile = try linkProfile(keys, at: .network, instead: LinkProfile())
        // A network's latency is not that of its links: frames meet it once.
        let latency = keys["latency"] == nil ? defaultLatency : profile.latency
        profile.latency = 0
        let plan = NetworkPlan(
            name: name, subnet: subnet, kind: try keys["kind"]?.word(NetworkKind.self) ?? .switch,
            latency: latency, mtu: try keys["mtu"].map(mtu) ?? defaultMTU, offload: true,
            capture: try keys["capture"]?.bool() ?? captures)
        return NetworkDraft(plan: plan, profile: profile, reader: reader, keys: keys)
    }

    static func mtu(_ reader: NodeReader) throws(LabFileError) -> Int {
        Int(try reader.integer(LabLimits.mtus))
    }

    /// A direction of an interface: what it says stands instead of the network's.
    static func linkProfile(_ reader: NodeReader, instead base: LinkProfile) throws(LabFileError)
        -> LinkProfile
    {
        try linkProfile(try reader.keys(KeyTable.link), at: .interface, instead: base)
    }

    private static func linkProfile(
        _ keys: FoundKeys, at place: LinkKey.Place, instead base: LinkProfile
    ) throws(LabFileError) -> LinkProfile {
        var profile = base
        for (key, value) in LinkKey.given(keys, at: place) { try key.read(value, place, &profile) }
        return profile
    }

    // MARK: Once all machines are known

    /// Says what lies between machines that a network's `latencies` name.
    static func resolvePaths(_ plan: inout LabPlan, _ drafts: [NetworkDraft], _ directory: MachineDirectory)
        throws(LabFileError)
    {
        for (network, draft) in drafts.enumerated() {
            guard let latencies = draft.keys["latencies"] else { continue }
            let present = Self.members(of: network, plan)
            var paths: [MachinePair: PathProfile] = [:]
            func members(_ name: String, _ reader: NodeReader) throws(LabFileError) -> [Int] {
                let named = try directory.members(of: name, at: reader)
                for machine in named where !present.contains(machine) {
                    throw reader.error(
                        "machine \(plan.machines[machine].name) is not in \(draft.reader.name)")
                }
                return named
            }
            for (name, row) in try latencies.entries() {
                let senders = try members(name, row)
                for (other, value) in try row.entries() {
                    let profile = try pathProfile(value)
                    let receivers = try members(other, value)
                    guard name != other || senders.count > 1 else {
                        throw value.error("\(value.name): nothing lies between a machine and itself")
                    }
                    guard paths.count + senders.count * receivers.count <= LabLimits.paths else {
                        throw value.error(
                            "\(draft.reader.name) has more than \(LabLimits.paths) paths between machines")
                    }
                    for from in senders {
                        for to in receivers where to != from {
                            guard paths.updateValue(profile, forKey: MachinePair(from: from, to: to)) == nil
                            else {
                                throw value.error(
                                    "\(value.name): what lies between \(plan.machines[from].name) and "
                                        + "\(plan.machines[to].name) is said twice")
                            }
                        }
                    }
                }
            }
            // The way back is the same where it is not given.
            for (pair, profile) in paths {
                let back = MachinePair(from: pair.to, to: pair.from)
                plan.networks[network].paths[pair] = profile
                if paths[back] == nil { plan.networks[network].paths[back] = profile }
            }
        }
    }

    /// `10ms`, or `{ latency: 10ms, loss: 1% }`.
    private static func pathProfile(_ reader: NodeReader) throws(LabFileError) -> PathProfile {
        guard reader.isMapping else {
            return PathProfile(latency: try reader.duration(LabLimits.delays))
        }
        let keys = try reader.keys(KeyTable.path)
        guard keys["latency"] != nil else { throw reader.error("\(reader.name) has no 'latency'") }
        let link = try linkProfile(keys, at: .path, instead: LinkProfile())
        guard case .independent(let loss) = link.loss else { return PathProfile(latency: link.latency) }
        return PathProfile(latency: link.latency, loss: loss)
    }

    /// Checks what needs all interfaces and faults, and says what machines may leave to a network: nothing where something
    /// shapes frames, unless the file says otherwise, for 64 KiB would then be lost or late as one.
    static func finishNetworks(_ plan: inout LabPlan, _ drafts: [NetworkDraft]) throws(LabFileError) {
        for (draft, floors) in zip(drafts, NetworkFloors.all(of: plan))
        where floors.isShaping && floors.leastDelay == 0 {
            throw draft.reader.error(
                "\(draft.reader.name) has links that shape frames and no latency: give it a latency, 1us for example"
            )
        }
        var interfaces = [[InterfacePlan]](repeating: [], count: drafts.count)
        for interface in plan.machines.flatMap(\.interfaces) {
            interfaces[interface.network].append(interface)
        }
        var changes = [[LinkChange]](repeating: [], count: drafts.count)
        for fault in plan.faults {
            if case .link(let network, _, let change) = fault.action { changes[network].append(change) }
        }
        for (network, draft) in drafts.enumerated() {
            let count = interfaces[network].count
            guard draft.plan.kind != .pointToPoint || count == 2 else {
                throw draft.reader.error(
                    "\(draft.reader.name) is point-to-point and has \(count) machines: it takes 2")
            }
            let profiles = interfaces[network].flatMap { [$0.out, $0.in] }
            let hasBandwidth =
                profiles.contains { $0.bandwidth != nil }
                || changes[network].contains(where: \.limitsBandwidth)
            guard hasBandwidth || !profiles.contains(where: hasTransmitterSettings) else {
                throw (draft.keys["queue"] ?? draft.keys["overhead"] ?? draft.reader).error(
                    "\(draft.reader.name): without a 'bandwidth' nothing waits: 'queue' and 'overhead' mean nothing"
                )
            }
            let isShaped =
                profiles.contains { !$0.isIdeal } || changes[network].contains(where: \.isShaping)
                || plan.networks[network].paths.values.contains { $0.loss > .never }
            plan.networks[network].offload = try draft.keys["offload"]?.bool() ?? !isShaped
        }
    }

    /// `a, b or c`.
    static func alternatives(_ words: [String]) -> String {
        words.dropLast().joined(separator: ", ") + " or " + (words.last ?? "")
    }

    /// Machines with an interface on a network.
    private static func members(of network: Int, _ plan: LabPlan) -> Set<Int> {
        Set(plan.machines.indices.filter { plan.machines[$0].interfaces.contains { $0.network == network } })
    }

    /// The link has settings that only a transmitter that takes time uses.
    private static func hasTransmitterSettings(_ link: LinkProfile) -> Bool {
        link.queue != QueueProfile() || link.overhead != LinkProfile.ethernetOverhead
    }
}
