import Calendar
import CalendarServer
import Foundation
import Posix
import Simulation
import Synchronization
import SystemPackage

import struct Calendar.Calendar

/// One end of a line on which a byte is an interrupt and a byte back says that it was taken.
final class Doorbell: Sendable {
    let end: Descriptor

    init(_ end: consuming Descriptor) { self.end = end }

    /// Sends one byte.
    func ring() throws(Errno) { try end.writeAll([1]) }

    /// Takes the byte that is there.
    func answer() throws(Errno) {
        var room = [UInt8](repeating: 0, count: 1)
        let result = unsafe room.withUnsafeMutableBytes { buffer in
            Result { () throws(Errno) in try unsafe end.read(into: buffer) }
        }
        _ = try result.get()
    }
}

/// A calendar for one guest with a console device or a doorbell, on a thread of its own, because it and the relay wait for each other.
///
/// It grants no free runs: the guest asks for every instant, so that every instant is in the conversation.
final class CalendarThread: Sendable {
    private struct State {
        var problems: [String] = []
        var isOver = false
    }

    private let state = Mutex(State())
    private let done = DispatchSemaphore(value: 0)

    /// Before the first of the bytes, after any boot: the device is there then.
    private static let planningInstant: UInt64 = 5_000_000_000

    /// Alarms from here on ring the doorbell.
    private static let firstRing = 100

    /// A guest that still runs then waits for something that never comes.
    private static let longestLife: UInt64 = 100_000_000_000

    /// Listens at its paths when this returns.
    ///
    /// - Parameter bytesAt: instants at which a byte reaches the guest, all after 5 s.
    init(socket: String, console: String? = nil, doorbell: Doorbell? = nil, bytesAt instants: [UInt64]) throws
    {
        let ready = DispatchSemaphore(value: 0)
        Thread.detachNewThread { [self] in
            do {
                let simulation = try Simulation(
                    socketPath: socket,
                    calendar: Islands(
                        Calendar(start: 1_900_000_000_000_000_000, roster: .count(1), longestGrant: 0)),
                    networks: [], catchesSignals: false)
                if let console {
                    try simulation.addControl(path: console, name: "console", machine: 0, participant: 1)
                    simulation.setAlarm(0, at: Instant(nanoseconds: Self.planningInstant))
                } else {
                    for (index, instant) in instants.enumerated() {
                        simulation.setAlarm(Self.firstRing + index, at: Instant(nanoseconds: instant))
                    }
                }
                simulation.setAlarm(1, at: Instant(nanoseconds: Self.longestLife))
                ready.signal()
                try serve(simulation, instants, doorbell)
            } catch {
                note("\(error)")
                ready.signal()
            }
            done.signal()
        }
        ready.wait()
    }

    /// What went wrong, after the guest is gone, or because it never came.
    func finish() -> [String] {
        state.withLock { $0.isOver = true }
        done.wait()
        return state.withLock { $0.problems }
    }

    private func note(_ problem: String) { state.withLock { $0.problems.append(problem) } }

    /// A byte interrupts the guest, and time stands until it has been taken, as with a device's interrupt.
    private func ring(_ doorbell: Doorbell, _ simulation: Simulation) throws(Errno) {
        simulation.hold()
        try doorbell.ring()
        while try Posix.waitReadable([doorbell.end.number], until: Posix.wallNanoseconds() + 1_000_000) == nil
        {
            try simulation.wait()
        }
        try doorbell.answer()
        simulation.release()
    }

    private func serve(_ simulation: Simulation, _ instants: [UInt64], _ doorbell: Doorbell?) throws(Errno) {
        var events: [SimulationEvent] = []
        while true {
            repeat { simulation.advance() } while simulation.isReady && !simulation.hasEvents
            simulation.takeEvents(into: &events)
            for event in events {
                switch event {
                case .alarm(1):
                    note("the guest still runs at \(simulation.now)")
                    return
                case .alarm(Self.firstRing...):
                    if let doorbell { try ring(doorbell, simulation) }
                case .alarm:
                    for instant in instants {
                        simulation.sendControl([0x2e], machine: 0, at: Instant(nanoseconds: instant))
                    }
                case .departed(let departure):
                    // A guest that powers off leaves in its turn.
                    if let misuse = departure.misuse, misuse != .leftInTurn { note("\(departure)") }
                    return
                case .deviceEnded(_, _, let reason?): note(reason)
                case .tick: if state.withLock({ $0.isOver }) { return }
                default: break
                }
            }
            if simulation.isReady { continue }
            try simulation.wait()
        }
    }
}
