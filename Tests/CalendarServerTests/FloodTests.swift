import Calendar
import CalendarServer
import Posix
import Testing
import TimeTravelProtocol

import struct Calendar.Calendar

/// Connections that never send START are bounded, and hold nobody up.
struct FloodTests {
    @Test func theOldestIdleConnectionsAreClosed() throws {
        let bench = try Bench(unstartedLimit: 20)
        let idle = try (0..<30).map { _ in try bench.guest() }
        // Half a START does not start.
        for guest in idle { try guest.send(bytes: [1, 0, 0, 0, 1]) }
        try bench.pump()
        for guest in idle { #expect(try guest.read().isEmpty) }
        #expect(idle.map(\.isClosed) == (0..<30).map { $0 < 10 })
        #expect(bench.server.connectionsClosed == 10)
        #expect(bench.departures.isEmpty, "nobody has left who was there")
        let guest = try bench.guest()
        try guest.start(7)
        #expect(try guest.say(.get).said == ["ACK 0"])
    }

    @Test func aClientThatHasJustSentStartStays() throws {
        let bench = try Bench(unstartedLimit: 4)
        let guest = try bench.guest()
        try guest.post(.start, 7)
        // All are accepted at one event of the reactor, before what the first has sent is read.
        let idle = try (0..<20).map { _ in try bench.guest() }
        try bench.pump()
        #expect(try guest.read().said == ["ACK 0"])
        for guest in idle { #expect(try guest.read().isEmpty) }
        #expect(idle.count(where: \.isClosed) == 16)
    }

    @Test func clientsTakeTurnsWhileConnectionsComeAndStay() throws {
        let bench = try Bench(Calendar(start: 0, roster: .count(2)), unstartedLimit: 16)
        let guests = [try bench.guest(), try bench.guest()]
        var idle: [ScriptedGuest] = []
        for (index, guest) in guests.enumerated() { try guest.post(.start, UInt64(index)) }
        try bench.pump()
        for guest in guests {
            #expect(try guest.read().said == ["ACK 0"])
            try guest.say(.request, 10)
            try guest.say(.wait)
        }
        var runs = [0, 0]
        for turn in 1...200 {
            for _ in 0..<2 { idle.append(try bench.guest()) }
            let index = (turn - 1) % 2
            let messages = try guests[index].read()
            try #require(messages.last?.operation == .run, "turn \(turn)")
            runs[index] += 1
            try guests[index].acknowledge(messages)
            try guests[index].say(.request, UInt64(10 * ((turn + 1) / 2 + 1)))
            try guests[index].say(.wait)
        }
        #expect(runs == [100, 100])
        #expect(bench.departures.isEmpty)
        #expect(bench.server.connectionsClosed == 400 - 16)
        #expect(bench.server.places == 2 + 16)
    }

    @Test func placesOfConnectionsThatNeverStartedAreUsedAgain() throws {
        let bench = try Bench()
        for _ in 0..<500 {
            let guest = try bench.guest()
            try bench.pump()
            guest.close()
            try bench.pump()
        }
        #expect(bench.server.places == 1)
        #expect(bench.departures.isEmpty)
    }

    /// A place is not used again while a departed client may still be asked for by it.
    @Test func aClientsPlaceStaysItsOwn() throws {
        let bench = try Bench()
        let first = try bench.guest()
        try first.start(1)
        try first.say(.request, 5)
        let client = try #require(bench.server.calendar.allRunning.first)
        first.close()
        try bench.pump()
        let second = try bench.guest()
        try second.start(2)
        bench.server.end(client, nil, reactor: bench.reactor)
        #expect(try second.say(.get).said == ["ACK 0"])
        #expect(bench.server.places == 2)
    }

    @Test func anIdleConnectionIsClosedAfterAMinute() throws {
        let bench = try Bench()
        let (idle, guest) = (try bench.guest(), try bench.guest())
        try guest.start(7)
        bench.server.closeIdle(now: Posix.wallNanoseconds() + Listener.idleTime / 2, reactor: bench.reactor)
        #expect(try idle.read().isEmpty && !idle.isClosed)
        bench.server.closeIdle(now: Posix.wallNanoseconds() + Listener.idleTime, reactor: bench.reactor)
        #expect(try idle.read().isEmpty && idle.isClosed)
        #expect(try guest.say(.get).said == ["ACK 0"], "a client may be silent")
    }
}
