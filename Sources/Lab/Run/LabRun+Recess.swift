internal import Calendar
internal import Posix
internal import Simulation

/// What the run does about something that the host makes happen, once no machine has its turn.
struct Recess {
    /// Ticks until a program that spins is ended, and until all programs of its machine are.
    static let patience = 2
    static let longPatience = 6
    /// Ticks after which the run no longer waits.
    static let limit = 12
    /// A machine whose programs make system calls gets this many times as long: the turn may end by itself.
    static let workingFactor = 4

    /// What waits for it; nil without a recess.
    private(set) var event: RunLifecycle.Event?
    /// The tick of the run at which it began.
    private(set) var begun = 0
    /// How often the kernel of a machine had waited at the last look, by the machine's index.
    var waits: [Int: UInt64] = [:]
    /// CPU time of programs at the last look, ns, by their process.
    var used: [Int32: UInt64] = [:]

    mutating func begin(_ event: RunLifecycle.Event, at tick: Int) {
        self.event = event
        begun = tick
    }

    /// What waited for it.
    mutating func end() -> RunLifecycle.Event? {
        defer { event = nil }
        return event
    }
}

/// An interruption, a timeout or a hang comes while machines have their turns. First the turns end, so that what programs have written
/// reaches its files, and the request to shut down reaches each machine. A program that spins keeps its machine's turn, so it is ended
/// after half a second.
extension LabRun {
    /// Handles `event` when no machine has its turn, or when that takes too long. A second one is handled at once.
    func handleInRecess(_ event: RunLifecycle.Event) throws(RunError) {
        guard !lifecycle.isFinished else { return }
        if recess.event == .visited {
            // A visitor can wait.
            if event != .visited { recess.begin(event, at: clock.ticks) }
            return
        }
        guard recess.event == nil else {
            if event == .visited { return }
            try endRecess()
            return try handle(event)
        }
        simulation.beginRecess()
        recess.begin(event, at: clock.ticks)
    }

    /// The recess may be over.
    func proceedWithRecess() throws(RunError) {
        if recess.event != nil, simulation.isQuiet { try endRecess() }
    }

    /// A tick of the wall clock. Also after an interruption programs that spin are ended, so that their machines can power off.
    func tickOfRecess() throws(RunError) {
        let age: Int
        if recess.event == .visited { return }
        if recess.event != nil {
            age = clock.ticks - recess.begun
            if age >= Recess.limit { return try endRecess() }
        } else {
            guard lifecycle.isInterrupted, !lifecycle.isFinished, simulation.silentTicks > 0 else { return }
            age = simulation.silentTicks
        }
        for machine in machines where !machine.isModel && !machine.lifecycle.hasEnded {
            guard case .runs = simulation.standing(of: machine.identity) else { continue }
            let patience = works(machine) ? Recess.workingFactor : 1
            endSpinning(
                machine, all: age >= patience * Recess.longPatience,
                looksOnly: age < patience * Recess.patience)
        }
    }

    /// Its programs have made system calls since the last look: its kernel waits on the host for each.
    private func works(_ machine: Machine) -> Bool {
        guard let waits = machine.process.id.flatMap(ProcessView.voluntarySwitches) else { return false }
        defer { recess.waits[machine.index] = waits }
        return recess.waits[machine.index].map { waits > $0 } ?? false
    }

    private func endRecess() throws(RunError) {
        guard let event = recess.end() else { return }
        simulation.endRecess()
        if event != .interrupted, event != .visited {
            simulation.releaseStagedEvents()
            try actOnEvents()
        }
        try handle(event)
    }

    /// Ends the program that has used most CPU time since the last look, or all, but never the machine's init: it sends what programs
    /// have written.
    private func endSpinning(_ machine: Machine, all: Bool, looksOnly: Bool) {
        guard let kernel = machine.process.id else { return }
        let programs = ProcessView.descendants(of: kernel).filter { GuestMode.runsProgram($0, of: kernel) }
            .sorted { ($0.startTicks, $0.processID) < ($1.startTicks, $1.processID) }.dropFirst()
        let growth = programs.map { program in
            (program, program.cpuNanoseconds &- (recess.used[program.processID] ?? program.cpuNanoseconds))
        }
        for program in programs { recess.used[program.processID] = program.cpuNanoseconds }
        guard !looksOnly else { return }
        let busiest = growth.max { $0.1 < $1.1 }.map { [$0.0] } ?? []
        for program in all ? Array(programs) : busiest {
            Posix.endProgram(program.processID)
            machine.process.lostPrograms = true
        }
    }
}
