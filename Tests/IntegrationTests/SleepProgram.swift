/// The monotonic clock of a guest of series 6.12 and its one timer, as a function of simulated time.
///
/// The clock's zero is the calendar's, because time cannot pass before the clock is in use: during boot only reading it
/// costs time.
enum KernelClock {
    /// The clock's grain, and what a reading outside an interrupt costs, ns (`TIMER_MULTIPLIER`).
    static let grain: UInt64 = 256
    /// Shortest and longest the timer can be set to, ns (`timer_clockevent`).
    static let shortest: UInt64 = 500
    static let longest = UInt64(Int64.max)

    /// What the clock shows at `time`.
    static func reading(at time: UInt64) -> UInt64 { time - time % grain }

    /// What the kernel asks the calendar for when it is `time` and the earliest timer expires at `expiry` of its clock.
    /// The distance is measured from the clock, which is behind by up to its grain, but added to the time; and one more
    /// (`itimer_next_event`).
    static func request(at time: UInt64, expiry: UInt64) -> UInt64 {
        let now = reading(at: time)
        let distance = expiry > now ? expiry - now : 0
        return time + min(max(distance, shortest), longest) + 1
    }
}

/// The little program that `Programs/sleeper.c` runs: the one text both guests run from.
struct SleepProgram: Sendable {
    enum Step: Sendable {
        /// Sleep until the clock shows the instant.
        case until(UInt64)
        /// Sleep for a length, ns.
        case sleep(UInt64)
        /// A periodic timer and as many expirations of it.
        case periodic(UInt64, count: Int)
        /// Read the clock as many times.
        case read(Int)
        /// Read the clock until the length has passed since the first reading.
        case poll(UInt64)
        /// Wait for a byte that reaches the console device at the instant.
        case interrupt(at: UInt64)
    }

    let steps: [Step]

    /// The argument of `sleeper.c`.
    var argument: String {
        steps.map { step in
            switch step {
            case .until(let instant): "u\(instant)"
            case .sleep(let length): "f\(length)"
            case .periodic(let period, let count): "p\(period)x\(count)"
            case .read(let count): "r\(count)"
            case .poll(let length): "w\(length)"
            case .interrupt: "i"
            }
        }.joined(separator: ",")
    }

    /// When bytes reach the console device.
    var interrupts: [UInt64] {
        steps.compactMap { if case .interrupt(let instant) = $0 { instant } else { nil } }
    }

    /// The turns that the program takes, predicted from its steps.
    ///
    /// - Parameters:
    ///   - start: when the guest last arms its timer for the first step.
    ///   - rearmings: instants, ascending, at which the kernel arms its timer again for reasons of its own. The distance to
    ///     the program's deadline is measured from there, which moves the request by less than the clock's grain.
    func turns(from start: UInt64, rearmings: [UInt64]) -> [UInt64] {
        var guest = PredictedGuest(time: start, rearmings: rearmings[...])
        for step in steps { guest.take(step) }
        return guest.turns
    }
}

/// A guest reduced to its clock, its timer and one program.
private struct PredictedGuest {
    /// Simulated time.
    var time: UInt64
    var rearmings: ArraySlice<UInt64>
    var turns: [UInt64] = []

    mutating func take(_ step: SleepProgram.Step) {
        switch step {
        case .until(let instant):
            wait(expiry: instant)
        case .sleep(let length):
            wait(expiry: KernelClock.reading(at: time) + length)
        case .periodic(let period, let count):
            let armed = KernelClock.reading(at: time)
            // However late an expiration is noticed, the next is a period after the one that was due.
            for number in 1...UInt64(count) { wait(expiry: armed + number * period) }
        case .read(let count):
            for _ in 0..<count { _ = read() }
        case .poll(let length):
            let began = read()
            while read() - began < length {}
        case .interrupt(let instant):
            // The first turn ends the wait for the timer; only then does the guest see that the interrupt comes before it,
            // and asks for the same instant again.
            turn(at: instant)
            turn(at: instant)
        }
    }

    /// Until the clock shows `expiry`. The timer is armed even for an instant that is over; it interrupts up to a grain
    /// early, or after its longest, and is then armed again.
    private mutating func wait(expiry: UInt64) {
        repeat {
            rearmings = rearmings.drop { $0 <= time }
            var armed = time
            // A program that has just woken has started the tick, which comes before any wait that is longer.
            var limit = expiry
            while let next = rearmings.first, next < limit {
                armed = next
                limit = KernelClock.request(at: armed, expiry: expiry)
                rearmings.removeFirst()
            }
            turn(at: KernelClock.request(at: armed, expiry: expiry))
        } while KernelClock.reading(at: time) < expiry
    }

    private mutating func read() -> UInt64 {
        turn(at: time + KernelClock.grain)
        return KernelClock.reading(at: time)
    }

    private mutating func turn(at instant: UInt64) {
        time = instant
        turns.append(instant)
    }
}
