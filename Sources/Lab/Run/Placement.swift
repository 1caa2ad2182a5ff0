internal import Posix

/// On which cores a run's machines are. All are at home, on the calendar's core, where a message costs least, until
/// several compute at the same time: then all but one of those go to other cores, and come back when their turns have become
/// short. What happens in a run does not depend on it.
struct Placement {
    /// Nil: the host's scheduler decides.
    let cores: Cores?
    /// Most cores to use.
    let most: Int
    /// Machines away from home, and where.
    private(set) var away: [Int: Int] = [:]
    /// Times that a machine was moved.
    private(set) var moves = 0

    init(cores: Cores?, most: Int) {
        self.cores = cores
        self.most = most
    }

    /// There is somewhere to go.
    var watches: Bool { cores != nil && most > 1 }

    /// These machines compute at the same time.
    ///
    /// - Returns: those that have been moved.
    mutating func spread(_ machines: [Machine]) -> [Machine] {
        guard let cores else { return [] }
        var load: [Int: Int] = [:]
        for machine in machines { load[away[machine.index] ?? cores.numbers[0], default: 0] += 1 }
        var moved: [Machine] = []
        for machine in machines where (load[cores.numbers[0]] ?? 0) > 1 && away[machine.index] == nil {
            if cores.numbers.count < min(most, machines.count) { _ = cores.another() }
            let idle = cores.numbers.dropFirst().min { load[$0] ?? 0 < load[$1] ?? 0 }
            guard let idle, (load[idle] ?? 0) + 1 < load[cores.numbers[0]] ?? 0 else { break }
            move(machine, to: idle)
            away[machine.index] = idle
            load[cores.numbers[0], default: 0] -= 1
            load[idle, default: 0] += 1
            moved.append(machine)
        }
        return moved
    }

    mutating func bringHome(_ machine: Machine) {
        guard let cores, away.removeValue(forKey: machine.index) != nil else { return }
        move(machine, to: cores.numbers[0])
    }

    private mutating func move(_ machine: Machine, to core: Int) {
        guard let process = machine.process.id else { return }
        Cores.move(process, to: core)
        moves += 1
    }
}
