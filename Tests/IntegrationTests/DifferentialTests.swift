import Foundation
import Models
import Network
import Testing

/// The same program of sleeps, timers and interrupts, run by a real kernel, run by the guest half in Swift, and predicted
/// from its text: the calendar must be asked for the same instants, to the nanosecond.
@Suite(.serialized)
struct DifferentialTests {
    /// After boot, off the tick's grid.
    static let start: UInt64 = 10_003_000_000

    /// A run of `sleeper.c` in a real guest, recorded.
    static func record(_ program: SleepProgram) throws -> Conversation {
        let scratch = try Scratch()
        let kernel = try Almanac.run(
            ["kernel", "path", "--series", "6.12"], in: scratch.path,
            environment: ["ALMANAC_HOME": Almanac.project]
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
    @discardableResult
    static func hold(_ steps: [SleepProgram.Step], until end: UInt64) throws -> Conversation {
        let program = SleepProgram(steps: [.until(start)] + steps + [.until(end)])
        let conversation = try record(program)
        let turns = conversation.program(from: start, to: end)
        let predicted = program.turns(
            from: turns.first?.askedAt ?? 0, rearmings: Conversation.rearmings(for: turns))
        #expect(turns.map(\.run) == predicted)
        // The guest half in Swift, told when the kernel armed its timer for reasons of its own, asks and runs as it did.
        let ours = try GuestSide.record(
            program, from: turns.first?.askedAt ?? 0, rearmings: Conversation.rearmings(for: turns),
            kernelTurns: conversation.turns.map(\.run).filter(Conversation.isHousekeeping)
        ).program(from: start, to: end)
        #expect(ours.map(\.run) == turns.map(\.run))
        #expect(ours.map(\.request) == turns.map(\.request))
        #expect(turns.filter { $0.request != $0.run }.isEmpty, "it ran when it had not asked to")
        return conversation
    }

    /// All within one tick: the kernel's own work does not come in between, the program alone decides.
    @Test func sleepsShorterThanATick() throws {
        try Self.hold(
            [
                .until(10_003_700_123), .sleep(0), .sleep(1), .sleep(100), .sleep(499), .sleep(500),
                .sleep(501), .sleep(755), .sleep(3000), .sleep(77_777), .sleep(2_345_678),
                .until(10_003_000_000), .read(3), .periodic(330_000, count: 7),
            ], until: 10_009_300_321)
    }

    @Test func sleepsOverManyTicks() throws {
        try Self.hold(
            [
                .until(10_106_000_000), .sleep(6_000_000_123), .periodic(3_300_000, count: 7),
                .sleep(9_000_000_000),
            ], until: 26_003_000_000)
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

    /// Programs nobody has thought of.
    @Test(arguments: [1, 2, 3]) func randomProgram(seed: UInt64) throws {
        var random = SplitMix64(seed: seed, name: "sleeper")
        var instant = Self.start
        var steps: [SleepProgram.Step] = []
        for _ in 0..<12 {
            // Within the middle of a tick, with room for what follows.
            let tick = instant / Conversation.tick + .random(in: 1...4, using: &random)
            instant = tick * Conversation.tick + .random(in: 100_000...8_000_000, using: &random)
            steps.append(.until(instant))
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                switch Int.random(in: 0...3, using: &random) {
                case 0: steps.append(.read(.random(in: 1...8, using: &random)))
                case 1: steps.append(.poll(.random(in: 1...4000, using: &random)))
                case 2: steps.append(.periodic(.random(in: 1000...20_000, using: &random), count: 5))
                default: steps.append(.sleep(.random(in: 0...2000, using: &random)))
                }
            }
        }
        try Self.hold(steps, until: instant + 10 * Conversation.tick)
    }
}
