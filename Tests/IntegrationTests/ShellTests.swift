import Foundation
import Testing

/// Shells and debuggers at a terminal.
@Suite(.serialized)
struct ShellTests {
    private func terminal(_ arguments: String, _ scratch: Scratch) throws -> TestTerminal {
        try TestTerminal("\(Almanac.program) replay out/look --at 3s \(arguments)", in: scratch.path)
    }

    @Test func aShellHasATerminal() throws {
        let scratch = try LookTests.recorded()
        let terminal = try terminal("--shell a", scratch)
        try terminal.wait(for: "# ")
        terminal.type("tty; stty size; echo $TERM; date +at:%s\r")
        try terminal.wait(for: "/dev/pts/0")
        // The last line shows the simulated time.
        try terminal.wait(for: "29 90")
        try terminal.wait(for: "xterm")
        try terminal.wait(for: "at:1767225603")
        // Time goes on for a program, and for no longer.
        terminal.type("sleep 5; date +at:%s\r")
        try terminal.wait(for: "at:1767225608")
        terminal.type("date +at:%s\r")
        try terminal.wait(for: "at:1767225608")
        // Ctrl-C ends what never ends.
        terminal.type("ping b\r")
        try terminal.wait(for: "icmp_seq=2")
        terminal.type("\u{3}")
        try terminal.wait(for: "packet loss")
        // The status line shows the time, and almanac's own prompt lets it go on.
        try terminal.wait(for: "time stands")
        terminal.type("\u{1d}")
        try terminal.wait(for: "almanac> ")
        terminal.type("exec b hostname\r")
        try terminal.wait(for: "b\r\n")
        try terminal.wait(for: "almanac> ")
        terminal.type("time 1000s\r")
        try terminal.wait(for: " s\r\n")
        try terminal.wait(for: "almanac> ")
        terminal.type("\r")
        terminal.type("date +at:%s; exit 6\r")
        try terminal.wait(for: "at:17672266")
        #expect(try terminal.end() == 6)
    }

    @Test func fullScreenProgramsWork() throws {
        let scratch = try LookTests.recorded()
        let terminal = try terminal("--shell a", scratch)
        try terminal.wait(for: "# ")
        terminal.type("vi -u NONE /root/text\r")
        try terminal.wait(for: "\u{1b}[?1049h")
        terminal.type("ihello\u{1b}:wq\r")
        try terminal.wait(for: "written")
        try terminal.wait(for: "# ")
        terminal.type("cat /root/text; exit\r")
        try terminal.wait(for: "hello\r\n")
        #expect(try terminal.end() == 0)
    }

    @Test func aRunThatEndsEndsItsShells() throws {
        let scratch = try LookTests.recorded()
        let terminal = try terminal("--shell a", scratch)
        try terminal.wait(for: "# ")
        terminal.type("\u{1d}")
        try terminal.wait(for: "almanac> ")
        terminal.type("continue\r")
        try terminal.wait(for: "the run is over")
        #expect(try terminal.end() == 1)
    }

    @Test func aTerminalThatGoesAwayLeavesNothing() throws {
        let scratch = try LookTests.recorded()
        let terminal = try terminal("--shell a", scratch)
        try terminal.wait(for: "# ")
        terminal.hangUp()
        // The replay has ended when another may write into its folder.
        var outcome = try Almanac.run(["replay", "out/look", "--at", "3s"], in: scratch.path)
        for _ in 0..<100 where outcome.status != 0 {
            usleep(100_000)
            outcome = try Almanac.run(["replay", "out/look", "--at", "3s"], in: scratch.path)
        }
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    @Test func gdbStopsAtBreakpointsInAKernel() throws {
        let scratch = try LookTests.recorded()
        let terminal = try terminal("--gdb b", scratch)
        try terminal.wait(for: "The kernel of b stands.")
        try terminal.wait(for: "(gdb) ")
        terminal.type("break icmp_rcv\r")
        try terminal.wait(for: "Breakpoint 1 at ")
        terminal.type("continue\r")
        try terminal.wait(for: "Breakpoint 1, ")
        terminal.type("bt 3\r")
        try terminal.wait(for: "icmp_rcv")
        terminal.type("print $lx_task_by_pid(1)->comm\r")
        try terminal.wait(for: "almanac")
        terminal.type("quit\r")
        #expect(try terminal.end() == 0)
    }

    @Test func gdbStopsAtBreakpointsInAProgram() throws {
        let scratch = try LookTests.recorded()
        let terminal = try terminal("--gdb a:ping", scratch)
        try terminal.wait(for: "(gdb) ")
        terminal.type("break sendto\r")
        try terminal.wait(for: "Breakpoint 1 at ")
        terminal.type("continue\r")
        try terminal.wait(for: "Breakpoint 1, ")
        terminal.type("quit\r")
        #expect(try terminal.end() == 0)
    }
}
