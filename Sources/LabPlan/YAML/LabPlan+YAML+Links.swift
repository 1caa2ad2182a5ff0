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
        out.line(4, "mac: \(YAMLWriter.quoted(interface.mac.description))")
        if let mtu = interface.mtu { out.line(4, "mtu: \(mtu)") }
        for (way, profile) in [("out", interface.out), ("in", interface.in)] where !profile.isIdeal {
            out.line(4, "\(way):")
            for (key, value) in LinkText.entries(profile) { out.line(5, "\(key): \(value)") }
        }
    }
}

/// Links as a lab file has them.
enum LinkText {
    /// What is different from an ideal link, key by key.
    static func entries(_ profile: LinkProfile) -> [(key: String, value: String)] {
        let ideal = LinkProfile()
        var change = LinkChange()
        if profile.latency != ideal.latency { change.latency = profile.latency }
        change.jitter = profile.jitter
        change.bandwidth = profile.bandwidth
        if profile.queue != ideal.queue { change.queue = profile.queue }
        if profile.loss != ideal.loss { change.loss = profile.loss }
        if profile.duplicate != ideal.duplicate { change.duplicate = profile.duplicate }
        if profile.reorder != ideal.reorder { change.reorder = profile.reorder }
        if profile.corrupt != ideal.corrupt { change.corrupt = profile.corrupt }
        let overhead = profile.overhead == ideal.overhead ? [] : [("overhead", "\(profile.overhead)")]
        return entries(change) + overhead
    }

    /// What a fault changes, key by key; neither `down` nor the direction.
    static func entries(_ change: LinkChange) -> [(key: String, value: String)] {
        let entries: [(String, String?)] = [
            ("latency", change.latency.map(DurationText.format)), ("jitter", change.jitter.map(text)),
            ("bandwidth", change.bandwidth.map(BandwidthText.format)), ("queue", change.queue.map(text)),
            ("loss", change.loss.map(text)), ("duplicate", change.duplicate.map(PercentText.format)),
            ("reorder", change.reorder.map(text)), ("corrupt", change.corrupt.map(PercentText.format)),
        ]
        return entries.compactMap { key, value in value.map { (key, $0) } }
    }

    private static func text(_ jitter: Jitter) -> String {
        let scale = DurationText.format(jitter.scale)
        guard jitter.distribution != .uniform else { return scale }
        return "{ distribution: \(jitter.distribution.rawValue), scale: \(scale) }"
    }

    private static func text(_ loss: LossModel) -> String {
        switch loss {
        case .none: "0%"
        case .independent(let share): PercentText.format(share)
        case .gilbertElliott(let toBad, let toGood, let lossInGood, let lossInBad):
            "{ model: gilbert-elliott, to-bad: \(PercentText.format(toBad)), to-good: \(PercentText.format(toGood)), "
                + "loss-in-bad: \(PercentText.format(lossInBad)), loss-in-good: \(PercentText.format(lossInGood)) }"
        }
    }

    private static func text(_ reorder: ReorderProfile) -> String {
        let share = PercentText.format(reorder.share)
        guard reorder.by != ReorderProfile().by || reorder.byJitter else { return share }
        return "{ share: \(share), by: \(DurationText.format(reorder.by)), jitter: \(reorder.byJitter) }"
    }

    private static func text(_ queue: QueueProfile) -> String {
        let limit = QueueLimitText.format(queue.limit)
        switch queue.discipline {
        case .dropTail: return limit
        case .red(let minimum, let maximum, let probability, let weightShift):
            let threshold: (Int) -> String =
                switch queue.limit {
                case .frames: { QueueLimitText.format(.frames($0)) }
                case .bytes: { QueueLimitText.format(.bytes($0)) }
                }
            return
                "{ limit: \(limit), discipline: red, minimum: \(threshold(minimum)), maximum: \(threshold(maximum)), "
                + "probability: \(PercentText.format(probability)), weight-shift: \(weightShift) }"
        case .codel(let target, let interval):
            return "{ limit: \(limit), discipline: codel, target: \(DurationText.format(target)), "
                + "interval: \(DurationText.format(interval)) }"
        }
    }
}
