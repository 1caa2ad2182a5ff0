import Testing

@testable import Guest

/// Time without a calendar, where the order of things is the whole matter: `time_travel_update_time`,
/// `time_travel_ndelay`, `time_travel_sleep`, `time_travel_deliver_event`, `timer_read`.
struct TimeTests {
    private func infinite() throws -> (GuestTime, Log) {
        (try GuestTime(ClockOptions(mode: .infiniteCPU, start: 1_000_000_000), host: ScriptedHost("")), Log())
    }

    @Test func sleepDeliversTheFirstEventOnly() throws {
        let (time, log) = try infinite()
        try time.add(log.event("b", of: time), at: 20)
        try time.add(log.event("a", of: time), at: 10)
        try time.add(log.event("c", of: time), at: 20)
        try time.sleep()
        #expect(log.entries == ["a@10"])
        try time.sleep()
        try time.sleep()
        #expect(log.entries == ["a@10", "b@20", "c@20"])
        #expect(time.now == 20)
    }

    @Test func sleepingForEverIsAnError() throws {
        let (time, _) = try infinite()
        #expect(throws: GuestError.sleptForever) { try time.sleep() }
    }

    @Test func delayDeliversWhatComesBeforeItsEnd() throws {
        let (time, log) = try infinite()
        try time.add(log.event("before", of: time), at: 10)
        try time.add(log.event("at", of: time), at: 100)
        try time.add(log.event("after", of: time), at: 101)
        try time.delay(100)
        #expect(log.entries == ["before@10", "at@100"])
        #expect(time.now == 100)
    }

    /// An event added at the delay's own end after it began comes after it: first in, first out.
    @Test func whatIsAddedAtTheEndOfADelayComesAfterIt() throws {
        let (time, log) = try infinite()
        let late = log.event("late", of: time)
        try time.add(GuestEvent { () throws(GuestError) in try time.add(late, at: 100) }, at: 50)
        try time.delay(100)
        #expect(log.entries == [])
        try time.sleep()
        #expect(log.entries == ["late@100"])
    }

    @Test func handlersMayWait() throws {
        let (time, log) = try infinite()
        try time.add(
            GuestEvent { () throws(GuestError) in
                log("in@\(time.now)")
                try time.delay(30)
                log("out@\(time.now)")
            }, at: 10)
        try time.add(log.event("meanwhile", of: time), at: 20)
        try time.delay(100)
        #expect(log.entries == ["in@10", "meanwhile@20", "out@40"])
        #expect(time.now == 100)
    }

    /// Waits in one another that end together end from the inside out.
    @Test func nestedWaitsEndingTogetherUnwind() throws {
        let (time, log) = try infinite()
        try time.add(
            GuestEvent { () throws(GuestError) in
                try time.add(
                    GuestEvent { () throws(GuestError) in
                        try time.delay(40)
                        log("innermost@\(time.now)")
                    }, at: 60)
                try time.delay(90)
                log("inner@\(time.now)")
            }, at: 10)
        try time.delay(100)
        log("outer@\(time.now)")
        #expect(log.entries == ["innermost@100", "inner@100", "outer@100"])
    }

    /// A wait inside that lasts longer than the one outside finds the outer one's end on its way.
    @Test func anInnerWaitPastTheOuterIsAnError() throws {
        let (time, _) = try infinite()
        try time.add(GuestEvent { () throws(GuestError) in try time.delay(500) }, at: 10)
        #expect(throws: GuestError.eventOffStack(time: 100, eventTime: 100)) { try time.delay(100) }
    }

    @Test func handlersRunWithInterruptsOff() throws {
        let (time, _) = try infinite()
        var states: [Bool] = [time.isInInterrupt]
        try time.add(GuestEvent { () throws(GuestError) in states.append(time.isInInterrupt) }, at: 10)
        try time.delay(20)
        states.append(time.isInInterrupt)
        #expect(states == [false, true, false])
    }

    @Test func readingTheClockCosts() throws {
        let (time, log) = try infinite()
        var readings = [try time.readClock(), try time.readClock()]
        #expect(readings == [256, 512])
        try time.add(
            GuestEvent { () throws(GuestError) in
                readings = [try time.readClock(), try time.readClock()]
            }, at: 1000)
        try time.add(log.event("passed", of: time), at: 800)
        while try time.readClock() < 2000 {}
        // In an interrupt it costs nothing; it is a multiple of 256 either way.
        #expect(readings == [768, 768])
        #expect(log.entries == ["passed@800"])
        #expect(time.now == 2048)
    }

