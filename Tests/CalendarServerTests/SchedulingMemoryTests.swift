import Calendar
import CalendarServer
import Posix
import Testing
import TimeTravelProtocol

import struct Calendar.Calendar

/// Clients that share scheduling memory, each its own.
struct SchedulingMemoryTests {
    @Test func aGuestsLife() throws {
        let bench = try Bench(lookahead: [7: 50], sharedMemory: .separate)
        let guest = try bench.guest()
        let region = try guest.startSharing(7)
        region.use()
        #expect(region.running == 1 && region.currentTime == 0 && region.freeUntil == 0)
        #expect(try guest.say(.getTimeOfDay).said == ["ACK 5000"])
        region.request(300)
        // WAIT and RUN have no ACK; the grant is in the memory.
        #expect(try guest.say(.wait).said == ["RUN 300"])
        #expect(region.running == 1 && region.currentTime == 300)
        #expect(region.freeUntil == Instant.never.nanoseconds)
        region.clearRequest()
        region.currentTime = 450
        let running = bench.server.calendar.running(in: 0)
        let client = try #require(running)
        bench.server.finishUpdate(of: client, reactor: bench.reactor)
        #expect(bench.server.calendar.now == Instant(nanoseconds: 450))
        #expect(region.freeUntil == 500)
        #expect(try guest.say(.wait).said == [])
        #expect(region.running == 0)
        #expect(bench.departures.isEmpty)
    }

    /// In a device's interrupt the guest looks at the time and stores a request; nothing is said.
    @Test func interruptsNeedNoMessages() throws {
        let bench = try Bench(Calendar(start: 0, longestGrant: 500), sharedMemory: .separate)
        let guest = try bench.guest()
        let region = try guest.startSharing(7)
        region.use()
        region.request(1000)
        #expect(try guest.say(.wait).said == ["RUN 1000"])
        region.clearRequest()
        try guest.say(.wait)
        let client = try #require(bench.server.arrivals.first?.client)
        bench.server.calendar.schedule(
            at: Instant(nanoseconds: 2000), participant: 7, payload: 3)
        #expect(bench.server.advance(reactor: bench.reactor) == .arrival(3, island: 0))
        bench.server.prepareInterrupt(of: client, reactor: bench.reactor)
        #expect(region.currentTime == 2000)
        // Slot 0 shares time, so the store is enough.
        #expect(region.mapping.loadAcquire(UInt32.self, at: SchedulingMemoryLayout.slot(0)) == 1)
        region.request(2000)
        bench.server.finishInterrupt(of: client, reactor: bench.reactor)
        try bench.pump()
        #expect(try guest.read().said == ["RUN 2000"])
    }

    /// A kernel that takes interrupts with its turn gets RUN behind the interrupt, and a grant that the interrupt does not lower.
    @Test func anInterruptBringsTheTurn() throws {
        let bench = try Bench(
            Calendar(start: 0, longestGrant: 500), sharedMemory: .separate, takesInterruptsWithTurn: [7])
        let guest = try bench.guest()
        let region = try guest.startSharing(7)
        region.use()
        let client = try #require(bench.server.arrivals.first?.client)
        // It is in its turn.
        #expect(!bench.server.announceTurn(of: client))
        region.request(1000)
        #expect(try guest.say(.wait).said == ["RUN 1000"])
        region.clearRequest()
        try guest.say(.wait)
        bench.server.calendar.schedule(at: Instant(nanoseconds: 2000), participant: 7, payload: 3)
        #expect(bench.server.advance(reactor: bench.reactor) == .arrival(3, island: 0))
        bench.server.prepareInterrupt(of: client, reactor: bench.reactor)
        #expect(region.running == 0)
        #expect(bench.server.announceTurn(of: client))
        #expect(region.running == 1 && region.currentTime == 2000)
        bench.server.requestTurn(of: client, reactor: bench.reactor)
        try bench.pump()
        #expect(try guest.read().said == ["RUN 2000"])
        #expect(region.freeUntil == 2500)
        try guest.say(.wait)
        #expect(region.running == 0 && bench.departures.isEmpty)
    }

