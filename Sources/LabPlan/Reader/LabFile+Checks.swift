/// What judges a lab while it runs: commands of machines, and rules about what machines say.
extension LabFile {
    private static let defaultCheckInterval: UInt64 = 1_000_000_000

    static func checkPlan(_ reader: NodeReader) throws(LabFileError) -> CheckPlan {
        let keys = try reader.keys(KeyTable.check)
        guard let text = keys["command"] else { throw reader.error("\(reader.name) has no 'command'") }
        return CheckPlan(
            command: try command(text), schedule: try schedule(keys, reader),
            status: try keys["expect"]?.status() ?? 0)
    }

    private static func schedule(_ keys: FoundKeys, _ reader: NodeReader) throws(LabFileError)
        -> CheckPlan.Schedule
    {
        func forbid(_ others: [String], beside key: String) throws(LabFileError) {
            for other in others {
                if let node = keys[other] {
                    throw node.error("\(reader.name) has \(quoted(other)) beside \(quoted(key))")
                }
            }
        }
        if let at = keys["at"] {
            try forbid(["every", "from", "until", "eventually"], beside: "at")
            return .at(try instant(at, "checks start"))
        }
        let interval = try keys["every"]?.duration()
        if let limit = keys["eventually"] {
            try forbid(["from", "until"], beside: "eventually")
            return .eventually(
                limit: try limit.duration(), interval: interval ?? defaultCheckInterval)
        }
        guard let interval else {
            throw reader.error("\(reader.name) does not say when: 'at', 'every' or 'eventually'")
        }
        let from =
            try keys["from"].map { (node) throws(LabFileError) in try instant(node, "checks start") }
            ?? firstCommand + interval
        let until = try keys["until"]?.duration()
        if let until, until <= from {
            throw keys["until"]!.error(
                "\(keys["until"]!.name) must be after the first, which is at \(DurationText.format(from))"
            )
        }
        return .every(interval: interval, from: from, until: until)
    }

    /// An instant at which machines are up.
    ///
    /// - Parameter subject: what is then: "commands start".
    static func instant(_ reader: NodeReader, _ subject: String) throws(LabFileError) -> UInt64 {
        let at = try reader.duration()
        guard at >= firstCommand else {
            throw reader.error(
                "\(reader.name): machines boot in the first simulated second; \(subject) at 1s or later")
        }
        return at
    }

    /// Checks that the first run of each is before the lab's end.
    static func checkChecks(_ plan: LabPlan, _ readers: [(key: String, value: NodeReader)])
        throws(LabFileError)
    {
        guard let until = plan.until else { return }
        for (machine, reader) in zip(plan.machines, readers) {
            for (index, check) in machine.checks.enumerated() {
                switch check.schedule {
                case .at(let first), .every(_, let first, _):
                    guard first >= until else { continue }
                    throw reader.value.error(
                        "check \(index + 1) of machine \(machine.name) is at \(DurationText.format(first)), "
                            + "but the lab ends at \(DurationText.format(until)) ('until')")
                case .eventually, .health: continue
                }
            }
        }
    }

    // MARK: Logs

    static func logRule(_ reader: NodeReader, _ plan: LabPlan, _ directory: MachineDirectory)
        throws(LabFileError)
        -> LogRule
    {
        let keys = try reader.keys(KeyTable.logRule)
        let (isForbidden, node) = try keys.exactlyOne("never", "must", of: reader)
        let rule = LogRule(
            pattern: try pattern(node), isRequired: !isForbidden,
            source: try keys["in"]?.word(LogSource.self) ?? .all,
            machines: try keys["machines"].map(directory.machines))
        if rule.source == .console,
            let model = rule.machines?.first(where: { plan.machines[$0].model != nil })
        {
            throw keys["machines"]!.error(
                "machine \(plan.machines[model].name) is a model and has no console")
        }
        return rule
    }

    /// A regular expression that can be used.
    static func pattern(_ reader: NodeReader) throws(LabFileError) -> String {
        let text = try reader.string()
        guard !text.isEmpty else { throw reader.error("\(reader.name) is empty") }
        do {
            // Some expressions fail only when they are used.
            _ = try Regex(text).firstMatch(in: "")
        } catch {
            throw reader.error(
                "\(reader.name) is not a regular expression: \(Excerpt.of("\(error)", longest: 200))")
        }
        return text
    }
}
