internal import Network

/// The least time that frames take on a network of a lab, whatever its faults do, ns.
package struct NetworkFloors: Hashable, Sendable {
    /// On links from machines, on links to machines, and between these.
    package let leastOut: UInt64
    package let leastIn: UInt64
    package let leastPath: UInt64
    /// Some link does more to frames than to pass them on at once.
    package let isShaping: Bool

    /// From sending to arrival.
    package var leastDelay: UInt64 { leastOut + leastPath + leastIn }

    /// - Parameter links: profiles of all interfaces' links, as the lab file gives them and as faults change them.
    private init(_ network: NetworkPlan, _ links: Links) {
        leastOut = links.out.map(\.latency).min() ?? 0
        leastIn = links.in.map(\.latency).min() ?? 0
        let pairs = links.interfaces * (links.interfaces - 1)
        let paths = network.paths.values.map(\.latency).min() ?? network.latency
        // When all pairs have a path nothing takes the network's latency.
        leastPath = network.paths.count >= pairs && pairs > 0 ? paths : min(paths, network.latency)
        isShaping = (links.out + links.in).contains { !$0.isIdeal }
    }

    private struct Links {
        var interfaces = 0
        var out: [LinkProfile] = []
        var `in`: [LinkProfile] = []
    }

    /// Of all networks of a lab. O(interfaces + faults + paths).
    package static func all(of plan: LabPlan) -> [NetworkFloors] {
        var links = [Links](repeating: Links(), count: plan.networks.count)
        for interface in plan.machines.lazy.flatMap(\.interfaces) {
            links[interface.network].interfaces += 1
            links[interface.network].out.append(interface.out)
            links[interface.network].in.append(interface.in)
        }
        for fault in plan.faults {
            guard case .link(let network, let machine, let change) = fault.action,
                let interface = plan.machines[machine].interfaces.first(where: { $0.network == network })
            else { continue }
            if change.direction != .in { links[network].out.append(change.applied(to: interface.out)) }
            if change.direction != .out { links[network].in.append(change.applied(to: interface.in)) }
        }
        return zip(plan.networks, links).map { NetworkFloors($0, $1) }
    }
}
