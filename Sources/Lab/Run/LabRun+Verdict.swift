internal import Calendar
internal import CalendarServer
internal import LabPlan
internal import Network
internal import Posix
package import Report
internal import Simulation

extension LabRun {
    /// The lab passed: nothing failed as a whole, every machine powered off when told, every command did what is
    /// expected of it.
    package var passed: Bool {
        lifecycle.failure == nil && verdicts.allSatisfy(\.passed)
            && machines.allSatisfy { machine in
                !machine.lifecycle.hasFailed
                    && machine.plan.commands.indices.allSatisfy { outcome(machine, $0) == .passed }
            }
    }

    /// What became of a command, compared with what is expected of it.
    func outcome(_ machine: Machine, _ index: Int) -> CommandSummary.Outcome {
        let state = machine.commands[index]
        guard state.started != nil else { return .notStarted }
        let ranToTheEnd = state.endedByShutdown || (state.ended == nil && !machine.lifecycle.hasFailed)
        switch machine.plan.commands[index].expectation {
        case .running:
            return ranToTheEnd ? .passed : .failed
        case .any:
            return .passed
        case .statusOrRunning(let status):
            return ranToTheEnd || state.status == status ? .passed : .failed
        case .status(let status):
            if state.endedByPowerLoss { return .passed }
            if state.endedByShutdown || state.ended == nil { return .stillRunning }
            return state.status == status ? .passed : .failed
        }
    }

    /// Everything about the run, for `summary.json` and the report that `almanac run` prints.
    ///
    /// - Parameter repeatCommand: what runs the same again.
    package func summary(toolVersion: String, kernelVersion: String, repeatCommand: String? = nil)
        -> RunSummary
    {
        let result: RunSummary.Result = lifecycle.isInterrupted ? .interrupted : passed ? .passed : .failed
        var summary = RunSummary(
            name: plan.name, seed: plan.seed,
            kernel: options.kernel.map {
                .init(path: $0, version: kernelVersion, buildID: KernelStore.buildID(of: $0))
            },
            result: result, reason: ([lifecycle.failure].compactMap { $0 } + log.problems).joinedLines,
            virtualNanoseconds: virtualNanoseconds, wallNanoseconds: wallNanoseconds,
            toolVersion: toolVersion,
            jobs: options.jobs, cores: placement.used, moves: placement.moves,
            machines: machines.map(summary))
        summary.peakMachineBytes = machines.compactMap { $0.process.peakMemory }.max()
        summary.hash = hash
        summary.verdicts = verdicts
        summary.faults = faultSummaries
        summary.repeatCommand = repeatCommand
        summary.peakBytes = Posix.peakMemory(of: Posix.processID)
        return summary
    }

    private func summary(_ machine: Machine) -> MachineSummary {
        var problems = machine.problems.texts
        if machine.lifecycle.hasFailed {
            let console = folder.lastLines(
                of: "machines/\(machine.plan.name)/\(OutputSource.console.fileName)", count: 8)
            let ending = machine.lifecycle.ending ?? "never started"
            problems.append(console.isEmpty ? ending : "\(ending); the last lines of its console:")
            problems += console.map { "| \($0)" }
        }
        let commands = machine.plan.commands.indices.map { index in
            let plan = machine.plan.commands[index]
            let state = machine.commands[index]
            return CommandSummary(
                index: index + 1, command: plan.command, expectation: plan.expectation.description,
                status: state.status, outcome: outcome(machine, index),
                startNanoseconds: state.started?.nanoseconds, endNanoseconds: state.ended?.nanoseconds,
                output: machine.outputFile(index), sleeps: state.sleeps, result: machine.outputs.lastLine)
        }
        var summary = MachineSummary(
            name: machine.plan.name, id: Int(machine.identity), kernel: machine.kernel?.path,
            model: machine.plan.model?.kind, ended: machine.lifecycle.ending ?? "never started",
            commands: commands,
            traffic: traffic(of: machine), problems: problems)
        summary.guestMode = machine.kernel?.mode.rawValue
        summary.failed = machine.lifecycle.hasFailed
        if let costs = simulation.costs(of: machine.identity) {
            summary.wallNanoseconds = costs.total
            summary.aloneNanoseconds = costs.alone
            summary.turns = costs.turns
        }
        return summary
    }

    private func traffic(of machine: Machine) -> MachineSummary.Traffic {
        let counters = simulation.traffic(of: machine.identity)
        var traffic = MachineSummary.Traffic()
        traffic.framesSent = counters.framesIn
        traffic.bytesSent = counters.bytesIn
        traffic.framesReceived = counters.framesOut
        traffic.bytesReceived = counters.bytesOut
        return traffic
    }

    /// The last lines a command wrote.
    package func lastOutput(of command: CommandSummary) -> [String] {
        folder.lastLines(of: command.output, count: TextReport.outputLines)
    }

    /// The last lines that a failed check wrote in the run that failed; nothing for other verdicts.
    package func lastOutput(of verdict: VerdictSummary) -> [String] {
        guard let output = verdict.output, !verdict.passed,
            let machine = machines.first(where: { $0.plan.name == verdict.machine }),
            let check = machine.checks.indices.first(where: {
                machine.outputFile(machine.number(ofCheck: $0)) == output
            }),
            let range = machine.checks[check].failedOutput
        else { return [] }
        return folder.lastLines(of: output, count: TextReport.outputLines, in: range)
    }

    /// Writes `summary.json`, `host-files.json`, and `faults.yaml` if there are faults.
    package func write(_ summary: RunSummary) throws(RunError) {
        try writeFaults()
        try folder.write(summary.json(), to: RunFolder.summary)
        try writeHostFiles()
    }
}

extension [String] {
    fileprivate var joinedLines: String? { isEmpty ? nil : joined(separator: "; ") }
}
