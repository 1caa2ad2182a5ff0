internal import Calendar
internal import CalendarServer
internal import Network
package import Posix
package import SystemPackage
internal import Trace
internal import Virtio

/// Who sends a frame.
struct Sender: Hashable, Sendable {
    /// Identity on the calendar.
    let participant: UInt64
    /// Its number in the trace, from 1.
    let device: UInt64
}

/// What a machine's console writes, cut into lines.
final class ConsoleStream {
    let descriptor: Descriptor
    let machine: Int
    let participant: UInt64
    var lines = LineCutter()
    /// Lines from before its client has started: they have no instant yet.
    var early: [[UInt8]] = []

    init(_ descriptor: consuming Descriptor, machine: Int, participant: UInt64) {
        self.descriptor = descriptor
        self.machine = machine
        self.participant = participant
    }
}

/// What is written down of devices and networks, and the machines' consoles.
extension Simulation {
    func trace(_ kind: TraceEvent.Kind, _ attachment: Attachment, _ second: UInt64 = 0) {
        guard let recorder else { return }
        recorder.record(
            kind, attachment.participant, at: server.calendar.now(in: island(of: attachment)),
            attachment.device, second)
    }

    /// Bytes between almanac and a machine.
    func trace(_ kind: TraceEvent.Kind, _ attachment: Attachment, _ bytes: [UInt8]) {
        guard let recorder else { return }
        recorder.record(
            kind, attachment.participant, at: server.calendar.now(in: island(of: attachment)),
            UInt64(bytes.count), TraceHash.of(bytes))
    }

    /// A frame is sent: its number.
    func number(_ frame: Frame, of sender: Sender, at instant: Instant) -> FrameID {
        let number = framesSent[sender.participant, default: 0] + 1
        framesSent[sender.participant] = number
        if let recorder {
            recorder.record(
                .send, sender.participant, at: instant, sender.device, UInt64(frame.wireBytes),
                TraceHash.of(frame.bytes))
        }
        return FrameID(sender: sender.participant, number: number, device: sender.device)
    }

    func traceDelivery(_ delivery: Backend.Delivery, of frame: Frame, _ id: FrameID, _ attachment: Attachment)
    {
        let place = PortPlace(participant: attachment.participant, device: attachment.device)
        guard delivery != .dropped else { return traceLoss(of: frame, id, Self.noRoom, at: place) }
        let now = server.calendar.now(in: island(of: attachment))
        captures?.arrived(
            frame, at: Sender(participant: place.participant, device: place.device), now, remark: nil)
        recorder?.record(.deliver, place.participant, at: now, place.device, id.sender, id.number)
    }

    /// Why a frame is lost at its receiver.
    static let noRoom = "the receiver has no room"

    /// Writes what is in its final order, when there is much, or something has waited for long. Only when the owner has acted
    /// on all that it was told: what it records of that is earlier than what comes now.
    func flushTrace() {
        guard let recorder, recorder.isFull || traceIsStale, events.isEmpty,
            var before = server.calendar.settledBefore
        else { return }
        traceIsStale = false
        let inside = networks.lazy.compactMap(\.nextEvent).min()
        for other in [exchange.firstSending, exchange.firstStaged, inside].compactMap({ $0 }) {
            before = min(before, other)
        }
        recorder.flush(before: before)
        recorder.sync()
    }

    // MARK: Consoles

    /// Reads what a machine's console writes, for the client called `participant`; it is told as `.console`.
    package func addConsole(_ descriptor: consuming Descriptor, machine: Int, participant: UInt64)
        throws(Errno)
    {
        try descriptor.setNonBlocking()
        try consoleReactor.add(descriptor, token: UInt64(consoles.count))
        consoles.append(ConsoleStream(descriptor, machine: machine, participant: participant))
    }

    /// The machine's process is gone: what it has written is read to the end.
    package func closeConsole(machine: Int) {
        guard let index = consoles.firstIndex(where: { $0?.machine == machine }) else { return }
        readConsole(index)
        guard let console = consoles[index] else { return }
        traceConsole(console, console.early + console.lines.takeRest(), isLast: true)
        // Closing takes it out of the reactor as well; nothing else holds this open file.
        try? consoleReactor.remove(console.descriptor)
        consoles[index] = nil
    }

    /// Reads what all have written.
    func readConsoles() throws(Errno) {
        while true {
            let count = try consoleReactor.wait(milliseconds: 0)
            for index in 0..<count { readConsole(Int(consoleReactor[index].token)) }
            // There may be more than was told.
            if count < consoleReactor.capacity { return }
        }
    }

    private func readConsole(_ index: Int) {
        guard let console = consoles[index] else { return }
        while true {
            var chunk = [UInt8](repeating: 0, count: 4096)
            let result = unsafe chunk.withUnsafeMutableBytes { room in
                Result { () throws(Errno) in try unsafe console.descriptor.read(into: room) }
            }
            guard case .success(let count) = result else { return }
            guard count > 0 else {
                // The end: nobody writes any more. What is level-triggered would be ready for ever.
                try? consoleReactor.remove(console.descriptor)
                return
            }
            chunk.removeLast(chunk.count - count)
            events.append(.console(machine: console.machine, bytes: chunk))
            let lines = console.lines.lines(ending: chunk)
            if clientsByIdentity[console.participant] == nil {
                console.early += lines
            } else {
                traceConsole(console, lines)
            }
        }
    }

    /// A client has started: what its console wrote before has an instant now.
    func traceEarlyConsole(of participant: UInt64) {
        guard let console = consoles.first(where: { $0?.participant == participant }) ?? nil else { return }
        traceConsole(console, console.early)
        console.early = []
    }

    /// - Parameter isLast: its process has ended: the instant is where the run is, if that is later.
    private func traceConsole(_ console: ConsoleStream, _ lines: [[UInt8]], isLast: Bool = false) {
        let now =
            isLast
            ? instant(of: console.participant)
            : clientsByIdentity[console.participant].map { server.calendar.now(of: $0) } ?? now
        for line in lines {
            recorder?.record(
                .console, console.participant, at: now, UInt64(line.count), TraceHash.of(line))
            guard reportsConsoleLines else { continue }
            let told = SimulationEvent.consoleLine(machine: console.machine, line: line, at: now)
            if isInTurn {
                heldLines.append(told)
            } else {
                report(told, participant: console.participant, at: now)
            }
        }
    }
}
