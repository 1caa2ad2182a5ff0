import Calendar
import CalendarServer
import Foundation
import Posix
import Synchronization
import SystemPackage
import Testing

import struct Calendar.Calendar

@testable import Guest
@testable import Simulation

/// Random programs of two to eight guests, each in its own thread, over real sockets on a real calendar: what happens, and
/// when, and in what order over all guests, is what a plain model says.
@Suite(.serialized)
struct RandomProgramTests {
    private static let blocks = 5

    /// How guests and calendar exchange times.
    enum Form: CaseIterable {
        case messages
        /// One region of scheduling memory for all: guests ring each other without the calendar's knowledge.
        case commonMemory
        /// Some of the guests exchange messages only.
        case mixed
        /// The same, and all guests start when the calendar's time is not 0.
        case mixedAndLate

        var seedsPerBlock: Int { self == .messages ? 500 : 200 }
    }

    @Test(arguments: Form.allCases, 0..<blocks) func happensAsThePlainModelSays(_ form: Form, _ block: Int)
        throws
    {
        let folder = NSTemporaryDirectory() + "almanac-random-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for seed in block * form.seedsPerBlock..<(block + 1) * form.seedsPerBlock {
            let program = RandomProgram(seed: UInt64(seed))
            let world = RealWorld(program, form, socket: "\(folder)/calendar")
            let problems = try world.run()
            #expect(problems.isEmpty, "seed \(seed), \(form)")
            let expected = program.expected()
            let entries = world.entries
            guard entries != expected else { continue }
            let index = zip(entries, expected).prefix { $0 == $1 }.count
            Issue.record(
                "seed \(seed), \(form), entry \(index): \(entries[safe: index] as Any) instead of \(expected[safe: index] as Any)"
            )
            return
        }
    }
}

extension Array {
    fileprivate subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}

/// A calendar in the calling thread and a thread for each guest.
private final class RealWorld: Sendable {
    private struct State {
        var entries: [RandomProgram.Entry] = []
        var problems: [String] = []
        var running = 0
    }

    private let program: RandomProgram
    private let form: RandomProgramTests.Form
    private let socket: String
    private let state = Mutex(State())

    init(_ program: RandomProgram, _ form: RandomProgramTests.Form, socket: String) {
        self.program = program
        self.form = form
        self.socket = socket
    }

    var entries: [RandomProgram.Entry] { state.withLock { $0.entries } }

    /// Runs until nothing can ever happen again; what went wrong.
    func run() throws -> [String] {
        let count = program.steps.count
        do {
            let simulation = try Simulation(
                socketPath: socket,
                calendar: Islands(
                    Calendar(
                        start: 0, roster: form == .mixedAndLate ? .open : .count(count),
                        longestGrant: program.longestGrant)),
                networks: [], sharedMemory: form == .messages ? .none : .common(lookahead: .max),
                catchesSignals: false)
            if form == .mixedAndLate { startLate(simulation) }
            let lines = try Lines(guests: count)
            state.withLock { $0.running = count }
            for guest in 0..<count {
                let thread = Thread { [self] in live(guest, lines) }
                thread.start()
            }
            try serve(simulation, count)
        }
        // The calendar is gone, and with it every guest that waits without end.
        while state.withLock({ $0.running > 0 }) { usleep(20) }
        return state.withLock { $0.problems }
    }

    /// Time goes on before any guest has come; then it stands until all have.
    private func startLate(_ simulation: Simulation) {
        simulation.setAlarm(0, at: Instant(nanoseconds: 1_234_567))
        simulation.advance()
        simulation.server.calendar.hold()
    }

    private func serve(_ simulation: Simulation, _ count: Int) throws(Errno) {
        while form == .mixedAndLate, simulation.server.clientCount < count { try simulation.wait() }
        if form == .mixedAndLate { simulation.server.calendar.release() }
        var started = 0
        var events: [SimulationEvent] = []
        while true {
            simulation.advance()
            simulation.takeEvents(into: &events)
            for event in events {
                switch event {
                case .started: started += 1
                case .departed(let departure): note("\(departure)")
                default: break
                }
            }
            if started == count, simulation.isIdle { return }
            if state.withLock({ !$0.problems.isEmpty }) { return }
            try simulation.wait()
        }
    }

    private func note(_ problem: String) { state.withLock { $0.problems.append(problem) } }

