internal import Network

extension LabFile {
    /// Checks the addresses that the file gives and assigns the others: IP addresses in the order of the file, MAC
    /// addresses from the names, so that adding a machine changes nobody else's.
    static func assignAddresses(_ plan: inout LabPlan, _ machines: [(key: String, value: NodeReader)])
        throws(LabFileError)
    {
        var taken = try checkGiven(plan, machines)
        var next = plan.networks.map { $0.subnet?.hosts.lowerBound }
        var macs = Set(plan.machines.flatMap(\.interfaces).map(\.mac.value))
        for machine in plan.machines.indices {
            let name = plan.machines[machine].name
            for interface in plan.machines[machine].interfaces.indices {
                let network = plan.machines[machine].interfaces[interface].network
                if plan.machines[machine].interfaces[interface].mac.value == 0 {
                    plan.machines[machine].interfaces[interface].mac = freeMAC(
                        name, plan.networks[network].name, &macs)
                }
                guard plan.machines[machine].interfaces[interface].address == nil,
                    let subnet = plan.networks[network].subnet, var candidate = next[network]
                else { continue }
                while taken[network].contains(candidate), subnet.hosts.contains(candidate) { candidate += 1 }
                guard subnet.hosts.contains(candidate) else {
                    throw machines[machine].value.error(
                        "network \(plan.networks[network].name) is full: \(subnet) has no address for machine \(name)"
                    )
                }
                taken[network].insert(candidate)
                next[network] = candidate
                plan.machines[machine].interfaces[interface].address = IPv4Address(value: candidate)
            }
        }
    }

    /// The addresses that the file gives, by network.
    private static func checkGiven(_ plan: LabPlan, _ machines: [(key: String, value: NodeReader)])
        throws(LabFileError)
        -> [Set<UInt32>]
    {
        var taken = [Set<UInt32>](repeating: [], count: plan.networks.count)
        var macs: Set<UInt64> = []
        for (index, machine) in plan.machines.enumerated() {
            let reader = machines[index].value
            for interface in machine.interfaces {
                let network = plan.networks[interface.network]
                if interface.mac.value != 0, !macs.insert(interface.mac.value).inserted {
                    throw reader.error("machine \(machine.name): the MAC address \(interface.mac) is taken")
                }
                guard let address = interface.address else { continue }
                let place = "machine \(machine.name): \(address)"
                guard let subnet = network.subnet else {
                    throw reader.error("\(place) needs a 'subnet' of network \(network.name)")
                }
                guard subnet.contains(address) else {
                    throw reader.error("\(place) is not in network \(network.name), \(subnet)")
                }
                guard subnet.hosts.contains(address.value) else {
                    throw reader.error("\(place) is the network's own or its broadcast address")
                }
                guard taken[interface.network].insert(address.value).inserted else {
                    throw reader.error("\(place) is taken by another machine")
                }
            }
        }
        return taken
    }

    /// `02:…` and 40 bits of the FNV-1a hash of `machine/network`. When two of a lab are equal, the later one in the file
    /// takes the next free address.
    private static func freeMAC(_ machine: String, _ network: String, _ taken: inout Set<UInt64>)
        -> MACAddress
    {
        let hash = StableHash.of("\(machine)/\(network)")
        let mask: UInt64 = 0xff_ffff_ffff
        var low = (hash ^ hash >> 40) & mask
        while !taken.insert(0x0200_0000_0000 | low).inserted { low = (low + 1) & mask }
        return MACAddress(value: 0x0200_0000_0000 | low)
    }
}
