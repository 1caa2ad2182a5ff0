import Posix
import Testing

@testable import Guest

/// Modes `basic` and `off`: with a real clock that follows a script, and beside the host's own timers.
struct RealTimeTests {
    private func guest(_ mode: ClockMode, _ script: String = "") throws -> (GuestTime, ScriptedHost, Log) {
        let host = ScriptedHost(script, nanoseconds: 1000)
        return (try GuestTime(ClockOptions(mode: mode), host: host), host, Log())
    }

    // MARK: Basic

    @Test func idleTimeIsSkipped() throws {
        let (time, host, log) = try guest(.basic)
        try time.add(log.event("a", of: time), at: 3_600_000_000_000)
        try time.sleep()
        #expect(log.entries == ["a@3600000000000"])
        #expect(host.nanoseconds == 1000)
    }

    /// `time_travel_handle_real_alarm`: while there is work an event comes when its real time has come, and simulated
    /// time is then the event's.
    @Test func workTakesRealTime() throws {
        let (time, host, log) = try guest(.basic)
        try time.add(log.event("a", of: time), at: 100)
        host.work(99)
        try time.takeInterrupts()
        #expect(log.entries == [])
        #expect(time.now == 0)
        host.work(1)
        try time.takeInterrupts()
        #expect(log.entries == ["a@100"])
    }

    @Test func aPeriodicTimerKeepsItsRateInWork() throws {
        let (time, host, log) = try guest(.basic)
        let timer = GuestTimer(time) { () throws(GuestError) in log("\(time.now / 1_000_000)") }
        try timer.setPeriodic()
        for _ in 0..<7 {
            host.work(5_000_000)
            try time.takeInterrupts()
        }
        #expect(log.entries == ["10", "20", "30"])
    }

    /// Skipped time does not count as work: the next event is as far away as it is in simulated time.
    @Test func workBeginsAnewAfterIdleTime() throws {
        let (time, host, log) = try guest(.basic)
        try time.add(log.event("a", of: time), at: 1_000_000)
        try time.add(log.event("b", of: time), at: 1_000_100)
        try time.sleep()
        host.work(99)
        try time.takeInterrupts()
        #expect(log.entries == ["a@1000000"])
        host.work(1)
        try time.takeInterrupts()
        #expect(log.entries == ["a@1000000", "b@1000100"])
    }

    @Test func aDelayIsWork() throws {
        let (time, host, log) = try guest(.basic)
        try time.add(log.event("a", of: time), at: 40)
        try time.delay(100)
        #expect(host.nanoseconds == 1100)
        #expect(time.now == 100)
        #expect(log.entries == ["a@40"])
    }

    @Test func basicSleepForEverIsAnError() throws {
        let (time, _, _) = try guest(.basic)
        #expect(throws: GuestError.sleptForever) { try time.sleep() }
    }

    /// Input from outside comes before time is skipped, and with nothing else to do it is waited for.
    @Test(arguments: [ClockMode.basic, .infiniteCPU, .off]) func inputEndsASleep(_ mode: ClockMode) throws {
        let (time, host, log) = try guest(mode, "! 9\n! 9\n")
        let input = time.addInterrupt(9) { () throws(GuestError) in log("input") }
        try time.sleep()
        try time.add(log.event("a", of: time), at: 10_000)
        try time.sleep()
        #expect(log.entries == ["input", "input"])
        try time.sleep()
        #expect(log.entries == ["input", "input", "a@10000"])
        time.removeInterrupt(input)
        #expect(throws: GuestError.sleptForever) { try time.sleep() }
        #expect(host.verdict == nil)
    }

    // MARK: Off

    @Test func offIsRealTime() throws {
        let (time, host, log) = try guest(.off)
        #expect(time.now == 1000)
        try time.add(log.event("a", of: time), at: 1500)
        try time.sleep()
        #expect(host.nanoseconds == 1500)
        #expect(log.entries == ["a@1500"])
        try time.delay(250)
        #expect(time.now == 1750)
        #expect(try time.readClock() == 1750 / 256 * 256)
        #expect(host.nanoseconds == 1750)
        #expect(time.persistentClock == host.timeOfDay)
    }

    @Test func offDeliversDuringADelay() throws {
        let (time, host, log) = try guest(.off)
        try time.add(log.event("a", of: time), at: 1100)
        host.work(10)
        try time.delay(500)
        #expect(log.entries == ["a@1100"])
        #expect(time.now == 1510)
    }

    /// An event whose time passed while something worked is late by that.
    @Test func offIsLateAfterWork() throws {
        let (time, host, log) = try guest(.off)
        try time.add(log.event("a", of: time), at: 1100)
        host.work(400)
        try time.takeInterrupts()
        #expect(log.entries == ["a@1400"])
    }

    // MARK: Against the real clock

    /// Ten times 20 ms asleep: no sleep ends before its time, and meanwhile the host's own timer of 20 ms has expired nine times.
    @Test func offPassesAsRealTimeDoes() throws {
        let time = try GuestTime(ClockOptions(mode: .off))
        let timer = try WallTimer(everyMilliseconds: 20)
        var wakings: [UInt64] = []
        let begin = time.now
        for step in 1...10 {
            try time.add(
                GuestEvent { () throws(GuestError) in wakings.append(time.now) },
                at: begin + UInt64(step) * 20_000_000)
            try time.sleep()
        }
        #expect(wakings.count == 10)
        for (step, waking) in wakings.enumerated() {
            #expect(waking >= begin + UInt64(step + 1) * 20_000_000)
        }
        #expect(try timer.expirations() >= 9)
    }

    /// Skips an hour asleep, or this test would take one. Then it works until a timer of 10 ms has ticked twenty times: simulated
    /// time is that of the last tick, and the host's own timer of 10 ms has expired about as often.
    @Test func basicSkipsIdleTimeAndWorksInRealTime() throws {
        let time = try GuestTime(ClockOptions(mode: .basic))
        let hour: UInt64 = 3_600_000_000_000
        try time.add(GuestEvent { () throws(GuestError) in }, at: hour)
        try time.sleep()
        #expect(time.now == hour)
        var ticks = 0
        let real = try WallTimer(everyMilliseconds: 10)
        let timer = GuestTimer(time) { () throws(GuestError) in ticks += 1 }
        try timer.setPeriodic()
        while ticks < 20 { try time.takeInterrupts() }
        // On a busy machine one look may find several ticks due.
        #expect(time.now == hour + UInt64(ticks) * 10_000_000)
        #expect(try Int(real.expirations()) >= ticks - 1)
    }
}