    private func live(_ guest: Int, _ lines: Lines) {
        defer { state.withLock { $0.running -= 1 } }
        do throws(GuestError) {
            let time = try start(guest)
            lines.connect(guest, time) { [self, unowned time] in log(guest, time, "ring") }
            for (number, step) in program.steps[guest].enumerated() {
                log(guest, time, "step \(number)")
                try take(step, guest, time, lines)
            }
            while true { try time.sleep() }
        } catch .linkBroken {
            // The calendar is gone because nothing could happen any more.
        } catch {
            note("guest \(guest): \(error)")
        }
    }

    private func start(_ guest: Int) throws(GuestError) -> GuestTime {
        let options = ClockOptions(mode: .external(id: UInt64(guest) + 1, path: socket))
        let isMixed = form == .mixed || form == .mixedAndLate
        guard isMixed, guest % 2 == program.steps.count % 2 else { return try GuestTime(options) }
        let host = MessagesOnlyHost()
        try host.connect(path: socket)
        return try GuestTime(options, host: host)
    }

    private func log(_ guest: Int, _ time: GuestTime, _ what: String) {
        let entry = RandomProgram.Entry(guest: guest, time: time.now, what: what)
        state.withLock { $0.entries.append(entry) }
    }

    private func take(_ step: RandomProgram.Step, _ guest: Int, _ time: GuestTime, _ lines: Lines)
        throws(GuestError)
    {
        switch step {
        case .delay(let length): try time.delay(length)
        case .read: _ = try time.readClock()
        case .ring(let other): try lines.ring(other, from: guest, time)
        case .alarms(let lengths):
            var left = lengths.count
            for (number, length) in lengths.enumerated() {
                let event = GuestEvent { [self] () throws(GuestError) in
                    log(guest, time, "alarm \(number)")
                    left -= 1
                }
                try time.add(event, at: time.now + length)
            }
            while left > 0 { try time.sleep() }
        }
    }
}

/// The real system of a guest that takes no scheduling memory.
private final class MessagesOnlyHost: GuestHost {
    private let system = SystemHost()

    var nanoseconds: UInt64 { system.nanoseconds }
    var timeOfDay: UInt64 { system.timeOfDay }

    func connect(path: String) throws(GuestError) { try system.connect(path: path) }
    func write(_ bytes: [UInt8]) throws(GuestError) { try system.write(bytes) }
    func close() { system.close() }

    func read(limit: Int, descriptors: inout [Int32]) throws(GuestError) -> [UInt8] {
        var refused: [Int32] = []
        defer { SchedulingMemoryClient.discard(refused) }
        return try system.read(limit: limit, descriptors: &refused)
    }

    func wait(link: Bool, sources: [Int32], until deadline: UInt64?) throws(GuestError) -> GuestHostReadiness
    {
        try system.wait(link: link, sources: sources, until: deadline)
    }
}

/// A line from each guest to each other: a byte interrupts, a byte back says that it was taken.
private final class Lines: Sendable {
    private final class Line: Sendable {
        let near: Descriptor
        let far: Descriptor

        init() throws(Errno) {
            let pair = try UnixSocket.pair()
            near = try pair.first.duplicate()
            far = try pair.second.duplicate()
        }
    }

    /// From, to.
    private let lines: [[Line]]

    init(guests: Int) throws {
        lines = try (0..<guests).map { _ in try (0..<guests).map { _ in try Line() } }
    }

    /// Guest `to` takes interrupts from now on.
    func connect(_ to: Int, _ time: GuestTime, _ onRing: @escaping () -> Void) {
        for from in lines.indices {
            let line = lines[from][to]
            time.addInterrupt(line.far.number) { [unowned time] () throws(GuestError) in
                try Self.take(line.far)
                try time.interrupt(GuestEvent { () throws(GuestError) in onRing() })
                try Self.send(line.far)
            }
        }
    }

    /// Interrupts guest `to`; returns when that has taken it.
    func ring(_ to: Int, from: Int, _ time: GuestTime) throws(GuestError) {
        let line = lines[from][to]
        try time.announceTime()
        try Self.send(line.near)
        try time.waitReadable(line.near.number)
        try Self.take(line.near)
    }

    private static func send(_ end: borrowing Descriptor) throws(GuestError) {
        do throws(Errno) { try end.writeAll([1]) } catch { throw .cannotWait(reason: "\(error)") }
    }

    private static func take(_ end: borrowing Descriptor) throws(GuestError) {
        var room = [UInt8](repeating: 0, count: 1)
        let result = unsafe room.withUnsafeMutableBytes { buffer in
            Result { () throws(Errno) in try unsafe end.read(into: buffer) }
        }
        guard case .success(1) = result else { throw .cannotWait(reason: "the line is cut") }
    }
}
