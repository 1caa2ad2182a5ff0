import Foundation
import Glibc
import Posix
import Testing

/// Cores are claimed from all runs on this host, so others may hold some: the tests look at what they get.
@Suite(.serialized)
struct CoresTests {
    /// A run moves its process to its core: afterwards this process may use all again.
    private func onAllCoresAgain(_ cores: [Int], _ body: () throws -> Void) throws {
        defer {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/taskset")
            process.arguments = [
                "--all-tasks", "--pid", "--cpu-list", cores.map(String.init).joined(separator: ","),
                "\(getpid())",
            ]
            process.standardOutput = FileHandle.nullDevice
            // Without it only this module's tests are slower.
            if (try? process.run()) != nil { process.waitUntilExit() }
        }
        try body()
    }

    /// A run has a shared core of its own, even where another uses all cores as spares.
    @Test func aSecondRunGetsAnotherCore() throws {
        let allowed = Cores.allowed
        try onAllCoresAgain(allowed) {
            guard let first = Cores(among: allowed) else { return }
            while first.addSpare() {}
            let used = first.numbers
            #expect(Set(used).count == used.count && Set(used).isSubset(of: allowed))
            guard used.count > 1 else { return }
            let second = try #require(Cores(among: used))
            #expect(second.numbers.count == 1 && second.numbers != [used[0]])
            // It may not use the other's shared core, nor its own, as a spare.
            #expect(!second.addSpare())
            first.releaseSpares()
            #expect(first.numbers == [used[0]])
            // The second has a shared core: it is no spare for the first.
            _ = first.addSpare()
            #expect(!first.numbers.contains(second.numbers[0]))
        }
        #expect(Cores.allowed == allowed)
    }

    /// One core is enough to keep to it.
    @Test func oneCore() throws {
        let allowed = Cores.allowed
        try onAllCoresAgain(allowed) {
            guard let cores = Cores(among: [allowed[0]]) else { return }
            #expect(cores.numbers == [allowed[0]] && !cores.addSpare())
            #expect(Cores(among: [allowed[0]]) == nil)
        }
    }
}
