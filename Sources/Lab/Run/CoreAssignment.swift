/// Which of a run's cores each machine uses. The first core is the calendar's, where a message costs least; the others are dedicated to machines.
struct CoreAssignment {
    /// Cores of machines that are not on the first core, by machine.
    private(set) var dedicated: [Int: Int] = [:]

    func core(of machine: Int, among cores: [Int]) -> Int { dedicated[machine] ?? cores[0] }

    /// A machine is about to boot, which is computing: machines are distributed over all cores, one after the other.
    ///
    /// - Returns: whether it gets a dedicated core.
    mutating func boot(_ machine: Int, on cores: [Int]) -> Bool {
        assign(machine, to: cores[machine % cores.count], of: cores)
        return dedicated[machine] != nil
    }

    /// These machines compute at the same time: on each core as many as on any other, or one more.
    ///
    /// - Returns: those that change their core.
    mutating func balance(_ machines: [Int], on cores: [Int]) -> [Int] {
        var groups = Dictionary(grouping: machines) { core(of: $0, among: cores) }
        var moved: [Int] = []
        while true {
            let loads = cores.map { (core: $0, machines: groups[$0]?.count ?? 0) }
            guard let most = loads.max(by: { $0.machines < $1.machines }),
                let least = loads.min(by: { $0.machines < $1.machines }), most.machines > least.machines + 1,
                let machine = groups[most.core]?.popLast()
            else { return moved }
            groups[least.core, default: []].append(machine)
            assign(machine, to: least.core, of: cores)
            moved.append(machine)
        }
    }

    /// - Returns: false when it is on the first core already.
    mutating func returnToFirstCore(_ machine: Int) -> Bool { dedicated.removeValue(forKey: machine) != nil }

    private mutating func assign(_ machine: Int, to core: Int, of cores: [Int]) {
        dedicated[machine] = core == cores[0] ? nil : core
    }
}
