internal import Posix

/// The cores that a run's machines use. All share the calendar's core, where a message costs least, until several compute at the
/// same time: then each of those but one gets a dedicated core, and returns to the shared core when its turns have become short. The results
/// of a run do not depend on it.
struct Placement {
    /// Nil: the host's scheduler decides.
    let cores: Cores?
    /// Most cores to use.
    let most: Int
    /// The dedicated cores, by machine.
    private(set) var dedicated: [Int: Int] = [:]
    /// Times that a machine was moved.
    private(set) var moves = 0

    init(cores: Cores?, most: Int) {
        self.cores = cores
        self.most = most
    }

    /// There are cores to move machines to.
    var watches: Bool { cores != nil && most > 1 }

    /// These machines compute at the same time.
    ///
    /// - Returns: those that have been moved.
    mutating func spread(_ machines: [Machine]) -> [Machine] {
        guard let cores else { return [] }
        var load: [Int: Int] = [:]
        for machine in machines { load[dedicated[machine.index] ?? cores.numbers[0], default: 0] += 1 }
        var moved: [Machine] = []
        for machine in machines where (load[cores.numbers[0]] ?? 0) > 1 && dedicated[machine.index] == nil {
            if cores.numbers.count < min(most, machines.count) { _ = cores.another() }
            let idle = cores.numbers.dropFirst().min { load[$0] ?? 0 < load[$1] ?? 0 }
            guard let idle, (load[idle] ?? 0) + 1 < load[cores.numbers[0]] ?? 0 else { break }
            move(machine, to: idle)
            dedicated[machine.index] = idle
            load[cores.numbers[0], default: 0] -= 1
            load[idle, default: 0] += 1
            moved.append(machine)
        }
        return moved
    }

    mutating func returnToSharedCore(_ machine: Machine) {
        guard let cores, dedicated.removeValue(forKey: machine.index) != nil else { return }
        move(machine, to: cores.numbers[0])
    }

    private mutating func move(_ machine: Machine, to core: Int) {
        guard let process = machine.process.id else { return }
        Cores.move(process, to: core)
        moves += 1
    }
}
