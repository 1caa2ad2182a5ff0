internal import Calendar
internal import LabPlan
internal import Report

/// The verdicts of checks, log rules and kernel reports, and the faults, for the summary.
extension LabRun {
    var verdicts: [VerdictSummary] { checkVerdicts + logVerdicts + reportVerdicts }

    private var checkVerdicts: [VerdictSummary] {
        machines.flatMap { machine in
            machine.plan.checks.indices.map { index in
                let plan = machine.plan.checks[index]
                let state = machine.checks[index]
                var verdict = VerdictSummary(
                    .check, machine: machine.plan.name, name: plan.command, passed: true,
                    expected: plan.status,
                    runs: state.runs,
                    output: machine.outputFile(machine.number(ofCheck: index)))
                if plan.isHealth {
                    let status = machine.service.health.status
                    verdict.passed = status != .unhealthy
                    verdict.reason =
                        status.rawValue
                        + (state.status.map { ": exit status \($0) of the last probe" } ?? "")
                } else if let failure = state.failure(plan) {
                    verdict.passed = false
                    verdict.reason = failure.reason
                    verdict.nanoseconds = failure.at.nanoseconds
                } else if case .eventually = plan.schedule, state.passed == nil {
                    verdict.passed = false
                    verdict.reason = "the lab ended before it had passed"
                } else if case .eventually = plan.schedule {
                    verdict.nanoseconds = state.passed?.nanoseconds
                } else if state.runs == 0 {
                    verdict.passed = false
                    verdict.reason = "it never completed"
                }
                return verdict
            }
        }
    }

    private var logVerdicts: [VerdictSummary] {
        judge.verdicts().map { rule, isKept, finding, silent in
            var verdict = VerdictSummary(
                .log, machine: finding.map { machines[$0.machine].plan.name },
                name: "\(rule.isRequired ? "must" : "never") \(rule.pattern)", passed: isKept)
            if let finding {
                verdict.reason = finding.line
                verdict.nanoseconds = finding.at.nanoseconds
            } else if !isKept {
                let names = silent.map { machines[$0].plan.name }.joined(separator: " ")
                verdict.reason = "no line matched" + (names.isEmpty ? "" : " in \(names)")
            }
            return verdict
        }
    }

    private var reportVerdicts: [VerdictSummary] {
        judge.reports.values.sorted { ($0.at, $0.machine) < ($1.at, $1.machine) }.map { finding in
            VerdictSummary(
                .report, machine: machines[finding.machine].plan.name,
                name: finding.source == .console ? "its kernel" : "a program", passed: false,
                reason: finding.line, nanoseconds: finding.at.nanoseconds)
        }
    }

    var faultSummaries: [FaultSummary] {
        zip(plan.faults, faults.states).compactMap { fault, state in
            state.began.map { began in
                FaultSummary(
                    text: fault.description(in: plan), beganNanoseconds: began.nanoseconds,
                    endedNanoseconds: state.ended?.nanoseconds)
            }
        }
    }
}
