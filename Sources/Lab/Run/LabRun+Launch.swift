internal import Calendar
internal import Foundation
internal import LabPlan
internal import Network
internal import Posix
internal import Simulation
internal import SystemPackage

extension LabRun {
    /// The kernel of each machine, and how it runs programs.
    static func chooseKernels(of plan: LabPlan, _ options: Options) throws(RunError) -> [ChosenKernel?] {
        var known: [String: ChosenKernel] = [:]
        var kernels: [ChosenKernel?] = []
        for machine in plan.machines {
            guard machine.model == nil, let path = machine.kernel ?? options.kernel else {
                kernels.append(nil)
                continue
            }
            if known[path] == nil {
                known[path] = try ChosenKernel(path: path, mode: options.guestMode, machine: machine.name)
            }
            kernels.append(known[path])
        }
        return kernels
    }

    /// Folders of the host that machines have are there.
    static func checkMounts(_ plan: LabPlan, _ options: Options) throws(RunError) {
        for machine in plan.machines {
            for mount in machine.software.mounts {
                guard case .folder(let source) = mount.contents else { continue }
                let path = options.absolute(source)
                var isFolder: ObjCBool = false
                let isThere = unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
                guard isThere, isFolder.boolValue else {
                    throw RunError(
                        .usage,
                        "machine \(machine.name): mount \(mount.path): "
                            + (isThere ? "\(path) is a file: name it in 'files'" : "there is no \(path)"))
                }
            }
        }
    }

    /// Starts a machine's kernel, which joins the calendar by itself. A model has joined it already.
    func launch(_ machine: Machine) throws(RunError) {
        let name = machine.plan.name
        let setUp = { (error: Errno) in
            RunError(.environment, "machine \(name): cannot set up \(machine.folder): \(error)")
        }
        if machine.isModel { return try createOutputs(of: machine) }
        let remedy = "make one with `almanac kernel build` or name another with --kernel"
        guard let kernel = machine.kernel, let files = options.guestFiles else {
            throw RunError(.environment, "machine \(name): no kernel; \(remedy)")
        }
        guard FileManager.default.isExecutableFile(atPath: kernel.path) else {
            throw RunError(.environment, "machine \(name): no kernel at \(kernel.path); \(remedy)")
        }
        if machine.lifecycle.boots == 1 {
            try createOutputs(of: machine)
            if machine.plan.keepsState, case .image? = files.root(of: machine.plan) {
                try MachineDisk.format("\(machine.folder)/\(MachineDisk.fileName)", of: machine.plan)
            }
            let limit = machine.plan.pollingLimit
            if limit > 0, limit != LabLimits.usualPollingLimit, !kernel.knowsPolling {
                machine.problems.append(
                    "its kernel does not know `polling`: programs that ask again and again hold simulated time"
                )
            }
        }
        let console: Descriptor
        do throws(Errno) {
            console = try openConsole(of: machine)
        } catch {
            throw setUp(error)
        }
        let hostFiles = try folder.openHostFileLog()
        let reachable = try files.reachable(from: machine.folder)
        let launch = MachineProcess.Launch(
            kernel: kernel, plan: machine.plan, startName: machine.startName,
            folder: machine.folder,
            boot: machine.lifecycle.boots, files: reachable, root: files.root(of: machine.plan),
            seed: options.hasHostRandomness ? nil : plan.seed)
        do throws(SpawnError) {
            if let reason = try machine.process.start(launch, console: console, hostFiles: hostFiles) {
                machine.problems.append(
                    "not isolated from the host, which it can write to as this user: \(reason)")
            }
        } catch {
            throw RunError(.environment, "machine \(name): \(error)")
        }
        placement.boot(machine)
        do throws(Errno) {
            try machine.process.watch(simulation, index: machine.index, participant: machine.identity)
        } catch {
            throw setUp(error)
        }
    }

    /// Connects a machine's console to the simulation; returns the end that the kernel writes to.
    private func openConsole(of machine: Machine) throws(Errno) -> Descriptor {
        try machine.outputs.openConsole(isEmpty: machine.lifecycle.boots == 1)
        let pipe = try Posix.pipe()
        try simulation.addConsole(
            try pipe.reading.duplicate(), machine: machine.index, participant: machine.identity)
        return try pipe.writing.duplicate()
    }

