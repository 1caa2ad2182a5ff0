import Testing

@testable import Lab

struct CoreAssignmentTests {
    /// Machines boot on all cores in turn; those on the first core are not on a dedicated one.
    @Test func bootsInTurn() {
        var assignment = CoreAssignment()
        let dedicated = (0..<5).map { assignment.boot($0, on: [7, 3]) }
        #expect(dedicated == [false, true, false, true, false])
        #expect((0..<5).map { assignment.core(of: $0, among: [7, 3]) } == [7, 3, 7, 3, 7])
    }

    /// Of those that compute at the same time, as many use one core as another, whatever core they were on.
    @Test(arguments: 1..<6) func balances(cores count: Int) {
        let cores = Array(10..<10 + count)
        for machines in 1..<8 {
            for first in cores {
                var assignment = CoreAssignment()
                // All on one core.
                _ = assignment.balance(Array(0..<machines), on: [first])
                for machine in 0..<machines { _ = assignment.boot(machine, on: [cores[0], first]) }
                let before = (0..<machines).map { assignment.core(of: $0, among: cores) }
                let moved = assignment.balance(Array(0..<machines), on: cores)
                let after = (0..<machines).map { assignment.core(of: $0, among: cores) }
                #expect(Set(moved) == Set((0..<machines).filter { before[$0] != after[$0] }))
                let loads = cores.map { core in after.count { $0 == core } }
                #expect(loads.max()! - loads.min()! <= 1)
                let rest = assignment.balance(Array(0..<machines), on: cores)
                #expect(rest.isEmpty)
            }
        }
    }

    @Test func returnsOnce() {
        var assignment = CoreAssignment()
        let moved = assignment.balance([4, 5], on: [0, 1])
        let returns = [assignment.returnToFirstCore(5), assignment.returnToFirstCore(5)]
        #expect(moved == [5] && returns == [true, false])
        #expect(assignment.core(of: 5, among: [0, 1]) == 0)
    }
}
