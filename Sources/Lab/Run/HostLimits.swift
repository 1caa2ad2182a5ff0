internal import LabPlan

/// What a lab needs of its host. A lab that would run out of something half-way does not begin.
struct HostLimits: Sendable {
    /// Descriptors of the run itself, and of connections that do not begin to work.
    private static let ownDescriptors = 64
    /// Mappings of the program, its libraries, heap and stacks.
    private static let ownMappings = 512
    /// Processes of a machine that runs one command: the kernel, and one for each program inside.
    private static let processesPerMachine = 3
    /// Bytes that a booted machine uses at least, measured with Examples/hundred.yaml.
    private static let memoryPerMachine: UInt64 = 21 << 20

    var machines: Int
    /// Descriptors of this process, all at once.
    var descriptors: Int
    /// Of those, the ones in epoll instances.
    var watches: Int
    /// Mappings of this process.
    var mappings: Int
    var processes: Int
    /// What the machines use at least, bytes. A machine's `memory:` counts only as far as it touches it, so the sum of those may
    /// exceed the host's.
    var memory: UInt64

    init(_ plan: LabPlan) {
        machines = plan.machines.count
        descriptors = Self.ownDescriptors + plan.networks.count(where: \.capture)
        (watches, mappings, processes, memory) = (8, Self.ownMappings, 0, 0)
        for machine in plan.machines {
            // Each output; of a kernel: process, console (pipe and log), connection to the calendar; of each device: socket,
            // connection, back channel.
            descriptors += machine.commands.count + machine.checks.count
            descriptors += machine.interfaces.count { plan.networks[$0.network].capture }
            guard machine.model == nil else { continue }
            let disks = (machine.keepsState ? 1 : 0) + (machine.software.root == nil ? 0 : 1)
            let devices = 2 + machine.interfaces.count + disks
            descriptors += 4 + 3 * devices + disks
            watches += 3 + 3 * devices
            // Each device maps the machine's memory; the calendar maps the scheduling memory.
            mappings += devices + 1
            processes += Self.processesPerMachine
            memory += min(machine.memoryBytes, Self.memoryPerMachine)
        }
    }

    /// Throws what is missing first, with its numbers and the remedy.
    func check(_ host: HostFacts) throws(RunError) {
        let lab = "this lab of \(machines) machine\(machines == 1 ? "" : "s") needs"
        func fail(_ text: String) -> RunError { RunError(.environment, "\(lab) \(text)") }
        if descriptors > host.descriptors {
            throw fail(
                "\(descriptors) open files, and this process may have \(host.descriptors): raise the limit "
                    + "(ulimit -n \(descriptors), or LimitNOFILE)")
        }
        if let limit = host.mappings, mappings > limit {
            throw fail(
                "\(mappings) memory mappings, and this process may have \(limit): raise the limit "
                    + "(sysctl vm.max_map_count=\(mappings))")
        }
        if let limit = host.watches, watches > limit {
            throw fail(
                "\(watches) watched descriptors, and this user may have \(limit): raise the limit "
                    + "(sysctl fs.epoll.max_user_watches=\(watches))")
        }
        if let limit = host.processes, UInt64(processes) > limit.value {
            throw fail(
                "at least \(processes) processes, and this host has room for \(limit.value): raise the limit "
                    + "(\(limit.setting))")
        }
        if let limit = host.memory, memory > limit.value {
            throw fail(
                "at least \(Self.size(memory)) of memory, and this host has \(Self.size(limit.value)) "
                    + "(\(limit.setting)): start fewer machines")
        }
    }

    /// Rounded up, for a reader.
    private static func size(_ bytes: UInt64) -> String { "\((bytes + (1 << 20) - 1) >> 20) MiB" }
}