    private func createOutputs(of machine: Machine) throws(RunError) {
        do throws(Errno) {
            try machine.outputs.createFiles()
        } catch {
            throw RunError(
                .environment, "machine \(machine.plan.name): cannot set up \(machine.folder): \(error)")
        }
    }

    /// The plan that a machine's init gets.
    func planRecords(_ machine: Machine) -> [PlanRecord] {
        let software = machine.plan.software
        let ownHosts = software.hosts.map { "\($0.address) \($0.name)\n" }.joined()
        var records: [PlanRecord] = [
            .hostName(software.hostName ?? machine.plan.name), .hosts(plan.hosts + ownHosts),
        ]
        for setting in software.sysctls {
            records.append(
                .sysctl(path: setting.name.replacingOccurrences(of: ".", with: "/"), value: setting.value))
        }
        for limit in software.limits {
            records.append(.limit(name: limit.name, soft: limit.soft, hard: limit.hard))
        }
        if software.stopGrace != SoftwarePlan.usualStopGrace { records.append(.grace(software.stopGrace)) }
        for mount in software.mounts {
            switch mount.contents {
            case .folder(let path):
                records.append(.folder(host: options.absolute(path), path: mount.path))
            case .memory(let size): records.append(.memory(path: mount.path, size: size))
            }
        }
        // It sets HOME, which the lab file may set otherwise.
        if let user = software.user { records.append(.user(user)) }
        for entry in machine.plan.environment {
            records.append(.environment(name: entry.name, value: entry.value))
        }
        if let folder = software.workingFolder { records.append(.workingFolder(folder)) }
        for interface in machine.plan.interfaces {
            let network = plan.networks[interface.network]
            let address = interface.address.map { "\($0)/\(network.subnet?.prefix ?? 32)" }
            records.append(
                .interface(
                    name: interface.name, mac: interface.mac.description, address: address,
                    mtu: plan.mtu(of: interface)))
        }
        for route in machine.plan.routes {
            let destination = route.destination?.description ?? "default"
            records.append(.route(destination: destination, gateway: route.gateway.description))
        }
        if machine.plan.forwards { records.append(.forward) }
        let commands = machine.plan.commands.compactMap { record($0, bootedAt: machine.lifecycle.boot) }
        let checks = machine.plan.checks.indices.compactMap { checkRecord($0, of: machine) }
        return records + (commands + checks).map { .command($0) }
    }

    /// A command in the plan of a machine that boots at `bootedAt`; nil when the command's time was before.
    private func record(_ command: CommandPlan, bootedAt boot: Instant) -> CommandRecord? {
        var record = CommandRecord(
            index: command.index, text: command.command, stopSignal: UInt8(command.stopSignal.number))
        record.words = command.words
        record.isBackground = command.background
        record.isInSequence = command.at == nil
        if let at = command.at {
            guard at >= boot.nanoseconds else { return nil }
            record.at = at - boot.nanoseconds
        }
        return record
    }

    /// A check in a machine's plan; nil when its time is over.
    private func checkRecord(_ number: Int, of machine: Machine) -> CommandRecord? {
        let check = machine.plan.checks[number]
        let boot = machine.lifecycle.boot.nanoseconds
        var record = CommandRecord(
            index: machine.number(ofCheck: number), text: check.command,
            stopSignal: UInt8(SignalName.term.number))
        record.words = check.words
        switch check.schedule {
        case .at(let at):
            guard at >= boot else { return nil }
            record.at = at - boot
        case .every(let interval, let from, let until):
            // It keeps its times when the machine boots late: the first that is not before the machine's commands.
            let first = boot > 0 ? boot + LabFile.firstCommand : 0
            let missed = first > from ? (first - from + interval - 1) / interval : 0
            record.at = from + missed * interval - boot
            record.every = interval
            if let until {
                guard from + missed * interval < until else { return nil }
                record.until = until - boot
            }
        case .eventually(_, let interval):
            record.every = interval
            record.passStatus = UInt8(check.status)
        case .health: break
        }
        return record
    }
}
