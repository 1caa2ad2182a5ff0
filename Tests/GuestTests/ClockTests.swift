import Posix
import Synchronization
import Testing

@testable import Guest

/// Swift on simulated time: `GuestClock`, the executor, `Guest.run`.
struct ClockTests {
    /// Collects lines from the guest's tasks.
    final class Lines: Sendable {
        private let lines = Mutex<[String]>([])
        func callAsFunction(_ line: String) { lines.withLock { $0.append(line) } }
        var all: [String] { lines.withLock { $0 } }
    }

    private func guest(_ mode: ClockMode = .infiniteCPU, _ script: String = "") throws -> (
        Guest, ScriptedHost
    ) {
        let host = ScriptedHost(script)
        return (Guest(try GuestTime(ClockOptions(mode: mode), host: host)), host)
    }

    @Test func anHourTakesNoTime() throws {
        let (guest, host) = try guest()
        let end = try guest.run { guest in
            try await guest.clock.sleep(for: .seconds(3600))
            return guest.clock.now
        }
        #expect(end.nanoseconds == 3_600_000_000_000)
        #expect(host.nanoseconds == 0)
    }

    @Test func sleepsEndInOrder() throws {
        let (guest, _) = try guest()
        let lines = Lines()
        try guest.run { guest in
            await withThrowingTaskGroup(of: Void.self) { group in
                for (name, milliseconds) in [("c", 3), ("a", 1), ("b", 2), ("a'", 1), ("c'", 3)] {
                    group.addTask {
                        try await guest.clock.sleep(for: .milliseconds(milliseconds))
                        lines("\(name)@\(guest.clock.now)")
                    }
                }
            }
        }
        #expect(
            lines.all == [
                "a@0.001000000 s", "a'@0.001000000 s", "b@0.002000000 s", "c@0.003000000 s",
                "c'@0.003000000 s",
            ])
    }

    actor Counter {
        private(set) var value = 0
        func add(_ amount: Int, _ clock: GuestClock) async throws {
            let before = value
            try await clock.sleep(for: .nanoseconds(1))
            value = before + amount
        }
    }

    /// Actors, child tasks and spawned tasks all run on the guest's executor: a lost update is lost in every run.
    @Test(arguments: 0..<20) func theOrderIsTheSameInEveryRun(_ run: Int) throws {
        let (guest, _) = try guest()
        let counter = Counter()
        let value = try guest.run { guest in
            let tasks = (1...10).map { amount in
                guest.spawn {
                    for step in 0..<amount {
                        try await guest.clock.sleep(for: .nanoseconds(step % 3))
                        try await counter.add(amount, guest.clock)
                    }
                }
            }
            for task in tasks { try await task.value }
            return await counter.value
        }
        #expect(value == 100)
    }

    @Test func sleepingUntilThePastReturnsAtOnce() throws {
        let (guest, _) = try guest()
        let now = try guest.run { guest in
            try await guest.clock.sleep(for: .seconds(5))
            try await guest.clock.sleep(until: GuestClock.Instant(nanoseconds: 3))
            try await guest.clock.sleep(for: .zero)
            try await guest.clock.sleep(for: .seconds(-4))
            return guest.clock.now.nanoseconds
        }
        #expect(now == 5_000_000_000)
    }

    @Test func cancellingEndsASleepAtOnce() throws {
        let (guest, _) = try guest()
        let lines = Lines()
        try guest.run { guest in
            let task = guest.spawn {
                do {
                    try await guest.clock.sleep(for: .seconds(100))
                } catch is CancellationError {
                    lines("cancelled@\(guest.clock.now)")
                }
            }
            try await guest.clock.sleep(for: .seconds(1))
            task.cancel()
            try await task.value
            // And a task that is cancelled before it sleeps.
            let other = guest.spawn { try await guest.clock.sleep(for: .seconds(100)) }
            other.cancel()
            await #expect(throws: CancellationError.self) { try await other.value }
            lines("end@\(guest.clock.now)")
        }
        #expect(lines.all == ["cancelled@1.000000000 s", "end@1.000000000 s"])
    }

    @Test func timeoutsRaceInSimulatedTime() throws {
        let (guest, _) = try guest()
        let winner = try guest.run { guest in
            try await withThrowingTaskGroup(of: String.self) { group in
                group.addTask {
                    try await guest.clock.sleep(for: .seconds(60))
                    return "work"
                }
                group.addTask {
                    try await guest.clock.sleep(for: .seconds(10))
                    return "timeout"
                }
                defer { group.cancelAll() }
                return try await group.next()!
            }
        }
        #expect(winner == "timeout")
        #expect(guest.time.now == 10_000_000_000)
    }

    /// A loop that waits for time to pass by looking at it ends.
    @Test func pollingLoopsEnd() throws {
        let (guest, _) = try guest()
        let looks = try guest.run { guest in
            var looks = 0
            while guest.clock.now.nanoseconds < 2560 { looks += 1 }
            return looks
        }
        #expect(looks > GuestClockState.freeReads)
        #expect(guest.time.now == 2560)
    }

    struct Mishap: Error, Equatable {}

    @Test func whatTheBodyThrowsIsThrown() throws {
        let (guest, _) = try guest()
        #expect(throws: Mishap()) {
            try guest.run { guest in
                try await guest.clock.sleep(for: .seconds(1))
                throw Mishap()
            }
        }
    }

    @Test func waitingForNothingIsAnError() throws {
        let (guest, _) = try guest()
        let lines = Lines()
        #expect(throws: GuestError.sleptForever) {
            try guest.run { _ in
                let stream = AsyncStream<Int> { _ in }
                for await _ in stream {}
                lines(Task.isCancelled ? "cancelled" : "ended")
            }
        }
        #expect(lines.all == ["cancelled"])
    }

    @Test(arguments: [
        (
            "> REQUEST 4 1000000000\n< END",
            ["the calendar closed the connection", "the calendar closed the connection"]
        ),
        (
            "> REQUEST 4 1000000000\n< ACK 4\n> WAIT 5 MAX\n< END",
            ["CancellationError()", "CancellationError()"]
        ),
    ])
    func aBrokenLinkEndsEverySleep(_ script: String, _ errors: [String]) throws {
        let lines = Lines()
        let host = ScriptedHost(prelude() + script)
        let guest = Guest(try GuestTime(ClockOptions(mode: .external(id: 7, path: "")), host: host))
        #expect(throws: GuestError.linkBroken) {
            try guest.run { guest in
                for _ in 0..<2 {
                    do {
                        try await guest.clock.sleep(for: .seconds(1))
                    } catch { lines("\(error)") }
                }
            }
        }
        #expect(lines.all == errors)
        #expect(host.verdict == nil)
    }

    @Test func aDescriptorInterruptsAtTheCalendarsTime() throws {
        let host = ScriptedHost(
            prelude() + """
                > REQUEST 4 9000000000
                < ACK 4
                > WAIT 5 MAX
                < ACK 5
                ! 9
                > GET 6 MAX
                < ACK 6 77
                > REQUEST 7 77
                < ACK 7
                < FREE_UNTIL 1 100
                > ACK 1
                < RUN 2 77
                > ACK 2
                > REQUEST 8 9000000000
                < ACK 8
                > REQUEST 9 EVER
                < ACK 9
                > WAIT 10 MAX
                < ACK 10
                """)
        let guest = Guest(try GuestTime(ClockOptions(mode: .external(id: 7, path: "")), host: host))
        let when = try guest.run { guest in
            let sleeper = guest.spawn { try await guest.clock.sleep(for: .seconds(9)) }
            try await guest.readable(9)
            sleeper.cancel()
            return guest.clock.now.nanoseconds
        }
        #expect(when == 77)
        #expect(host.verdict == nil)
        #expect(guest.time.interrupts.isEmpty)
    }

    @Test func waitingForADescriptorCanBeCancelled() throws {
        let (guest, _) = try guest()
        try guest.run { guest in
            let task = guest.spawn { try await guest.readable(9) }
            try await guest.clock.sleep(for: .zero)
            await Task.yield()
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
        #expect(guest.time.interrupts.isEmpty)
    }

    /// In mode `basic` a task that works lets others have their turn when their real time has come.
    @Test func basicTakesAlarmsBetweenJobs() throws {
        let (guest, host) = try guest(.basic)
        let lines = Lines()
        nonisolated(unsafe) let clock = host
        try guest.run { guest in
            guest.spawn {
                try await guest.clock.sleep(for: .nanoseconds(250))
                lines("alarm")
            }
            for step in 0..<4 {
                unsafe clock.work(100)
                lines("work \(step)")
                await Task.yield()
            }
        }
        #expect(lines.all == ["work 0", "work 1", "work 2", "alarm", "work 3"])
    }

    /// Two tasks wait for one descriptor: both are woken, and cancelling one leaves the other.
    @Test func tasksShareADescriptor() throws {
        let (guest, host) = try guest(.infiniteCPU, "! 9\n! 9\n")
        let lines = Lines()
        try guest.run { guest in
            let tasks = (0..<3).map { number in
                guest.spawn {
                    try await guest.readable(9)
                    lines("\(number)")
                }
            }
            await Task.yield()
            tasks[1].cancel()
            try await tasks[0].value
            try await tasks[2].value
        }
        #expect(lines.all == ["0", "2"])
        #expect(host.verdict == nil)
    }

    /// A loop that waits for time to pass ends when there is no time any more.
    @Test func pollingEndsWithTheGuest() throws {
        let host = ScriptedHost(prelude() + "> REQUEST 4 256\n< END")
        let guest = Guest(try GuestTime(ClockOptions(mode: .external(id: 7, path: "")), host: host))
        #expect(throws: GuestError.linkBroken) {
            try guest.run { guest in
                while guest.clock.now.nanoseconds < 1_000_000 { await Task.yield() }
            }
        }
    }

    /// Whatever was spawned is cancelled at the end.
    @Test func spawnedTasksEndWithTheGuest() throws {
        let (guest, _) = try guest()
        let lines = Lines()
        try guest.run { guest in
            guest.spawn {
                do { try await guest.clock.sleep(for: .seconds(100)) } catch { lines("\(error)") }
            }
            try await guest.clock.sleep(for: .seconds(1))
        }
        #expect(lines.all == ["CancellationError()"])
        #expect(guest.time.now == 1_000_000_000)
    }

    // MARK: Instants

    @Test func instantsAdd() {
        let instant = GuestClock.Instant(nanoseconds: 5)
        #expect(instant.advanced(by: .seconds(1)).nanoseconds == 1_000_000_005)
        #expect(instant.advanced(by: .nanoseconds(-7)).nanoseconds == -2)
        #expect(instant.advanced(by: .seconds(Int64.max)).nanoseconds == .max)
        #expect(GuestClock.Instant(nanoseconds: -5).advanced(by: .seconds(Int64.min)).nanoseconds == .min)
        #expect(instant.duration(to: instant.advanced(by: .milliseconds(3))) == .milliseconds(3))
        #expect(instant < instant.advanced(by: .nanoseconds(1)))
        #expect("\(GuestClock.Instant(nanoseconds: 3_600_000_000_001))" == "3600.000000001 s")
    }
}
