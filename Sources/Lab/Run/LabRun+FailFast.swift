internal import Calendar
internal import LabPlan
internal import Report
internal import Simulation

/// Ends a lab that has failed, so that it does not go on for what can no longer change that.
extension LabRun {
    /// Simulated time without output, ns, after which the foreground commands that remain only serve.
    private static let silence: UInt64 = 60_000_000_000

    /// A command has ended: the lab may have failed with it.
    func noteEnd(ofCommand index: Int, of machine: Machine) throws(RunError) {
        guard lifecycle.areCommandsAllowed, outcome(machine, index) == .failed,
            !machine.startsAgain(index)
        else { return }
        visits.hold.seeFailure()
        guard lifecycle.state == .running, !machine.plan.commands[index].background else { return }
        let first = hangDetector.failed == nil
        if first { hangDetector.failed = "\(machine.plan.name)'s command \(index + 1) failed" }
        switch plan.failFast {
        case true?: try endEarly("")
        case nil where first && plan.until == nil: lookForSilence()
        case false?, nil: break
        }
    }

    private func lookForSilence() {
        hangDetector.commandMessagesSeen = hangDetector.commandMessages
        setAlarm(.silenceAfterFailure, at: simulation.now.advanced(by: Self.silence))
    }

    /// A minute after the failure, or after the last look.
    func endIfSilent() throws(RunError) {
        guard lifecycle.state == .running else { return }
        guard hangDetector.commandMessages == hangDetector.commandMessagesSeen else {
            return lookForSilence()
        }
        try endEarly(", and the others printed nothing for a minute; --no-fail-fast waits for them")
    }

    private func endEarly(_ more: String) throws(RunError) {
        guard let failed = hangDetector.failed else { return }
        try handle(.failedFast("ended early: \(failed)\(more)"))
    }
}
