internal import Network

extension LabFile {
    /// Checks the addresses that the file gives and assigns the others: IP addresses in the order of the file, MAC
    /// addresses from the names, so that adding a machine changes nobody else's.
    static func assignAddresses(
        _ plan: inout LabPlan, _ machines: [(key: String, value: NodeReader)], _ groups: MachineGroups
    ) throws(LabFileError) {
        var taken = try checkGiven(plan, machines, groups)
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
                while taken[network][candidate] != nil, subnet.hosts.contains(candidate) { candidate += 1 }
                guard subnet.hosts.contains(candidate) else {
                    throw machines[machine].value.error(
                        "network \(plan.networks[network].name) is full: \(subnet) has no address for machine \(name)"
                    )
                }
                taken[network][candidate] = machine
                next[network] = candidate
                plan.machines[machine].interfaces[interface].address = IPv4Address(value: candidate)
            }
        }
    }

    /// The addresses that the file gives, by network, with the machines that have them.
    private static func checkGiven(
        _ plan: LabPlan, _ machines: [(key: String, value: NodeReader)], _ groups: MachineGroups
    ) throws(LabFileError) -> [[UInt32: Int]] {
        var taken = [[UInt32: Int]](repeating: [:], count: plan.networks.count)
        var macs: [UInt64: Int] = [:]
        /// Two machines with one address: those of an entry with a `count` share what it says.
        func clash(_ what: String, _ first: Int, _ second: Int) -> LabFileError {
            let reader = machines[second].value
            if groups.numbers[second] ?? 1 > 1, reader.name == machines[first].value.name {
                return reader.error(
                    "\(reader.name) has a 'count', and only one machine can have \(what): leave it out")
            }
            return reader.error("\(reader.name): \(what) is taken by machine \(plan.machines[first].name)")
        }
        for (index, machine) in plan.machines.enumerated() {
            let reader = machines[index].value
            for interface in machine.interfaces {
                let network = plan.networks[interface.network]
                if interface.mac.value != 0,
                    let first = macs.updateValue(index, forKey: interface.mac.value)
                {
                    throw clash("the MAC address \(interface.mac)", first, index)
                }
                guard let address = interface.address else { continue }
                let place = "\(reader.name): \(address)"
                guard let subnet = network.subnet else {
                    throw reader.error("\(place) needs a 'subnet' of network \(network.name)")
                }
                guard subnet.contains(address) else {
                    throw reader.error("\(place) is not in network \(network.name), \(subnet)")
                }
                guard subnet.hosts.contains(address.value) else {
                    throw reader.error("\(place) is the network's own or its broadcast address")
                }
                if let first = taken[interface.network].updateValue(index, forKey: address.value) {
                    throw clash("the address \(address)", first, index)
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
