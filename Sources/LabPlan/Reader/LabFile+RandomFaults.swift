internal import Network

extension FaultReader {
    /// How much, by kind.
    private static let amounts = ["loss", "latency", "corrupt", "clock"]

    /// The mapping of `random:`.
    func random(_ reader: NodeReader) throws(LabFileError) -> RandomFaults {
        let keys = try reader.keys(KeyTable.random)
        guard let every = keys["every"], let kinds = keys["kinds"] else {
            throw reader.error(
                "\(reader.name) needs 'every' and 'kinds': { every: 20s..60s, kinds: [partition, kill] }")
        }
        func durations(_ key: String, _ usual: ClosedRange<UInt64>) throws(LabFileError) -> ClosedRange<
            UInt64
        > {
            try keys[key].map { (node) throws(LabFileError) in try node.durations() } ?? usual
        }
        func shares(_ key: String, _ usual: ClosedRange<UInt32>) throws(LabFileError) -> ClosedRange<
            Probability
        > {
            if let node = keys[key] {
                return try node.value { (text) throws(TextError) in
                    try RangeText.parse(text, PercentText.parse)
                }
            }
            return Probability(
                partsPerBillion: usual.lowerBound)...Probability(partsPerBillion: usual.upperBound)
        }
        let second: UInt64 = 1_000_000_000
        let random = RandomFaults(
            every: try every.durations(), kinds: try kindList(kinds, keys), window: try window(keys, reader),
            duration: try durations("for", 5 * second...20 * second),
            ending: try keys["then"]?.word(RandomFaults.Ending.self) ?? .heal,
            machines: try keys["machines"].map(directory.machines) ?? Array(plan.machines.indices),
            loss: try shares("loss", 50_000_000...500_000_000),
            latency: try durations("latency", second / 100...second / 5),
            corrupt: try shares("corrupt", 1_000_000...50_000_000),
            clock: try durations("clock", second...10 * second))
        let width = random.window.upperBound - random.window.lowerBound
        guard width / random.every.lowerBound < LabLimits.faults else {
            throw every.error("\(every.name): a lab has at most \(LabLimits.faults) faults")
        }
        try checkVictims(random, kinds)
        return random
    }

    private func kindList(_ reader: NodeReader, _ keys: FoundKeys) throws(LabFileError)
        -> [RandomFaults.Kind]
    {
        var kinds: [RandomFaults.Kind] = []
        for element in try reader.elements() {
            let kind = try element.word(RandomFaults.Kind.self)
            guard !kinds.contains(kind) else {
                throw element.error("\(reader.name) names \(quoted(kind.rawValue)) twice")
            }
            kinds.append(kind)
        }
        guard !kinds.isEmpty else { throw reader.error("\(reader.name) is empty") }
        for amount in Self.amounts {
            guard let node = keys[amount], !kinds.contains(where: { $0.rawValue == amount }) else { continue }
            throw node.error("\(node.name) says how much, but 'kinds' does not name \(quoted(amount))")
        }
        return kinds
    }

    private func window(_ keys: FoundKeys, _ reader: NodeReader) throws(LabFileError) -> Range<
        UInt64
    > {
        let from =
            try keys["from"].map { (node) throws(LabFileError) in
                try LabFile.instant(node, "a fault begins")
            } ?? LabFile.firstCommand
        guard let until = try keys["until"]?.duration() ?? plan.until else {
            throw reader.error("\(reader.name) needs 'until', for the lab has none")
        }
        if let node = keys["until"], let end = plan.until, until > end {
            throw node.error(
                "\(node.name) is \(DurationText.format(until)), but the lab ends at \(DurationText.format(end)) ('until')"
            )
        }
        guard from < until else {
            throw reader.error(
                "\(reader.name) begins at \(DurationText.format(from)) and ends at \(DurationText.format(until))"
            )
        }
        return from..<until
    }

    /// Each kind needs somebody whom it can hit.
    private func checkVictims(_ random: RandomFaults, _ reader: NodeReader) throws(LabFileError) {
        let machines = random.machines.map { plan.machines[$0] }
        let connected = machines.count { !$0.interfaces.isEmpty }
        for kind in random.kinds {
            let isPossible =
                switch kind {
                case .partition, .cut: connected >= 2
                case .down, .loss, .latency, .corrupt: connected >= 1
                case .kill, .pause, .clock: machines.contains { $0.model == nil }
                }
            guard isPossible else {
                throw reader.error("\(reader.name): there is no machine for \(quoted(kind.rawValue)) to hit")
            }
        }
    }
}