    @Test func anEventThatIsPendingStays() throws {
        let (time, log) = try infinite()
        let event = log.event("a", of: time)
        try time.add(event, at: 50)
        try time.add(event, at: 10)
        #expect(time.nextEvent == 50)
        #expect(time.remove(event))
        #expect(!time.remove(event))
        #expect(time.nextEvent == nil)
        try time.add(event, at: 10)
        try time.sleep()
        #expect(log.entries == ["a@10"])
    }

    @Test func anEventInThePastHappensAtOnce() throws {
        let (time, log) = try infinite()
        try time.delay(100)
        try time.add(log.event("a", of: time), at: 10)
        try time.sleep()
        #expect(log.entries == ["a@100"])
    }

    @Test func theWallClockFollows() throws {
        let (time, _) = try infinite()
        #expect(time.persistentClock == 1_000_000_000)
        try time.delay(5)
        #expect(time.persistentClock == 1_000_000_005)
        let plain = try GuestTime(ClockOptions(mode: .infiniteCPU), host: ScriptedHost(""))
        #expect(plain.persistentClock == 1_000_000)
    }

    @Test func delaysHaveAnEnd() throws {
        let (time, _) = try infinite()
        try time.delay(10)
        for length in [UInt64.max, GuestTime.never, GuestTime.never - 10] {
            #expect(throws: GuestError.sleptForever) { try time.delay(length) }
        }
        try time.delay(GuestTime.never - 11)
        #expect(time.now == GuestTime.never - 1)
    }

    @Test func interruptsFromOutsideNeedACalendar() throws {
        let (time, log) = try infinite()
        #expect(throws: GuestError.notExternal) { try time.interrupt(log.event("a", of: time)) }
        #expect(throws: GuestError.notExternal) { try time.broadcast(1) }
        // Nobody to tell, nobody to serve.
        try time.announceTime()
        try time.waitReadable(0)
    }

    @Test func knowsWhereDelaysAreExact() throws {
        for (mode, isKnown) in [(ClockMode.off, false), (.basic, false), (.infiniteCPU, true)] {
            let time = try GuestTime(ClockOptions(mode: mode), host: ScriptedHost(""))
            #expect(time.isDelayKnown == isKnown)
        }
        var isKnown = false
        _ = converse("") { guest throws(GuestError) in isKnown = guest.isDelayKnown }
        #expect(isKnown)
    }

    /// In a descriptor's handler, while the guest waits, a look at the clock must not wait.
    @Test func readingTheClockInADescriptorsHandler() {
        var readings: [UInt64] = []
        let outcome = converse(
            """
            > REQUEST 4 1000
            < ACK 4
            > WAIT 5 MAX
            < ACK 5
            ! 9
            < RUN 1 1000
            > ACK 1
            """
        ) { guest throws(GuestError) in
            guest.addInterrupt(9) { () throws(GuestError) in
                readings = [try guest.readClock(), guest.isInInterrupt ? 1 : 0]
            }
            try guest.delay(1000)
        }
        #expect(outcome.problem == nil)
        #expect(readings == [0, 1])
    }

    // MARK: The timer device

    @Test func aTimerThatNobodyHoldsIsShutDown() throws {
        let (time, log) = try infinite()
        do {
            let timer = GuestTimer(time) { () throws(GuestError) in log("tick") }
            try timer.setPeriodic()
        }
        try time.delay(100_000_000)
        #expect(log.entries.isEmpty)
    }

    @Test func oneShotExpiresANanosecondLater() throws {
        let (time, log) = try infinite()
        let timer = GuestTimer(time) { () throws(GuestError) in log("expiry@\(time.now)") }
        #expect(timer.expiry == nil)
        try timer.setNextEvent(1000)
        #expect(timer.expiry == 1001)
        try timer.setNextEvent(500)
        #expect(timer.expiry == 501)
        try timer.setOneShot()
        #expect(timer.expiry == 1)
        try time.sleep()
        #expect(log.entries == ["expiry@1"])
        #expect(!timer.isPending)
    }

