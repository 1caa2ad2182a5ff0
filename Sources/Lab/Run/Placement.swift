internal import Posix

/// The cores that a run's machines use. They are distributed over all cores when they boot. Then all share the calendar's core, where a message costs least, until
/// several compute at the same time: then those are spread over the cores, and return to the shared core when their turns have become short. The
/// results of a run do not depend on it.
struct Placement {
    /// Nil: the host's scheduler decides.
    let cores: Cores?
    /// Most cores to use.
    let most: Int
    private var assignment = CoreAssignment()
    /// Times that a machine was moved.
    private(set) var moves = 0
    /// All cores that machines have used, the shared core first.
    private(set) var used: [Int]?

    init(cores: Cores?, most: Int) {
        self.cores = cores
        self.most = most
        used = cores?.numbers
    }

    /// There are cores to move machines to.
    var watches: Bool { cores != nil && most > 1 }

    func hasDedicatedCore(_ machine: Machine) -> Bool { assignment.dedicated[machine.index] != nil }

    /// A machine's process has been started, on the shared core as every child of this process.
    mutating func boot(_ machine: Machine) {
        guard watches, let cores else { return }
        claim(upTo: most, cores)
        if assignment.boot(machine.index, on: cores.numbers) { move(machine, cores) }
    }

    /// These machines compute at the same time.
    ///
    /// - Returns: those that have been moved to a dedicated core.
    mutating func spread(_ machines: [Machine]) -> [Machine] {
        guard let cores else { return [] }
        claim(upTo: machines.count, cores)
        let moved = Set(assignment.balance(machines.map(\.index), on: cores.numbers))
        let movedMachines = machines.filter { moved.contains($0.index) }
        for machine in movedMachines { move(machine, cores) }
        return movedMachines.filter(hasDedicatedCore)
    }

    /// A machine needs no core of its own, or its process has ended.
    mutating func returnToSharedCore(_ machine: Machine) {
        guard let cores, assignment.returnToFirstCore(machine.index) else { return }
        move(machine, cores)
        // Another run may need them.
        if assignment.dedicated.isEmpty { cores.releaseSpares() }
    }

    private func claim(upTo count: Int, _ cores: Cores) {
        while cores.numbers.count < min(most, count), cores.addSpare() {}
    }

    private mutating func move(_ machine: Machine, _ cores: Cores) {
        guard let process = machine.process.id else { return }
        let core = assignment.core(of: machine.index, among: cores.numbers)
        Cores.move(process, to: core)
        moves += 1
        if used?.contains(core) == false { used?.append(core) }
    }
}
