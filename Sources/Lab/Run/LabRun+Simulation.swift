internal import Calendar
internal import CalendarServer
internal import LabPlan
internal import Network
internal import Simulation
internal import SystemPackage

extension LabRun {
    /// A lab that this host cannot carry does not begin.
    static func checkLimits(_ plan: LabPlan) throws(RunError) {
        try HostLimits(plan).check(.current())
    }

    /// The calendar with its islands, the networks, and every machine's devices.
    static func makeSimulation(
        _ plan: LabPlan, _ machines: [Machine], _ folder: RunFolder, _ options: Options,
        _ topology: ResolvedTopology
    ) throws(Errno) -> Simulation {
        let map = topology.islands
        var expectations: [UInt64: CalendarServer.Expectation] = [:]
        var rosters = [Set<UInt64>](repeating: [], count: map.count)
        for machine in machines {
            let island = map.island(of: machine.index)
            expectations[machine.startName] = .init(
                identity: machine.identity,
                lookahead: map.hasNoDelay(machine.index) ? 0 : map.turnarounds[island], island: island,
                takesInterruptsWithTurn: machine.kernel?.takesInterruptsWithTurn ?? false)
            rosters[island].insert(machine.identity)
        }
        let calendars = rosters.map { identities in
            Calendar(
                start: plan.startNanoseconds, roster: identities.isEmpty ? .open : .identities(identities),
                longestGrant: longestGrant)
        }
        let islands =
            if calendars.count == 1 { Islands(calendars[0]) } else {
                Islands(calendars, window: map.window, turnarounds: map.turnarounds, jobs: options.jobs)
            }
        let simulation = try Simulation(
            socketPath: "\(folder.path)/\(GuestCommandLine.calendarSocket)", calendar: islands,
            networks: makeNetworks(plan, topology.floors), expectations: expectations,
            devices: .own, sharedMemory: options.sharesMemory ? .separate : .none,
            silenceLimit: options.silenceLimit,
            reservedDescriptors: HostLimits(plan).descriptors, catchesSignals: options.catchesSignals)
        for machine in machines {
            if let model = machine.plan.model {
                machine.ports = host(
                    model, machine, plan, on: simulation, island: map.island(of: machine.index))
                continue
            }
            try simulation.addControl(
                path: "\(machine.folder)/\(GuestCommandLine.controlSocket)",
                name: "control of \(machine.plan.name)",
                machine: machine.index, participant: machine.identity)
            for interface in machine.plan.interfaces {
                let network = plan.networks[interface.network]
                machine.ports.append(
                    try simulation.addInterface(
                        path: "\(machine.folder)/\(GuestCommandLine.interfaceSocket(interface.name))",
                        name: "\(machine.plan.name)/\(interface.name)", network: interface.network,
                        participant: machine.identity, mac: interface.mac, mtu: plan.mtu(of: interface),
                        offloads: network.offload, links: links(of: interface)))
            }
            try simulation.addEntropy(
                path: "\(machine.folder)/\(GuestCommandLine.entropySocket)",
                name: "entropy of \(machine.plan.name)", participant: machine.identity,
                randomness: SplitMix64(seed: plan.seed, name: "entropy device of \(machine.plan.name)"))
            if case .image(let file, _)? = options.guestFiles?.root(of: machine.plan) {
                try simulation.addDisk(
                    path: "\(machine.folder)/\(GuestCommandLine.rootSocket)",
                    name: "root of \(machine.plan.name)", participant: machine.identity, .readOnly(file: file)
                )
            }
            guard machine.plan.keepsState else { continue }
            try simulation.addDisk(
                path: "\(machine.folder)/\(GuestCommandLine.diskSocket)",
                name: "disk of \(machine.plan.name)", participant: machine.identity,
                .kept(file: "\(machine.folder)/\(MachineDisk.fileName)", size: MachineDisk.size))
        }
        for (index, network) in plan.networks.enumerated() {
            for (pair, path) in network.paths {
                guard let from = port(of: machines[pair.from], on: index),
                    let to = port(of: machines[pair.to], on: index)
                else { continue }
                simulation.setPath(from: from, to: to, path, network: index)
            }
        }
        return simulation
    }

    private static func makeNetworks(_ plan: LabPlan, _ floors: [NetworkFloors]) -> [SimulatedNetwork] {
        zip(plan.networks, floors).map { network, floors in
            SimulatedNetwork(
                .init(
                    kind: network.kind, latency: max(network.latency, floors.leastPath),
                    leastOut: floors.leastOut, leastIn: floors.leastIn, leastPath: floors.leastPath,
                    seed: plan.seed, name: network.name))
        }
    }

    static func links(of interface: InterfacePlan) -> InterfaceLinks {
        InterfaceLinks(out: interface.out, in: interface.in, mtu: interface.mtu)
    }

    /// A machine's port in a network, if it has one.
    static func port(of machine: Machine, on network: Int) -> Int? {
        machine.plan.interfaces.firstIndex { $0.network == network }.map { machine.ports[$0] }
    }
}
