internal import Calendar
internal import CalendarServer
internal import Network
internal import Posix
internal import Simulation
internal import SystemPackage

extension LabRun {
    /// Descriptors of the run itself.
    private static let ownDescriptors = 32

    /// A lab that would run out of descriptors half-way is not begun.
    static func checkLimits(_ plan: LabPlan) throws(RunError) {
        Posix.raiseDescriptorLimit()
        let captured = plan.networks.count(where: \.capture)
        let needed = plan.machines.reduce(ownDescriptors + captured) { sum, machine in
            // Each output; of a kernel: process, console (pipe and log), connection to the calendar; of each device: socket, connection, back channel.
            sum + machine.commands.count
                + machine.interfaces.count { plan.networks[$0.network].capture }
                + (machine.model == nil ? 4 + 3 * (2 + machine.interfaces.count) : 0)
        }
        let limit = Posix.descriptorLimit
        guard needed <= limit else {
            throw RunError(
                .environment,
                "this lab of \(plan.machines.count) machines needs \(needed) open files, and this process may have "
                    + "\(limit): raise the limit (ulimit -n \(needed), or LimitNOFILE)")
        }
    }

    /// The calendar with its islands, the networks, and every machine's devices.
    static func makeSimulation(
        _ plan: LabPlan, _ machines: [Machine], _ folder: RunFolder, _ options: Options, _ map: IslandMap
    ) throws(Errno) -> Simulation {
        var expectations: [UInt64: CalendarServer.Expectation] = [:]
        var rosters = [Set<UInt64>](repeating: [], count: map.count)
        for machine in machines {
            let island = map.island(of: machine.index)
            expectations[machine.startName] = .init(
                identity: machine.identity,
                lookahead: map.hasNoDelay(machine.index) ? 0 : map.turnarounds[island], island: island)
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
            networks: plan.networks.map { Switch(latency: $0.latency) }, expectations: expectations,
            devices: .own, sharesMemory: options.sharesMemory, silenceLimit: options.silenceLimit,
            catchesSignals: options.catchesSignals)
        for machine in machines {
            if let model = machine.plan.model {
                host(model, machine, plan, on: simulation, island: map.island(of: machine.index))
                continue
            }
            try simulation.addControl(
                path: "\(machine.folder)/\(GuestCommandLine.controlSocket)",
                name: "control of \(machine.plan.name)",
                machine: machine.index, participant: machine.identity)
            for interface in machine.plan.interfaces {
                try simulation.addInterface(
                    path: "\(machine.folder)/\(GuestCommandLine.interfaceSocket(interface.name))",
                    name: "\(interface.name) of \(machine.plan.name)", network: interface.network,
                    participant: machine.identity, mac: interface.mac,
                    mtu: plan.networks[interface.network].mtu,
                    offloads: plan.networks[interface.network].offload)
            }
            try simulation.addEntropy(
                path: "\(machine.folder)/\(GuestCommandLine.entropySocket)",
                name: "entropy of \(machine.plan.name)", participant: machine.identity,
                randomness: SplitMix64(seed: plan.seed, name: "entropy device of \(machine.plan.name)"))
        }
        return simulation
    }
}
