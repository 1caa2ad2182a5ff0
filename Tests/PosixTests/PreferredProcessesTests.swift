import Posix
import Testing

/// Which idle connection is closed for a new one.
struct PreferredProcessesTests {
    @Test func strangersFirst() {
        var processes = PreferredProcesses()
        #expect(processes.firstToClose([]) == nil)
        #expect(processes.firstToClose([7, 8]) == 0)
        processes.insert(7)
        #expect(processes.firstToClose([7, 7, 8, 9]) == 2)
        #expect(processes.firstToClose([7, nil]) == 1)
        #expect(processes.firstToClose([7, 7]) == 0, "no other")
        processes.remove(7)
        #expect(processes.firstToClose([7, 8]) == 0)
    }

    @Test func aPreferredProcessMayFloodToo() {
        var processes = PreferredProcesses()
        processes.insert(7)
        processes.insert(8)
        #expect(processes.firstToClose([8] + [Int32](repeating: 7, count: 30)) == 17)
    }
}
