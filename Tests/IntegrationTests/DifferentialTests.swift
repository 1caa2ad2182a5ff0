import Foundation
import Testing

/// The same program of sleeps, timers and interrupts, run by a real kernel and predicted from its text: the calendar
/// must be asked for the same instants, to the nanosecond.
@Suite(.serialized)
struct DifferentialTests {
    /// After boot, off the tick's grid.
    static let start: UInt64 = 10_003_000_000

    /// A run of `sleeper.c` in a real guest, recorded.
    static func record(_ program: SleepProgram) throws -> Conversation {
        let scratch = try Scratch()
        let kernel = try Almanac.run(
            ["kernel", "path", "--series", "6.12"], in: scratch.path,
            environment: ["ALMANAC_KERNEL_RECIPE": "\(Almanac.project)/Kernel"]
        ).output.trimmingCharacters(in: .newlines)
        let compiler = try Almanac.Running(
            "/usr/bin/cc",
            [
                "-static", "-O2", "-Wall", "-Wextra", "-Werror", "-o", "sleeper",
                "\(Almanac.project)/Tests/IntegrationTests/Programs/sleeper.c",
            ], in: scratch.path
        ).wait()
        try #require(compiler.status == 0, "\(compiler.errors)")

        let calendar = try CalendarThread(
            socket: "\(scratch.path)/calendar", console: "\(scratch.path)/console",
            bytesAt: program.interrupts)
        let relay = try MessageRelay(path: "\(scratch.path)/relay", calendarPath: "\(scratch.path)/calendar")
        let guest = try Almanac.Running(
            kernel,
            [
                "mem=64M", "root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro", "con=null",
                "con0=null,fd:1", "umid=guest", "uml_dir=\(scratch.path)/", "mac80211_hwsim.radios=0",
                "console=tty0",
                "init=\(scratch.path)/sleeper", "time-travel=ext:1:relay", "virtio_uml.device=console:3",
                "--", program.argument,
            ], in: scratch.path)
        let entries = try relay.record()
        let outcome = guest.wait()
        #expect(outcome.output.contains("reboot: Power down"), "\(outcome.output.suffix(600))")
        #expect(calendar.finish().isEmpty)
        return Conversation(entries)
    }

    /// Runs a program between its start and its end and holds its turns against the prediction.
    static func hold(_ steps: [SleepProgram.Step], until end: UInt64) throws {
        let program = SleepProgram(steps: [.until(start)] + steps + [.until(end)])
        let conversation = try record(program)
        let turns = conversation.program(from: start, to: end)
        let predicted = program.turns(
            from: turns.first?.askedAt ?? 0, rearmings: Conversation.rearmings(for: turns))
        #expect(turns.map(\.run) == predicted)
        #expect(turns.filter { $0.request != $0.run }.isEmpty, "it ran when it had not asked to")
    }

    /// All within one tick: the kernel's own work does not come in between, the program alone decides.
    @Test func sleepsShorterThanATick() throws {
        try Self.hold(
            [
                .until(10_003_700_123), .sleep(0), .sleep(1), .sleep(100), .sleep(499), .sleep(500),
                .sleep(501),
                .sleep(755), .sleep(3000), .sleep(77_777), .sleep(2_345_678), .until(10_003_000_000),
                .read(3),
                .periodic(330_000, count: 7),
            ], until: 10_009_300_321)
    }

    @Test func sleepsOverManyTicks() throws {
        try Self.hold(
            [
                .until(10_106_000_000), .sleep(6_000_000_123), .periodic(3_300_000, count: 7),
                .sleep(0x1_0000_0000 + 1_000_000),
            ], until: 21_003_000_000)
    }

    @Test func readingTheClock() throws {
        try Self.hold(
            [.read(20), .until(10_004_000_001), .poll(5000), .sleep(700), .poll(5001), .poll(1), .read(1)],
            until: 10_005_000_000)
    }

    @Test func interruptsFromOutside() throws {
        try Self.hold(
            [
                .interrupt(at: 10_103_000_077), .sleep(1234), .interrupt(at: 10_104_000_256), .read(1),
                .interrupt(at: 10_155_123_457), .until(10_156_000_001),
            ], until: 10_303_000_000)
    }
}
