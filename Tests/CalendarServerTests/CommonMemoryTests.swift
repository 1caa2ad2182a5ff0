import Calendar
import CalendarServer
import Posix
import Testing
import TimeTravelProtocol

import struct Calendar.Calendar

/// Clients that share one region of scheduling memory, beside clients that exchange messages only.
struct CommonMemoryTests {
    private static let never = Instant.never.nanoseconds

    private func bench(slots: Int? = nil, longestGrant: UInt64 = .max) throws -> Bench {
        try Bench(
            Calendar(start: 5000, longestGrant: longestGrant), sharedMemory: .common(lookahead: .max),
            slotLimit: slots)
    }

    /// A client that uses the region, has asked for its turn at `time`, and waits.
    private func waiting(_ bench: Bench, _ identity: UInt64, until time: UInt64? = nil) throws -> (
        ScriptedGuest, SharedRegion
    ) {
        let guest = try bench.guest()
        let region = try guest.startSharing(identity)
        region.use()
        if let time { region.request(time) }
        try guest.post(.wait)
        try bench.pump()
        return (guest, region)
    }

    /// A client that exchanges messages only, and waits.
    private func speaking(_ bench: Bench, _ identity: UInt64, until time: UInt64? = nil) throws
        -> ScriptedGuest
    {
        let guest = try bench.guest()
        try guest.start(identity)
        if let time { try guest.say(.request, time) }
        try guest.post(.wait)
        try bench.pump()
        if time == nil { #expect(try guest.read().said == ["ACK 0"]) }
        return guest
    }

    @Test func allHaveOneRegion() throws {
        let bench = try bench()
        let (_, a) = try waiting(bench, 7)
        let (_, b) = try waiting(bench, 8)
        #expect((a.number, b.number) == (1, 2))
        #expect((a.name, b.name) == (7, 8))
        a.currentTime = 77
        #expect(b.currentTime == 77)
        #expect(a.mapping.loadAcquire(UInt16.self, at: SchedulingMemoryLayout.maximumClientsOffset) == 32736)
        #expect(a.mapping.loadAcquire(UInt32.self, at: SchedulingMemoryLayout.lengthOffset) == 4 << 20)
    }

    /// Client 1 interrupts client 2, by a device of which the calendar knows nothing.
    @Test func theInterruptedRunsAtThatInstant() throws {
        let bench = try bench()
        let (first, a) = try waiting(bench, 1)
        let second = try bench.guest()
        let b = try second.startSharing(2)
        b.use()
        b.request(900)
        a.request(300)
        #expect(try second.say(.wait).said == [])
        #expect(try first.read().said == ["RUN 300"])
        a.clearRequest()
        #expect((a.running, a.freeUntil) == (1, 900))
        a.currentTime = 450
        b.requestNow()
        #expect(a.freeUntil == 450)
        a.request(1000)
        #expect(try first.say(.wait).said == [])
        #expect(try second.read().said == ["RUN 450"])
        b.clearRequest()
        #expect((b.running, b.currentTime, b.freeUntil) == (2, 450, 1000))
        #expect(try second.say(.wait).said == [])
        #expect(try first.read().said == ["RUN 1000"])
        #expect(bench.departures.isEmpty)
    }

    /// A device of the calendar's process, which does not know whose it is: any client may have stored its request.
    @Test func aDeviceOfTheCalendarInterrupts() throws {
        let bench = try Bench(Calendar(start: 0), sharedMemory: .common(lookahead: 100))
        let (second, b) = try waiting(bench, 2)
        let (first, a) = try waiting(bench, 1, until: 300)
        #expect(try first.read().said == ["RUN 300"])
        a.clearRequest()
        // It sends a frame, which arrives 100 ns later.
        a.currentTime = 450
        bench.server.finishUpdate(of: nil, reactor: bench.reactor)
        #expect((bench.server.calendar.now.nanoseconds, a.freeUntil) == (450, 550))
        bench.server.calendar.schedule(at: Instant(nanoseconds: 550), participant: 9, payload: 3)
        a.request(700)
        try first.post(.wait)
        _ = try bench.reactor.wait(milliseconds: 0)
        bench.server.handle(bench.reactor[0], reactor: bench.reactor)
        #expect(bench.server.advance(reactor: bench.reactor) == .arrival(3, island: 0))
        bench.server.prepareInterrupt(of: nil, reactor: bench.reactor)
        #expect((b.currentTime, b.running, b.runningCapabilities) == (550, 0, 1))
        b.requestNow()
        bench.server.finishInterrupt(of: nil, reactor: bench.reactor)
        try bench.pump()
        #expect(try second.read().said == ["RUN 550"])
        #expect(b.freeUntil == 700)
    }

    @Test func aClientThatSpeaksIsInterrupted() throws {
        let bench = try bench()
        let device = try speaking(bench, 2)
        let (first, a) = try waiting(bench, 1, until: 300)
        #expect(try first.read().said == ["RUN 300"])
        a.clearRequest()
        a.currentTime = 450
        #expect(try device.say(.get).said == ["ACK 450"])
        #expect(a.freeUntil == Self.never)
        #expect(try device.say(.request, 460).said == ["ACK 0"])
        #expect(a.freeUntil == 460)
        a.request(700)
        #expect(try first.say(.wait).said == [])
        let turn = try device.read()
        #expect(turn.said == ["FREE_UNTIL 700", "RUN 460"])
        #expect((a.running, a.runningCapabilities, a.currentTime) == (1, 0, 460))
        try device.acknowledge(turn)
        #expect(try device.say(.update, 470).said == ["FREE_UNTIL 470", "ACK 0"])
        #expect(a.currentTime == 470)
    }

    /// A device of another program announces the time before it interrupts, which ends its grant: from then on the interrupted ones store.
    @Test func afterUpdateInterruptsAreStores() throws {
        let bench = try bench()
        let (first, a) = try waiting(bench, 1)
        let device = try speaking(bench, 2, until: 500)
        for instant: UInt64 in [500, 800] {
            let turn = try device.read()
            // What it does before UPDATE is not known to be over: a request has to reach it.
            #expect(turn.said.suffix(2) == ["FREE_UNTIL \(Self.never)", "RUN \(instant)"])
            #expect((a.running, a.runningCapabilities) == (2, 0))
            try device.acknowledge(turn)
            let answer = try device.say(.update, instant)
            #expect(answer.said == ["FREE_UNTIL \(instant)", "ACK 0"])
            try device.acknowledge(answer)
            #expect((a.running, a.runningCapabilities, a.currentTime) == (2, 1, instant))
            a.request(instant)
            #expect(try device.say(.request, 800).said == ["ACK 0"])
            #expect(try device.say(.wait).said == ["ACK 0"])
            #expect(try first.read().said == ["RUN \(instant)"])
            a.clearRequest()
            #expect(try first.say(.wait).said == [])
        }
        #expect(bench.departures.isEmpty)
    }

    /// The one that runs reads no memory, so the one that is interrupted sends its request; what stands in its slot is old.
    @Test func aRequestByMessageReplacesTheStoredOne() throws {
        let bench = try bench()
        let (first, a) = try waiting(bench, 1)
        let device = try speaking(bench, 2)
        a.request(900)
        #expect(try device.say(.request, 300).said == ["ACK 0", "FREE_UNTIL \(Self.never)", "RUN 300"])
        #expect(try first.say(.request, 350).said == ["ACK 0"])
        #expect(try device.read().said == ["FREE_UNTIL 350"])
        try device.say(.wait)
        #expect(try first.read().said == ["RUN 350"])
    }

    @Test func whatWasAskedInATurnStaysWhenItsClientLeaves() throws {
        let bench = try bench()
        let (second, b) = try waiting(bench, 2)
        let (first, a) = try waiting(bench, 1, until: 300)
        #expect(try first.read().said == ["RUN 300"])
        a.currentTime = 450
        b.requestNow()
        first.close()
        try bench.pump()
        #expect(bench.departures.map(\.misuse) == [.leftInTurn])
        #expect(try second.read().said == ["RUN 450"])
    }

    // MARK: Late joiners

    /// Its own time begins at 0; what stands in the memory is the calendar's time, and messages carry its own.
    @Test func aLateJoinerHasItsOwnTime() throws {
        let bench = try bench()
        let (first, a) = try waiting(bench, 1, until: 1000)
        #expect(try first.read().said == ["RUN 1000"])
        a.clearRequest()
        let guest = try bench.guest()
        try guest.post(.start, 3)
        try bench.pump()
        a.request(1200)
        try first.say(.wait)
        let late = try guest.takeMemory()
        late.use()
        // The first client may have reached that much without a message.
        #expect((late.currentTime, late.freeUntil, late.running) == (1200, 1200, late.number))
        #expect(try guest.say(.getTimeOfDay).said == ["ACK 6200"])
        late.request(1500)
        #expect(try guest.say(.wait).said == [])
        #expect(try first.read().said == ["RUN 1200"])
        a.clearRequest()
        a.request(2000)
        #expect(try first.say(.wait).said == [])
        #expect(try guest.read().said == ["RUN 300"])
        late.clearRequest()
        #expect((late.currentTime, late.freeUntil) == (1500, 2000))
        late.currentTime = 1600
        a.requestNow()
        late.request(1700)
        #expect(try guest.say(.wait).said == [])
        #expect(try first.read().said == ["RUN 1600"])
        a.clearRequest()
        #expect(a.freeUntil == 1700)
        #expect(try first.say(.wait).said == [])
        #expect(try guest.read().said == ["RUN 500"])
    }

    /// The scale of a late joiner's REQUEST is not known, so it stores its requests while a client runs that cannot see them.
    @Test func besideALateJoinerMessagesGrantNothing() throws {
        let bench = try bench()
        let device = try speaking(bench, 1, until: 1000)
        let turn = try device.read()
        #expect(turn.said == ["ACK 0", "FREE_UNTIL \(Self.never)", "RUN 1000"])
        try device.acknowledge(turn)
        let guest = try bench.guest()
        try guest.post(.start, 3)
        try bench.pump()
        try device.say(.request, 2000)
        try device.say(.wait)
        let late = try guest.takeMemory()
        late.use()
        try guest.say(.wait)
        #expect(try device.read().said == ["FREE_UNTIL 2000", "RUN 2000"])
        #expect((late.running, late.runningCapabilities, late.currentTime) == (1, 1, 2000))
        late.requestNow()
        try device.say(.wait)
        #expect(try guest.read().said == ["RUN 0"])
    }

    // MARK: Slots

    @Test func slotsAreUsedAgain() throws {
        let bench = try bench(slots: 4)
        let (_, b) = try waiting(bench, 12)
        let (first, a) = try waiting(bench, 11, until: 300)
        #expect((b.number, a.number) == (1, 2))
        // No slot is left for a third: it exchanges messages.
        let third = try bench.guest()
        try third.post(.start, 13)
        a.clearRequest()
        try first.say(.wait)
        #expect(try third.read().said == ["ACK 0"])
        #expect((b.running, b.runningCapabilities) == (3, 0))
        try third.say(.wait)
        first.close()
        try bench.pump()
        let again = try bench.guest()
        let region = try again.startSharing(14)
        #expect((region.number, region.name, region.capabilities, region.flags) == (2, 14, 0, 0))
        region.use()
        region.request(region.currentTime + 50)
        #expect(try again.say(.wait).said == ["RUN 50"])
    }

    // MARK: Wrong values

    /// Only the running client may store the time, so it is ended for a wrong one; the other continues.
    @Test(arguments: [299, 801, UInt64.max]) func aWrongTimeEndsTheRunningClient(_ time: UInt64) throws {
        let bench = try bench(longestGrant: 500)
        let (second, b) = try waiting(bench, 2)
        let (first, a) = try waiting(bench, 1, until: 300)
        #expect(try first.read().said == ["RUN 300"])
        a.clearRequest()
        b.request(400)
        a.currentTime = time
        try first.say(.wait)
        let now = Instant(nanoseconds: 300)
        let reached = min(Instant(nanoseconds: time), .never)
        #expect(
            bench.departures.map(\.misuse) == [
                time < 300
                    ? .past(operation: "UPDATE", asked: reached, now: now)
                    : .beyondGrant(reached: reached, granted: Instant(nanoseconds: 800))
            ])
        #expect(bench.departures.map(\.identity) == [1])
        #expect(try second.read().said == ["RUN 400"])
        #expect(b.currentTime == 400)
    }

