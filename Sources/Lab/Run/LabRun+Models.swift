internal import Calendar
internal import LabPlan
internal import Models
internal import Network
internal import Report
internal import Simulation
internal import Trace

/// Model machines in a run. A model's program counts as its one command.
extension LabRun {
    /// Makes a machine's model and puts it on the calendar and its networks.
    static func host(
        _ plan: ModelPlan, _ machine: Machine, _ lab: LabPlan, on simulation: Simulation, island: Int
    ) -> [Int] {
        guard let kind = ModelKinds.named(plan.kind) else { preconditionFailure("the plan knows its models") }
        let interfaces = machine.plan.interfaces.map { interface in
            guard let address = interface.address, let subnet = lab.networks[interface.network].subnet else {
                preconditionFailure("the plan gives models addresses")
            }
            return ModelInterface(mac: interface.mac, address: address, subnet: subnet)
        }
        let model = ModelMachine(
            name: machine.plan.name, model: kind.init(plan.settings), interfaces: interfaces, seed: lab.seed,
            begin: LabFile.firstCommand)
        return simulation.addModel(
            model, index: machine.index, identity: machine.identity,
            networks: machine.plan.interfaces.map(\.network),
            links: machine.plan.interfaces.map(links), island: island)
    }

    /// A model's program has begun.
    func modelBegan(_ machine: Machine, at instant: Instant) {
        machine.commands[0].started = instant
        trace(.up, machine, at: instant)
        trace(.commandStart, machine, at: instant, 1)
        say(
            .commandStart, machine, "\(machine.plan.name) starts \(machine.plan.commands[0].command)", 0,
            at: instant)
    }

    /// A model wrote something.
    func modelOutput(_ machine: Machine, _ text: String, at instant: Instant) throws(RunError) {
        let bytes = Array(text.utf8)
        trace(.output, machine, at: instant, 1, UInt64(bytes.count), TraceHash.of(bytes))
        try write(bytes, machine, 0)
        judge(output: bytes, machine, command: 0, at: instant)
        machine.outputs.lastLine =
            text.split(separator: "\n").last.map(String.init) ?? machine.outputs.lastLine
    }

    /// A model's program has ended.
    func modelEnded(_ machine: Machine, status: Int, at instant: Instant) throws(RunError) {
        judge(lastLineOf: 0, machine, at: instant)
        machine.commands[0].ended = instant
        machine.commands[0].status = status
        trace(.commandEnd, machine, at: instant, 1, UInt64(UInt32(truncatingIfNeeded: status)))
        machine.commands[0].endedByShutdown = machine.lifecycle.isShuttingDown && status == 0
        say(
            .commandEnd, machine,
            "\(machine.plan.name): exit \(status) of \(machine.plan.commands[0].command)", 0, at: instant)
        try handle(.programEnded, machine)
    }
}
