internal import Network

/// What the file says of an interface that the plan has not.
struct InterfaceNotes {
    /// Where it stands in the network's graph.
    var node: NodeReader?
    /// Its own bandwidth, or its network's, which a graph's does not replace.
    var hasOutBandwidth: Bool
    var hasInBandwidth = false
}

extension LabFile {
    /// A list of networks, or a mapping to addresses. Addresses left out are assigned later.
    static func interfaces(_ reader: NodeReader, _ networks: [NetworkDraft]) throws(LabFileError)
        -> ([InterfacePlan], [InterfaceNotes])
    {
        var plans: [InterfacePlan] = []
        var notes: [InterfaceNotes] = []
        func add(_ network: String, _ at: NodeReader) throws(LabFileError) -> NetworkDraft {
            let index = try networkIndex(network, at, networks.map(\.plan.name))
            guard !plans.contains(where: { $0.network == index }) else {
                throw at.error("\(reader.name) names \(quoted(network)) twice")
            }
            plans.append(
                InterfacePlan(
                    name: "eth\(plans.count)", network: index, address: nil, mac: MACAddress(value: 0),
                    out: networks[index].profile))
            notes.append(InterfaceNotes(hasOutBandwidth: networks[index].keys["bandwidth"] != nil))
            return networks[index]
        }
        if reader.isSequence {
            for element in try reader.elements() { _ = try add(try element.string(), element) }
            return (plans, notes)
        }
        if let name = reader.text, !reader.isNull {
            throw reader.error(
                "\(reader.name) must be a list or a mapping of networks: write [\(Excerpt.of(name))]")
        }
        for (network, value) in try reader.entries() {
            let draft = try add(network, value)
            let last = plans.count - 1
            guard value.isMapping else {
                plans[last].address = value.isNull ? nil : try address(value)
                continue
            }
            let keys = try value.keys(KeyTable.interface)
            plans[last].address = try keys["address"].flatMap(address)
            if let mac = keys["mac"] { plans[last].mac = try macAddress(mac) }
            for alias in try keys["aliases"]?.elements() ?? [] {
                plans[last].aliases.append(try alias.value(aliasText))
            }
            plans[last].mtu = try keys["mtu"].map(mtu)
            if let out = keys["out"] {
                plans[last].out = try linkProfile(out, instead: draft.profile)
                if try out.has("bandwidth") { notes[last].hasOutBandwidth = true }
            }
            if let way = keys["in"] {
                plans[last].in = try linkProfile(way, instead: LinkProfile())
                notes[last].hasInBandwidth = try way.has("bandwidth")
            }
            notes[last].node = keys["node"]
            if let node = keys["node"], draft.keys["graph"] == nil {
                throw node.error("\(node.name) is a node of a 'graph', which \(draft.reader.name) has not")
            }
        }
        return (plans, notes)
    }

    /// A name in /etc/hosts; underscores are usual there.
    static func aliasText(_ text: String) throws(TextError) -> String {
        let isName = text.utf8.allSatisfy { SoftwareText.isNameByte($0) || $0 == UInt8(ascii: "_") }
        guard isName, !text.isEmpty, text.utf8.count <= 253 else {
            throw TextError("\(quoted(text)) is not a name: letters, digits, hyphens, underscores and dots")
        }
        return text
    }

    /// The network's place in the plan.
    static func networkIndex(_ name: String, _ reader: NodeReader, _ known: [String]) throws(LabFileError)
        -> Int
    {
        if let index = known.firstIndex(of: name) { return index }
        let hint =
            Suggestion.nearest(to: name, among: known).map { "did you mean \(quoted($0))?" }
            ?? (known.isEmpty
                ? "the lab has no 'networks'" : "the networks are: \(known.joined(separator: ", "))")
        throw reader.error("there is no network \(quoted(name)): \(hint)")
    }

    private static func address(_ reader: NodeReader) throws(LabFileError) -> IPv4Address? {
        if reader.isNull { return nil }
        let text = try reader.string()
        guard let address = IPv4Address(text) else {
            throw reader.error("\(quoted(text)) is not an IPv4 address")
        }
        return address
    }

    private static func macAddress(_ reader: NodeReader) throws(LabFileError) -> MACAddress {
        let text = try reader.string()
        guard let mac = MACAddress(text) else {
            throw reader.error("\(quoted(text)) is not a MAC address like 02:00:00:00:00:01")
        }
        guard !mac.isGroup, mac.value != 0 else {
            throw reader.error("\(quoted(text)) is not the address of one interface")
        }
        return mac
    }
}
