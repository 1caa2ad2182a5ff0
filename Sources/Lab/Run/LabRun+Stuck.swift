internal import Calendar
internal import Foundation
internal import LabPlan
internal import Posix
internal import Report
internal import Simulation
internal import Trace

/// Ends a run in which no simulated time passes, and names the machines that hold it up and why.
extension LabRun {
    /// Wall-clock seconds between two looks at the processes.
    private static let watchingTime = 0.5
    /// Most machines for which the summary names what they wait for.
    private static let waitingLimit = 16

    /// Ticks of silence between two looks at whether machines work, and how often a kernel that works has waited in between.
    private static let workInterval = Simulation.ticksPerSecond / 2
    private static let leastWaits: UInt64 = 50

    /// A tick. A machine whose programs make system calls or touch memory works, though that takes no simulated time: its kernel waits on the
    /// host for each of them.
    func watchWork() {
        let silence = simulation.silentTicks
        guard silence > 0 else {
            if !hangDetector.waits.isEmpty { hangDetector.waits = [:] }
            return
        }
        guard silence.isMultiple(of: Self.workInterval) else { return }
        for machine in machines where !machine.isModel && !machine.lifecycle.hasEnded {
            guard case .runs = simulation.standing(of: machine.identity), let kernel = machine.process.id,
                let waits = ProcessView.voluntarySwitches(of: kernel)
            else { continue }
            if let before = hangDetector.waits[machine.index], waits &- before >= Self.leastWaits {
                simulation.noteWork()
            }
            hangDetector.waits[machine.index] = waits
        }
    }

    /// No simulated time has passed for the limit of silence.
    func giveUp(_ stagnation: Stagnation) throws(RunError) {
        // A debugger may have stopped a machine for as long as somebody thinks.
        guard recess.event == nil || recess.event == .visited, visits.debuggers.isEmpty else { return }
        simulation.releaseStagedEvents()
        try actOnEvents()
        let alive = machines.filter { !$0.lifecycle.hasEnded }
        let standings = alive.map { ($0, simulation.standing(of: $0.identity)) }
        var holders: [(machine: Machine, standing: Standing)] = standings.filter { machine, standing in
            switch standing {
            case .runs, .owesReply: true
            default: machine.lifecycle.isAwaited
            }
        }
        let talkers = stagnation.isTalk ? simulation.busyWithoutProgress : []
        for talker in talkers where !holders.contains(where: { $0.machine.identity == talker.participant }) {
            holders += standings.filter { $0.0.identity == talker.participant }
        }
        if holders.isEmpty { holders = standings.filter { $0.1 == .absent } }
        let diagnoses = diagnose(holders.map(\.machine))
        let turns = Dictionary(talkers.map { ($0.participant, $0.turns) }, uniquingKeysWith: { $1 })
        var reasons: [String] = []
        for (index, (machine, standing)) in holders.enumerated() {
            let reason = why(machine, standing, turns: stagnation.isTalk ? turns[machine.identity] : nil)
            reasons.append("\(machine.plan.name) \(reason)")
            say(hang: reason, of: machine)
            for line in diagnoses[index] { machine.problems.append(line) }
        }
        let kind =
            stagnation.isTalk
            ? "machines take turns endlessly at the same instant" : "no simulated time passes"
        var failure =
            "stuck: \(kind), for \(stagnation.seconds) s of wall-clock time (--silence-limit)"
            + (reasons.isEmpty ? "" : "; \(reasons.prefix(4).joined(separator: "; "))")
            + (reasons.count > 4 ? "; and \(reasons.count - 4) more" : "")
        let others = standings.filter { other in !holders.contains { $0.machine === other.0 } }
        for (machine, standing) in others.prefix(Self.waitingLimit) {
            machine.problems.append(why(machine, standing, turns: nil))
        }
        if others.count > Self.waitingLimit {
            failure += "; \(others.count - Self.waitingLimit) more machines wait"
        }
        try handleInRecess(.stuck(failure, holders: holders.map(\.machine.index)))
    }

    /// Why a machine makes no progress, as a predicate: "holds the turn since 1.5 s".
    private func why(_ machine: Machine, _ standing: Standing, turns: UInt64?) -> String {
        if machine.lifecycle.isLeaving {
            return "announced that it powers off, and its process has not ended"
        }
        if machine.lifecycle.isAwaited { return "has left the calendar, and its process has not ended" }
        if standing == .absent, !machine.isModel {
            return "never connected to the calendar: does its kernel have time travel?"
        }
        guard let turns else { return "\(standing)" }
        return "has had \(turns) turns since time last went on, and \(standing)"
    }

    /// What the host knows about these machines, some lines each.
    private func diagnose(_ machines: [Machine]) -> [[String]] {
        let first = machines.map { $0.process.id.map(ProcessDiagnosis.Sample.init(of:)) }
        if first.contains(where: { $0 != nil }) { Thread.sleep(forTimeInterval: Self.watchingTime) }
        var symbols: [String: KernelSymbols] = [:]
        return machines.enumerated().map { index, machine in
            var lines = commandsRunning(of: machine)
            guard let process = machine.process.id, let sample = first[index] else { return lines }
            let last = ProcessDiagnosis.Sample(of: process)
            let diagnosis = ProcessDiagnosis(
                process: process, sample, last, waitChannel: ProcessView.waitChannel(of: process))
            lines.insert(diagnosis.sentence, at: 0)
            guard let kernel = machine.kernel?.path else { return lines }
            if symbols[kernel] == nil { symbols[kernel] = KernelSymbols(of: kernel) }
            let calls = symbols[kernel].map { KernelStack.functions(of: process, $0) } ?? []
            if !calls.isEmpty { lines.append("its kernel is in \(calls.joined(separator: " < "))") }
            return lines
        }
    }

    /// Which commands of a machine run.
    func commandsRunning(of machine: Machine) -> [String] {
        machine.plan.commands.indices.compactMap { index in
            let state = machine.commands[index]
            guard let started = state.started, state.ended == nil else { return nil }
            return "its command \(index + 1) runs since \(started): \(machine.plan.commands[index].command)"
        }
    }

    /// Reports a hang. The trace gets only what depends on simulated time, nothing of the host.
    private func say(hang reason: String, of machine: Machine) {
        simulation.recorder?.record(
            .problem, machine.identity, at: simulation.instant(of: machine.identity), text: "stuck")
        machine.problems.append(reason)
        say(.problem, machine, "\(machine.plan.name) \(reason)")
    }
}
