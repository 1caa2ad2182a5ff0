import Foundation
import Guest
import Posix
import SystemPackage
import Testing

/// A `SleepProgram` on the guest half in Swift, in the place of a kernel.
enum GuestSide {
    /// Runs the program on a calendar and records the conversation.
    ///
    /// - Parameters:
    ///   - begin: when it arms its timer for the first step.
    ///   - rearmings: instants at which something else makes it arm its timer again, as a kernel's tick does.
    ///   - kernelTurns: instants at which a kernel did something of its own. Sleeps longer than the timer can be set to are
    ///     measured from there, because the timer was set for the kernel's own work until then.
    static func record(
        _ program: SleepProgram, from begin: UInt64, rearmings: [UInt64], kernelTurns: [UInt64]
    ) throws -> Conversation {
        let scratch = try Scratch()
        let (ring, answer) = try doorbell()
        let calendar = try CalendarThread(
            socket: "\(scratch.path)/calendar", doorbell: ring, bytesAt: program.interrupts)
        let relay = try MessageRelay(path: "\(scratch.path)/relay", calendarPath: "\(scratch.path)/calendar")
        let path = "\(scratch.path)/relay"
        let outcome = Box()
        let thread = Thread {
            do {
                let time = try GuestTime(ClockOptions(mode: .external(id: 1, path: path)))
                let guest = ProgrammedGuest(
                    time, answer, rearmings: rearmings, kernelTurns: kernelTurns)
                // Closing the connection in one's own turn is how kernels end.
                try guest.run(program, from: begin)
            } catch {
                outcome.problem = "\(error)"
            }
        }
        thread.start()
        let entries = try relay.record()
        while !thread.isFinished { usleep(1000) }
        #expect(outcome.problem == nil)
        #expect(calendar.finish().isEmpty)
        return Conversation(entries)
    }

    private static func doorbell() throws -> (Doorbell, Doorbell) {
        let pair = try UnixSocket.pair()
        return (Doorbell(try pair.first.duplicate()), Doorbell(try pair.second.duplicate()))
    }

    /// What went wrong in the guest's thread, to be read when that has finished.
    private final class Box: @unchecked Sendable {
        var problem: String?
    }
}

/// A guest's timer and doorbell, used as a kernel uses them.
private final class ProgrammedGuest {
    private let time: GuestTime
    private let doorbell: Doorbell
    private lazy var timer = GuestTimer(time) { [unowned self] () throws(GuestError) in hasExpired = true }
    private var hasExpired = false
    private var hasRung = false
    /// What the timer is set for, on the guest's clock.
    private var expiry: UInt64?

    private let rearmings: [UInt64]
    private let kernelTurns: [UInt64]

    init(_ time: GuestTime, _ doorbell: Doorbell, rearmings: [UInt64], kernelTurns: [UInt64]) {
        self.time = time
        self.doorbell = doorbell
        self.rearmings = rearmings
        self.kernelTurns = kernelTurns
    }

    func run(_ program: SleepProgram, from begin: UInt64) throws(GuestError) {
        for instant in Set(rearmings).union(kernelTurns).sorted() where instant > begin {
            let isCertain = rearmings.contains(instant)
            try time.add(
                GuestEvent { [unowned self] () throws(GuestError) in
                    guard let expiry, isCertain || expiry > reading + GuestTimer.maximumDelta else { return }
                    try timer.program(expiry, reading: reading)
                }, at: instant)
        }
        let rung = GuestEvent { [unowned self] () throws(GuestError) in hasRung = true }
        time.addInterrupt(doorbell.end.number) { [unowned self] () throws(GuestError) in
            // Time stands until this has been answered.
            do throws(Errno) { try doorbell.answer() } catch { throw .cannotWait(reason: "\(error)") }
            try time.interrupt(rung)
            do throws(Errno) { try doorbell.ring() } catch { throw .cannotWait(reason: "\(error)") }
        }
        try time.delay(begin - time.now)
        for step in program.steps { try take(step) }
    }

    /// The clock, read where it costs nothing: a kernel arms its timer with interrupts off.
    private var reading: UInt64 { time.now / GuestTime.readCost * GuestTime.readCost }

    private func take(_ step: SleepProgram.Step) throws(GuestError) {
        switch step {
        case .until(let instant): try wait(until: instant)
        case .sleep(let length): try wait(until: reading + length)
        case .periodic(let period, let count):
            let armed = reading
            for number in 1...UInt64(count) { try wait(until: armed + number * period) }
        case .read(let count):
            for _ in 0..<count { _ = try time.readClock() }
        case .poll(let length):
            let began = try time.readClock()
            while try time.readClock() - began < length {}
        case .interrupt:
            hasRung = false
            while !hasRung { try time.sleep() }
        }
    }

    /// Until the clock shows `deadline`: at least one expiration, which may be early by the clock's grain.
    private func wait(until deadline: UInt64) throws(GuestError) {
        expiry = deadline
        repeat {
            hasExpired = false
            try timer.program(deadline, reading: reading)
            while !hasExpired { try time.sleep() }
        } while reading < deadline
        expiry = nil
    }
}
