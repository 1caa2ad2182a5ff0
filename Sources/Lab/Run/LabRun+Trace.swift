internal import Calendar
internal import LabPlan
internal import Network
internal import Posix
internal import Report
internal import Simulation
internal import SystemPackage
internal import Trace

/// The trace of a run, and the files of machines' outputs.
extension LabRun {
    /// Begins the trace; nil when it is off.
    func makeRecorder(_ map: IslandMap) throws(RunError) -> TraceRecorder? {
        guard options.trace != .off else { return nil }
        let path = "\(folder.path)/\(RunFolder.trace)"
        do throws(Errno) {
            return try TraceRecorder(path: path, header: traceHeader(map), level: options.trace)
        } catch {
            throw RunError(.environment, "cannot write \(path): \(error)")
        }
    }

    private func traceHeader(_ map: IslandMap) -> TraceHeader {
        let participants = machines.map { machine in
            TraceHeader.Participant(
                id: UInt32(machine.identity), name: machine.plan.name, model: machine.plan.model?.kind,
                island: map.island(of: machine.index),
                interfaces: machine.plan.interfaces.map { interface in
                    .init(
                        name: interface.name, network: interface.network, mac: interface.mac.description,
                        address: interface.address?.description)
                },
                commands: machine.plan.commands.map(\.command) + machine.plan.checks.map(\.command),
                checks: machine.plan.checks.isEmpty ? nil : machine.plan.checks.count)
        }
        return TraceHeader(
            lab: plan.name, seed: plan.seed, start: plan.startNanoseconds, level: options.trace,
            participants: participants,
            networks: plan.networks.map { .init(name: $0.name, latency: $0.latency) })
    }

    func trace(
        _ kind: TraceEvent.Kind, _ machine: Machine, at instant: Instant, _ first: UInt64 = 0,
        _ second: UInt64 = 0, _ third: UInt64 = 0
    ) {
        simulation.recorder?.record(kind, machine.identity, at: instant, first, second, third)
    }

    /// Appends to a machine's console.
    func writeConsole(_ bytes: [UInt8], _ machine: Machine) throws(RunError) {
        do throws(Errno) {
            try machine.outputs.write(console: bytes)
        } catch {
            throw RunError(
                .environment, "cannot write \(machine.folder)/\(OutputSource.console.fileName): \(error)")
        }
    }

    /// Appends to a command's output.
    func write(_ bytes: [UInt8], _ machine: Machine, _ command: Int) throws(RunError) {
        do throws(Errno) {
            try machine.outputs.write(bytes, to: command)
        } catch {
            throw RunError(
                .environment, "cannot write \(folder.path)/\(machine.outputFile(command)): \(error)")
        }
    }

    /// A trace or capture that cannot be written fails the run.
    package func checkWriting() throws(RunError) {
        if let failure = simulation.recorder?.failure {
            throw RunError(.environment, "cannot write \(folder.path)/\(RunFolder.trace): \(failure)")
        }
        if let failure = simulation.captureFailure {
            throw RunError(.environment, "cannot write \(folder.path)/\(RunFolder.captures): \(failure)")
        }
    }

    /// The hash of everything in the trace, 16 hexadecimal digits; nil without a trace.
    package var hash: String? { simulation.recorder.map { TraceHash.text($0.hash) } }
}
