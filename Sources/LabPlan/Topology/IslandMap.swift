/// Which machines must share an island: those on a network without latency, and all models, which run in one process
/// anyway. And how far islands can run ahead of each other.
package struct IslandMap: Sendable {
    /// By machine.
    private var islands: [Int]
    private let delayless: Set<Int>
    /// Number of islands, at least one.
    package let count: Int
    /// Smallest latency between machines, ns.
    package let window: UInt64
    /// By island, ns: an answer to what a machine of it sends arrives no earlier.
    package let turnarounds: [UInt64]

    /// Most that `window` is, ns: what a machine's init says to the run is answered after one window.
    package static let longestWindow: UInt64 = 100_000_000

    /// - Parameter separatesModels: models share islands only as machines do.
    init(_ plan: LabPlan, _ floors: [NetworkFloors], separatesModels: Bool) {
        let delays = floors.map(\.leastDelay)
        // Union of machines; a machine's number stands for the least of its group.
        var parents = Array(plan.machines.indices)
        func root(_ machine: Int) -> Int {
            var machine = machine
            while parents[machine] != machine { machine = parents[machine] }
            return machine
        }
        func join(_ a: Int, _ b: Int) {
            let (first, second) = (root(a), root(b))
            parents[max(first, second)] = min(first, second)
        }
        var delayless: Set<Int> = []
        var firstOnNetwork: [Int: Int] = [:]
        var firstModel: Int?
        for (index, machine) in plan.machines.enumerated() {
            if machine.model != nil, !separatesModels {
                if let firstModel { join(firstModel, index) } else { firstModel = index }
            }
            for interface in machine.interfaces where delays[interface.network] == 0 {
                delayless.insert(index)
                if let first = firstOnNetwork[interface.network] {
                    join(first, index)
                } else {
                    firstOnNetwork[interface.network] = index
                }
            }
        }
        var numbers: [Int: Int] = [:]
        islands = plan.machines.indices.map { machine in
            let group = root(machine)
            if let number = numbers[group] { return number }
            numbers[group] = numbers.count
            return numbers.count - 1
        }
        let count = max(numbers.count, 1)
        let latencies = plan.machines.flatMap(\.interfaces).map { delays[$0.network] }
        let window = min(latencies.filter { $0 > 0 }.min() ?? .max, Self.longestWindow)
        // What is said to the run may come back after one window.
        var turnarounds = [UInt64](repeating: min(2 * window, Self.longestWindow), count: count)
        var portsOnNetwork: [[Int]: Int] = [:]
        for (index, machine) in plan.machines.enumerated() {
            for interface in machine.interfaces where delays[interface.network] > 0 {
                portsOnNetwork[[islands[index], interface.network], default: 0] += 1
            }
        }
        // Two of one island can hear each other directly.
        for (key, ports) in portsOnNetwork where ports > 1 { turnarounds[key[0]] = window }
        self.count = count
        self.window = window
        self.turnarounds = turnarounds
        self.delayless = delayless
    }

    package func island(of machine: Int) -> Int { islands[machine] }

    /// What it sends may reach another machine at once.
    package func hasNoDelay(_ machine: Int) -> Bool { delayless.contains(machine) }
}
