internal import Network

/// The least that frames take in a network of a lab, whatever the faults, ns.
package struct NetworkFloors: Sendable {
    /// Links from machines, links to machines, and what is between them.
    package let leastOut: UInt64
    package let leastIn: UInt64
    package let leastPath: UInt64
    /// Something is done to frames beside keeping them for a while.
    package let isShaping: Bool

    /// From sending to arrival.
    package var leastDelay: UInt64 { leastOut + leastPath + leastIn }

    package init(_ plan: LabPlan, network: Int) {
        let interfaces = plan.machines.flatMap { machine in
            machine.interfaces.filter { $0.network == network }
        }
        var out = interfaces.map(\.out)
        var into = interfaces.map(\.in)
        for fault in plan.faults {
            guard case .link(network, let machine, let change) = fault.action,
                let interface = plan.machines[machine].interfaces.first(where: { $0.network == network })
            else { continue }
            if change.direction != .in { out.append(change.applied(to: interface.out)) }
            if change.direction != .out { into.append(change.applied(to: interface.in)) }
        }
        leastOut = out.map(\.latency).min() ?? 0
        leastIn = into.map(\.latency).min() ?? 0
        let plan = plan.networks[network]
        let pairs = interfaces.count * (interfaces.count - 1)
        let paths = plan.paths.values.map(\.latency).min() ?? plan.latency
        // When all pairs have a path nothing takes the network's latency.
        leastPath = plan.paths.count >= pairs && pairs > 0 ? paths : min(paths, plan.latency)
        isShaping = (out + into).contains { !$0.isIdeal }
    }

    /// Of a lab's networks.
    package static func all(of plan: LabPlan) -> [NetworkFloors] {
        plan.networks.indices.map { NetworkFloors(plan, network: $0) }
    }
}
