internal import Network

extension LabPlan {
    func writeNetwork(_ index: Int, to out: inout YAMLWriter) {
        let network = networks[index]
        out.line(1, "\(YAMLWriter.quoted(network.name)):")
        if let subnet = network.subnet { out.line(2, "subnet: \(subnet)") }
        out.line(2, "kind: \(network.kind.rawValue)")
        out.line(2, "latency: \(DurationText.format(network.latency))")
        out.line(2, "mtu: \(network.mtu)")
        out.line(2, "offload: \(network.offload)")
        out.line(2, "capture: \(network.capture)")
        writePaths(network, to: &out)
    }

    /// One way only where the other is the same.
    private func writePaths(_ network: NetworkPlan, to out: inout YAMLWriter) {
        guard !network.paths.isEmpty else { return }
        out.line(2, "latencies:")
        var rows: [Int: [(to: Int, path: PathProfile)]] = [:]
        for (pair, path) in network.paths {
            let back = network.paths[MachinePair(from: pair.to, to: pair.from)]
            guard pair.from < pair.to || back != path else { continue }
            rows[pair.from, default: []].append((pair.to, path))
        }
        for (from, row) in rows.sorted(by: { $0.key < $1.key }) {
            let entries = row.sorted { $0.to < $1.to }.map { to, path in
                let latency = DurationText.format(path.latency)
                let value =
                    path.loss == .never
                    ? latency : "{ latency: \(latency), loss: \(PercentText.format(path.loss)) }"
                return "\(YAMLWriter.word(machines[to].name)): \(value)"
            }
            out.line(3, "\(YAMLWriter.word(machines[from].name)): { \(entries.joined(separator: ", ")) }")
        }
    }

    func write(_ interface: InterfacePlan, to out: inout YAMLWriter) {
        out.line(3, "\(YAMLWriter.quoted(networks[interface.network].name)):")
        if let address = interface.address { out.line(4, "address: \(address)") }
        if !interface.aliases.isEmpty { out.line(4, "aliases: \(YAMLWriter.list(interface.aliases))") }
        out.line(4, "mac: \(YAMLWriter.quoted(interface.mac.description))")
        if let mtu = interface.mtu { out.line(4, "mtu: \(mtu)") }
        for (way, profile) in [("out", interface.out), ("in", interface.in)] where !profile.isIdeal {
            out.line(4, "\(way):")
            for (key, value) in LinkKey.entries(of: profile) { out.line(5, "\(key): \(value)") }
        }
    }
}
