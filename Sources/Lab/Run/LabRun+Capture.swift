internal import LabPlan
internal import Network
internal import Simulation
internal import SystemPackage
internal import Trace

/// The captures of a run.
extension LabRun {
    /// Begins the captures that the lab asks for, in the folder `captures` of the run folder: NETWORK.pcapng and MACHINE/INTERFACE.pcapng.
    func makeCaptures() throws(RunError) -> Captures? {
        guard plan.networks.contains(where: \.capture) else { return nil }
        var files: [CaptureFile?] = []
        for (index, network) in plan.networks.enumerated() {
            let interfaces = machines.flatMap { machine in
                machine.plan.interfaces.filter { $0.network == index }.map { description($0, of: machine) }
            }
            files.append(network.capture ? try capture(RunFolder.captures, network.name, interfaces) : nil)
        }
        var captures = Captures(networks: files)
        var places = [Int](repeating: 0, count: plan.networks.count)
        for machine in machines {
            for (device, interface) in machine.plan.interfaces.enumerated()
            where plan.networks[interface.network].capture {
                let file = try capture(
                    "\(RunFolder.captures)/\(machine.plan.name)", interface.name,
                    [description(interface, of: machine)])
                captures.add(
                    file, participant: machine.identity, device: UInt64(device) + 1,
                    place: places[interface.network])
                places[interface.network] += 1
            }
        }
        return captures
    }

    private func description(_ interface: InterfacePlan, of machine: Machine) -> Pcapng.Interface {
        let network = plan.networks[interface.network].name
        return Pcapng.Interface(
            name: "\(machine.plan.name)/\(interface.name)", description: "on network \(network)",
            mac: interface.mac)
    }

    private func capture(_ place: String, _ name: String, _ interfaces: [Pcapng.Interface]) throws(RunError)
        -> CaptureFile
    {
        let path = try folder.makeFolder(place) + "/\(name).pcapng"
        do throws(Errno) {
            return try CaptureFile(
                path: path, start: plan.startNanoseconds, comment: "lab \(plan.name), seed \(plan.seed)",
                interfaces: interfaces)
        } catch {
            throw RunError(.environment, "cannot write \(path): \(error)")
        }
    }
}