    /// Whoever is not known to be able to is asked for a reply: other kernels, and clients that exchange messages.
    @Test(arguments: [true, false]) func othersReply(sharesMemory: Bool) throws {
        let bench = try Bench(
            sharedMemory: .separate, takesInterruptsWithTurn: sharesMemory ? [] : [7])
        let guest = try bench.guest()
        let region = try guest.startSharing(7)
        if sharesMemory { region.use() }
        try guest.say(.wait)
        let client = try #require(bench.server.arrivals.first?.client)
        #expect(!bench.server.announceTurn(of: client))
        #expect(!bench.server.announceTurn(of: nil))
        if sharesMemory { #expect(region.running == 0) }
    }

    @Test func whoDoesNotUseItSpeaks() throws {
        let bench = try Bench(sharedMemory: .separate)
        let guest = try bench.guest()
        let region = try guest.startSharing(7)
        #expect(try guest.say(.request, 300).said == ["ACK 0"])
        let turn = try guest.say(.wait)
        #expect(turn.said == ["ACK 0", "FREE_UNTIL \(Instant.never.nanoseconds)", "RUN 300"])
        try guest.acknowledge(turn)
        // Too late: it has said how it wants it.
        region.use()
        #expect(try guest.say(.wait).said == ["ACK 0"])
        #expect(bench.departures.isEmpty)
    }

    @Test func nobodyGetsMemoryUnasked() throws {
        let bench = try Bench()
        let guest = try bench.guest()
        #expect(try guest.say(.start, 7).said == ["ACK 0"])
    }

    @Test(arguments: [100, 0]) func aRequestInThePastEndsTheClient(_ time: UInt64) throws {
        let bench = try Bench(sharedMemory: .separate)
        let guest = try bench.guest()
        let region = try guest.startSharing(7)
        region.use()
        region.request(300)
        try guest.say(.wait)
        region.request(time)
        try guest.say(.wait)
        #expect(
            bench.departures.map(\.misuse) == [
                .past(
                    operation: "REQUEST", asked: Instant(nanoseconds: time), now: Instant(nanoseconds: 300))
            ])
    }

    /// Whatever stands in a client's memory, at whatever moment, harms that client alone.
    @Test(arguments: 0..<200) func anythingMayStandInIt(_ seed: UInt64) throws {
        var random = RandomNumbers(seed: seed)
        let bench = try Bench(
            Calendar(start: 0, longestGrant: 10_000), sharedMemory: .separate, takesInterruptsWithTurn: [1])
        let (hostile, honest) = (try bench.guest(), try bench.guest())
        let region = try hostile.startSharing(1)
        region.use()
        region.request(10)
        try hostile.say(.wait)
        try honest.post(.start, 2)
        let client = try #require(bench.server.arrivals.first?.client)
        for _ in 0..<60 {
            let offset = Int(random(UInt64(SchedulingMemoryLayout.slot(2) / 8))) * 8
            let value = [random(.max), random(1000), 1, 0, .max, Instant.never.nanoseconds][Int(random(6))]
            let places = [
                8, 16, 24, SchedulingMemoryLayout.slot(1), SchedulingMemoryLayout.slot(1) + 8, offset,
            ]
            region.mapping.storeRelease(value, at: places[Int(random(6))])
            switch random(7) {
            // It may be gone already.
            case 6:
                if bench.server.announceTurn(of: client) {
                    bench.server.requestTurn(of: client, reactor: bench.reactor)
                }
            case 0: _ = try? hostile.say(.wait)
            case 1: _ = try? hostile.say(.request, random(2000))
            case 2: _ = try? hostile.say(.get)
            case 3: bench.server.finishInterrupt(of: client, reactor: bench.reactor)
            case 4: bench.server.prepareInterrupt(of: client, reactor: bench.reactor)
            default: bench.server.finishUpdate(of: client, reactor: bench.reactor)
            }
            if !bench.departures.isEmpty { break }
        }
        hostile.close()
        try bench.pump()
        _ = try honest.read()
        // The other one lives on as if nothing had been.
        let answer = try honest.say(.get)
        #expect(answer.last?.operation == .ack, "seed \(seed)")
        let time = try #require(answer.last).time
        #expect(try honest.say(.request, time + 5).said.last == "ACK 0", "seed \(seed)")
        #expect(try honest.say(.wait).said.last == "RUN \(time + 5)", "seed \(seed)")
    }
}
