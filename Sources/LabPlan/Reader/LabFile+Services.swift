/// Whether a machine is healthy, and what its commands wait for.
extension MachinePlan {
    /// The lab does not wait for the end of a service that is always started again.
    package mutating func leaveServiceAlone() {
        guard software.restart == .always, let last = commands.indices.last else { return }
        commands[last].background = true
        if case .status(let status) = commands[last].expectation {
            commands[last].expectation = .statusOrRunning(status)
        }
    }
}

extension LabFile {
    static func healthCheck(_ reader: NodeReader) throws(LabFileError) -> CheckPlan {
        let keys = try reader.keys(KeyTable.health)
        guard let test = keys["test"] else { throw reader.error("\(reader.name) has no 'test'") }
        var plan = HealthPlan()
        plan.interval = try keys["interval"]?.duration() ?? plan.interval
        plan.timeout = try keys["timeout"]?.duration() ?? plan.timeout
        plan.retries = try keys["retries"]?.integer(1...LabLimits.mostRetries) ?? plan.retries
        plan.startPeriod = try keys["start-period"]?.duration() ?? plan.startPeriod
        plan.startInterval = try keys["start-interval"]?.duration() ?? plan.startInterval
        guard test.isSequence else { return .health(plan, command: try command(test)) }
        return .health(plan, words: try words(test))
    }

    /// Names become machines, now that all are known. Nobody waits for itself.
    static func resolveDependencies(
        _ plan: inout LabPlan, _ waiting: [(machine: Int, after: NodeReader)], _ directory: MachineDirectory
    ) throws(LabFileError) {
        for (index, after) in waiting {
            for (name, value) in try after.entries() {
                let condition = try value.word(Dependency.Condition.self)
                for other in try directory.members(of: name, at: value) {
                    let isKnown = plan.machines[other].checks.contains(where: \.isHealth)
                    // An image may bring a health check.
                    if condition == .healthy, !isKnown, plan.machines[other].software.root?.isImage != true {
                        throw value.error("\(value.name): machine \(name) has no 'health'")
                    }
                    plan.machines[index].software.after.append(
                        Dependency(machine: other, condition: condition))
                }
            }
            guard !waitsForItself(index, plan) else {
                throw after.error(
                    "\(after.name): \(plan.machines[index].name) waits for itself, through what it waits for")
            }
        }
    }

    private static func waitsForItself(_ machine: Int, _ plan: LabPlan) -> Bool {
        var seen: Set<Int> = []
        var left = plan.machines[machine].software.after.map(\.machine)
        while let next = left.popLast() {
            if next == machine { return true }
            guard seen.insert(next).inserted else { continue }
            left += plan.machines[next].software.after.map(\.machine)
        }
        return false
    }
}