    @Test func periodicTicksUntilShutDown() throws {
        let (time, log) = try infinite()
        let timer = GuestTimer(time) { () throws(GuestError) in log("\(time.now)") }
        try timer.setPeriodic()
        try time.delay(35_000_000)
        #expect(log.entries == ["10000000", "20000000", "30000000"])
        timer.shutDown()
        #expect(!timer.isPending)
        try time.delay(35_000_000)
        #expect(log.entries.count == 3)
        let fast = GuestTimer(time, ticksPerSecond: 1000) { () throws(GuestError) in log("fast") }
        try fast.setPeriodic()
        #expect(fast.expiry == 71_000_000)
        try fast.setNextEvent(5)
        try time.sleep()
        #expect(log.entries.last == "fast")
        #expect(!fast.isPending)
    }

    @Test(
        arguments: [
            (1000, 0, 1001), (1000, 400, 601), (1000, 700, 501), (0, 700, 501),
            (10_000_000_000, 0, 10_000_000_001), (.max, 0, 1 << 61 + 1),
        ] as [(UInt64, UInt64, UInt64)])
    func programsWithinItsBounds(_ deadline: UInt64, _ reading: UInt64, _ expiry: UInt64) throws {
        let (time, _) = try infinite()
        let timer = GuestTimer(time) { () throws(GuestError) in }
        try timer.program(deadline, reading: reading)
        #expect(timer.expiry == expiry)
    }

    // MARK: A calendar

    /// A handler runs before what it adds at once: the turn for that is asked for.
    @Test func interruptsDuringADelay() {
        let log = Log()
        let outcome = converse(
            """
            > REQUEST 4 1000
            < ACK 4
            > WAIT 5 MAX
            < ACK 5
            ! 9
            > GET 6 MAX
            < ACK 6 400
            > REQUEST 7 400
            < ACK 7
            < FREE_UNTIL 1 900
            > ACK 1
            < RUN 2 400
            > ACK 2
            > REQUEST 8 1000
            < ACK 8
            > WAIT 9 MAX
            < ACK 9
            < RUN 3 1000
            > ACK 3
            """
        ) { guest throws(GuestError) in
            let event = log.event("interrupt", of: guest)
            guest.addInterrupt(9) { () throws(GuestError) in try guest.interrupt(event) }
            try guest.delay(1000)
        }
        #expect(outcome.problem == nil)
        #expect(outcome.time == 1000)
        #expect(log.entries == ["interrupt@400"])
    }

    /// An interrupt that comes while idle ends the sleep that has no end of its own.
    @Test func interruptsEndASleepForEver() {
        let log = Log()
        let outcome = converse(
            """
            > REQUEST 4 EVER
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
            > REQUEST 8 EVER
            < ACK 8
            """
        ) { guest throws(GuestError) in
            let event = log.event("interrupt", of: guest)
            guest.addInterrupt(9) { () throws(GuestError) in try guest.interrupt(event) }
            try guest.sleep()
            log("awake")
            try guest.sleep()
        }
        #expect(outcome.problem == nil)
        #expect(outcome.time == 77)
        #expect(log.entries == ["awake", "interrupt@77"])
    }

    /// A handler's own delay is a turn in a turn.
    @Test func nestedWaitsAskTheCalendar() {
        let log = Log()
        let outcome = converse(
            """
            > REQUEST 4 10
            < ACK 4
            > WAIT 5 MAX
            < ACK 5
            < RUN 1 10
            > ACK 1
            > REQUEST 6 40
            < ACK 6
            > WAIT 7 MAX
            < ACK 7
            < RUN 2 40
            > ACK 2
            > REQUEST 8 100
            < ACK 8
            > WAIT 9 MAX
            < ACK 9
            < RUN 3 100
            > ACK 3
            """
        ) { guest throws(GuestError) in
            try guest.add(
                GuestEvent { () throws(GuestError) in
                    try guest.delay(30)
                    log("out@\(guest.now)")
                }, at: 10)
            try guest.delay(100)
        }
        #expect(outcome.problem == nil, "\(String(describing: outcome.error))")
        #expect(outcome.time == 100)
        #expect(log.entries == ["out@40"])
    }
}
