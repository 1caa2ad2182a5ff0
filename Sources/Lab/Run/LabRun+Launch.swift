internal import Calendar
internal import Foundation
internal import Network
internal import Posix
internal import Simulation
internal import SystemPackage

extension LabRun {
    /// Longest content of a lab file's `files` entry, bytes: what one control frame can carry beside the rest.
    static let fileLimit = 8 * 1024 * 1024

    /// Starts a machine's kernel. It appears on the calendar by itself; a model is there already.
    func launch(_ machine: Machine) throws(RunError) {
        let name = machine.plan.name
        if machine.isModel { return try createOutputs(machine) }
        let remedy = "make one with `almanac kernel build` or name another with --kernel"
        guard let kernel = machine.kernel, let files = options.guestFiles else {
            throw RunError(.environment, "machine \(name): no kernel; \(remedy)")
        }
        guard FileManager.default.isExecutableFile(atPath: kernel) else {
            throw RunError(.environment, "machine \(name): no kernel at \(kernel); \(remedy)")
        }
        try createOutputs(machine)
        let setUp = { (error: Errno) in
            RunError(.environment, "machine \(name): cannot set up \(machine.folder): \(error)")
        }
        let console: Descriptor
        do throws(Errno) {
            console = try openConsole(machine)
        } catch {
            throw setUp(error)
        }
        do throws(SpawnError) {
            try machine.start(
                kernel, console: console, files: files, seed: options.hasHostRandomness ? nil : plan.seed)
        } catch {
            throw RunError(.environment, "machine \(name): \(error)")
        }
        do throws(Errno) {
            try machine.watch(simulation)
        } catch {
            throw setUp(error)
        }
    }

    /// Where a machine's console is written to: comes out in the simulation.
    private func openConsole(_ machine: Machine) throws(Errno) -> Descriptor {
        try machine.createConsole()
        let pipe = try Posix.pipe()
        try simulation.addConsole(
            try pipe.reading.duplicate(), machine: machine.index, participant: machine.identity)
        return try pipe.writing.duplicate()
    }

    private func createOutputs(_ machine: Machine) throws(RunError) {
        do throws(Errno) {
            try machine.createOutputs()
        } catch {
            throw RunError(
                .environment, "machine \(machine.plan.name): cannot set up \(machine.folder): \(error)")
        }
    }

    /// What a machine is told about itself.
    func planRecords(_ machine: Machine) throws(RunError) -> [PlanRecord] {
        var records: [PlanRecord] = [.hostName(machine.plan.name), .hosts(plan.hosts)]
        for entry in machine.plan.environment {
            records.append(.environment(name: entry.name, value: entry.value))
        }
        for interface in machine.plan.interfaces {
            let network = plan.networks[interface.network]
            let address = interface.address.map { "\($0)/\(network.subnet?.prefix ?? 32)" }
            records.append(
                .interface(
                    name: interface.name, mac: interface.mac.description, address: address, mtu: network.mtu))
        }
        for route in machine.plan.routes {
            let destination = route.destination?.description ?? "default"
            records.append(.route(destination: destination, gateway: route.gateway.description))
        }
        if machine.plan.forwards { records.append(.forward) }
        for file in machine.plan.files {
            records.append(
                .file(path: file.path, mode: UInt32(file.mode), contents: try contents(of: file, machine)))
        }
        for command in machine.plan.commands {
            records.append(
                .command(
                    index: command.index, text: command.command, at: command.at,
                    background: command.background,
                    stopSignal: UInt8(command.stopSignal.number)))
        }
        return records
    }

    private func contents(of file: FilePlan, _ machine: Machine) throws(RunError) -> [UInt8] {
        switch file.contents {
        case .inline(let text):
            return Array(text.utf8)
        case .from(let name):
            let path = name.hasPrefix("/") ? name : "\(options.filesFolder)/\(name)"
            guard let data = FileManager.default.contents(atPath: path) else {
                throw RunError(.usage, "machine \(machine.plan.name): cannot read \(path) for \(file.path)")
            }
            guard data.count <= Self.fileLimit else {
                throw RunError(
                    .usage,
                    "machine \(machine.plan.name): \(path) has \(data.count) bytes; at most \(Self.fileLimit) are "
                        + "copied into a machine, which sees the host's files anyway")
            }
            return Array(data)
        }
    }
}
