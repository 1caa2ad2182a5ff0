internal import Calendar
package import Report

extension LabRun {
    /// The lab passed: nothing failed as a whole, every machine powered off when told, every command did what is
    /// expected of it.
    package var passed: Bool {
        failure == nil && machines.allSatisfy { machine in
            !machine.failed && machine.plan.commands.indices.allSatisfy { outcome(machine, $0) == .passed }
        }
    }

    /// What became of a command, held against what is expected of it.
    func outcome(_ machine: Machine, _ index: Int) -> CommandSummary.Outcome {
        let state = machine.commands[index]
        guard state.started != nil else { return .notStarted }
        let ranToTheEnd = state.endedByShutdown || (state.ended == nil && !machine.failed)
        switch machine.plan.commands[index].expectation {
        case .running:
            return ranToTheEnd ? .passed : .failed
        case .any:
            return .passed
        case .statusOrRunning(let status):
            return ranToTheEnd || state.status == status ? .passed : .failed
        case .status(let status):
            if state.endedByShutdown || state.ended == nil { return .stillRunning }
            return state.status == status ? .passed : .failed
        }
    }

    /// Everything about the run, for `summary.json` and the last words of `almanac run`.
    package func summary(toolVersion: String, kernelVersion: String) -> RunSummary {
        let result: RunSummary.Result = isInterrupted ? .interrupted : passed ? .passed : .failed
        return RunSummary(
            name: plan.name, seed: plan.seed, kernel: KernelSummary(path: options.kernel, version: kernelVersion),
            result: result, reason: failure, virtualNanoseconds: virtualNanoseconds,
            wallNanoseconds: wallNanoseconds, toolVersion: toolVersion, problems: problems,
            machines: machines.map(summary))
    }

    private func summary(_ machine: Machine) -> MachineSummary {
        MachineSummary(
            name: machine.plan.name, id: machine.identity, kernel: machine.kernel,
            ended: machine.ending ?? "never started", failed: machine.failed,
            console: machine.failed ? folder.lastLines(of: "machines/\(machine.plan.name)/console.log", count: 10) : [],
            problems: machine.problems,
            commands: machine.plan.commands.indices.map { index in
                let plan = machine.plan.commands[index]
                let state = machine.commands[index]
                let outcome = outcome(machine, index)
                let file = machine.outputFile(index)
                return CommandSummary(
                    index: index + 1, command: plan.command, expectation: plan.expectation.description,
                    status: state.status, outcome: outcome, startNanoseconds: state.started?.nanoseconds,
                    endNanoseconds: state.ended?.nanoseconds, output: file,
                    lastLines: outcome == .passed ? [] : folder.lastLines(of: file, count: 5))
            })
    }

    /// Writes `summary.json`.
    package func write(_ summary: RunSummary) throws(RunError) {
        try folder.write(summary.json(), to: "summary.json")
    }
}