    @Test func aRequestBeforeTheTurnEndsItsClient() throws {
        let bench = try bench()
        let (_, b) = try waiting(bench, 2)
        let (first, a) = try waiting(bench, 1, until: 300)
        a.clearRequest()
        b.request(299)
        a.request(500)
        #expect(try first.say(.wait).said == ["RUN 300", "RUN 500"])
        #expect(bench.departures.map(\.identity) == [2])
        #expect(
            bench.departures.map(\.misuse) == [
                .past(
                    operation: "REQUEST", asked: Instant(nanoseconds: 299), now: Instant(nanoseconds: 300))
            ])
    }

    /// A client that does not look at its lowered grant.
    @Test func runningPastARequestEndsTheRunningClient() throws {
        let bench = try bench()
        let (second, b) = try waiting(bench, 2)
        let (first, a) = try waiting(bench, 1, until: 300)
        a.clearRequest()
        a.currentTime = 400
        b.requestNow()
        a.currentTime = 450
        try first.say(.wait)
        #expect(bench.departures.map(\.identity) == [1])
        let misuse = try #require(bench.departures.first?.misuse)
        #expect(
            "\(misuse)"
                == "it ran to 0.000000450 s, past the request of client 2 in shared memory for 0.000000400 s")
        #expect(try second.read().said == ["RUN 450"])
    }

    @Test func aRequestForNeverIsNone() throws {
        let bench = try bench()
        let (_, b) = try waiting(bench, 2)
        let (first, a) = try waiting(bench, 1, until: 300)
        b.request(.max)
        a.clearRequest()
        try first.say(.wait)
        #expect(bench.departures.isEmpty)
        #expect(bench.server.calendar.state == .idle)
    }

    /// Whatever stands in the region, at whatever moment (but for its length, which the last client needs): clients may be ended, each with a reason; the calendar serves on.
    @Test(arguments: 0..<200) func anythingMayStandInIt(_ seed: UInt64) throws {
        var random = RandomNumbers(seed: seed)
        let bench = try bench(longestGrant: 10_000)
        let (first, region) = try waiting(bench, 1)
        let (second, _) = try waiting(bench, 2)
        let third = try speaking(bench, 3, until: 30)
        let guests = [first, second, third]
        for _ in 0..<60 {
            let value = [random(.max), random(1000), 1, 0, .max, Self.never][Int(random(6))]
            let slot = SchedulingMemoryLayout.slot(Int(random(5)))
            let places = [
                8, 16, 24, slot, slot + 8, 8 + 8 * Int(random(UInt64(SchedulingMemoryLayout.slot(5) / 8))),
            ]
            region.mapping.storeRelease(value, at: places[Int(random(6))])
            let guest = guests[Int(random(3))]
            // It may be gone already.
            switch random(5) {
            case 0, 1: _ = try? guest.say(.wait)
            case 2: _ = try? guest.say(.request, random(2000))
            case 3: _ = try? guest.say(.update, random(2000))
            default: _ = try? guest.say(.get)
            }
        }
        #expect(bench.departures.allSatisfy { $0.misuse != nil }, "seed \(seed)")
        for guest in guests { guest.close() }
        try bench.pump()
        let last = try bench.guest()
        let own = try last.startSharing(4)
        own.use()
        own.request(own.currentTime + 5)
        #expect(try last.say(.wait).said == ["RUN 5"], "seed \(seed)")
    }
}
