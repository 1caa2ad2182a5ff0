internal import Network

/// Faults as text: lines for people, and `faults:` of a lab file.
enum FaultText {
    /// Most names of a group in a line for people.
    private static let mostNames = 6

    static func description(_ action: FaultAction, in plan: LabPlan) -> String {
        func names(_ machines: [Int]) -> String {
            let shown = machines.prefix(mostNames).map { plan.machines[$0].name }.joined(separator: " ")
            return machines.count > mostNames ? "\(shown) and \(machines.count - mostNames) more" : shown
        }
        switch action {
        case .partition(let groups): return "partition " + groups.map(names).joined(separator: " | ")
        case .cut(let from, let to): return "cut \(names(from)) > \(names(to))"
        case .link(let network, let machine, let change):
            let link = "\(plan.networks[network].name)/\(plan.machines[machine].name)"
            let way = change.direction == .both ? "" : " \(change.direction.rawValue)"
            let words =
                change.isDown ? ["down"] : change.entries.map { key, value in "\(key) \(value)" }
            return "\(link)\(way): \(words.joined(separator: ", "))"
        case .pause(let machine): return "\(plan.machines[machine].name) is paused"
        case .kill(let machine, _): return "\(plan.machines[machine].name) is killed"
        case .restart(let machine): return "\(plan.machines[machine].name) restarts"
        case .clock(let machine, let step, let drift):
            let words = [
                step.map { "clock \(StepText.format($0))" }, drift.map { "drift \(DriftText.format($0))" },
            ]
            return "\(plan.machines[machine].name): \(words.compactMap(\.self).joined(separator: ", "))"
        }
    }

    /// The lines of an entry of `faults:`.
    static func write(_ fault: FaultPlan, in plan: LabPlan, to out: inout YAMLWriter) {
        switch fault.start {
        case .at(let instant): out.line(1, "- at: \(DurationText.format(instant))")
        case .after(let delay, let trigger):
            let machine =
                trigger.machine.map { "machine: \(YAMLWriter.word(plan.machines[$0].name)), " } ?? ""
            out.line(
                1, "- when: { \(machine)\(trigger.source.rawValue): \(YAMLWriter.quoted(trigger.pattern)) }")
            out.line(2, "after: \(DurationText.format(delay))")
        }
        for (key, value) in entries(fault.action, in: plan) { out.line(2, "\(key): \(value)") }
        if let duration = fault.duration { out.line(2, "for: \(DurationText.format(duration))") }
    }

    private static func entries(_ action: FaultAction, in plan: LabPlan) -> [(key: String, value: String)] {
        func name(_ machine: Int) -> String { YAMLWriter.word(plan.machines[machine].name) }
        func list(_ machines: [Int]) -> String { "[\(machines.map(name).joined(separator: ", "))]" }
        switch action {
        case .partition(let groups):
            return [("partition", "[\(groups.map(list).joined(separator: ", "))]")]
        case .cut(let from, let to):
            return [("partition", "{ from: \(list(from)), to: \(list(to)) }")]
        case .link(let network, let machine, let change):
            let link = "\(plan.networks[network].name)/\(plan.machines[machine].name)"
            let way = change.direction == .both ? [] : [("direction", change.direction.rawValue)]
            return [("link", YAMLWriter.quoted(link))] + way
                + (change.isDown ? [("down", "true")] : change.entries)
        case .pause(let machine): return [("machine", name(machine)), ("pause", "true")]
        case .kill(let machine, let delay):
            let restart = delay.map { [("restart", "after \(DurationText.format($0))")] } ?? []
            return [("machine", name(machine)), ("kill", "true")] + restart
        case .restart(let machine): return [("machine", name(machine)), ("restart", "true")]
        case .clock(let machine, let step, let drift):
            return [("machine", name(machine))]
                + (step.map { [("clock", StepText.format($0))] } ?? [])
                + (drift.map { [("drift", DriftText.format($0))] } ?? [])
        }
    }
}

extension FaultPlan {
    /// One short line: `partition m1 m2 | m3`, `lan/m2: loss 20%`, `m3 is killed`.
    package func description(in plan: LabPlan) -> String { FaultText.description(action, in: plan) }
}

extension LabPlan {
    /// Faults as a list that can stand in a lab file.
    package func faultsYAML(_ faults: [FaultPlan]) -> String {
        var out = YAMLWriter()
        write(faults, to: &out)
        return out.text
    }

    func write(_ faults: [FaultPlan], to out: inout YAMLWriter) {
        out.line(0, faults.isEmpty ? "faults: []" : "faults:")
        for fault in faults { FaultText.write(fault, in: self, to: &out) }
    }
}
