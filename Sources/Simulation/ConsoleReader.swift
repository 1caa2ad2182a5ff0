internal import Calendar
internal import CalendarServer
internal import Posix
internal import SystemPackage
internal import Trace

/// What a machine's console writes, cut into lines.
private final class ConsoleStream {
    let descriptor: Descriptor
    let machine: Int
    let participant: UInt64
    var lines = LineCutter()
    /// Lines from before its client started: they have no instant yet.
    var early: [[UInt8]] = []

    init(_ descriptor: consuming Descriptor, machine: Int, participant: UInt64) {
        self.descriptor = descriptor
        self.machine = machine
        self.participant = participant
    }
}

/// The machines' consoles: pipes that are read before any other event of the same wait.
///
/// A line is recorded at its machine's instant, so it must be read before the end of the turn that wrote it. For that the
/// consoles have an epoll of their own, which is read after the wait has returned: what was written before a message is
/// in its pipe by then, while one wait for all descriptors could see the message and miss the line.
final class ConsoleReader {
    private let server: CalendarServer
    private let clients: ClientDirectory
    private let outbox: EventOutbox
    private let recording: Recording

    private var epoll: Reactor
    private var consoles: ContiguousArray<ConsoleStream?> = []
    /// Lines are reported to the owner.
    var reportsLines = false

    init(
        server: CalendarServer, clients: ClientDirectory, outbox: EventOutbox, recording: Recording,
        reactor: borrowing Reactor
    ) throws(Errno) {
        self.server = server
        self.clients = clients
        self.outbox = outbox
        self.recording = recording
        epoll = try Reactor()
        try reactor.add(epoll, token: Token.console)
    }

    /// Reads what a machine's console writes.
    func add(_ descriptor: consuming Descriptor, machine: Int, participant: UInt64) throws(Errno) {
        try descriptor.setNonBlocking()
        try epoll.add(descriptor, token: UInt64(consoles.count))
        consoles.append(ConsoleStream(descriptor, machine: machine, participant: participant))
    }

    /// The machine's process has ended: its console is read to the end.
    func close(machine: Int) {
        guard let index = consoles.firstIndex(where: { $0?.machine == machine }) else { return }
        read(index)
        guard let console = consoles[index] else { return }
        // The owner may be further than the client has got.
        let instant = max(server.calendar.now, self.instant(of: console))
        report(console.early + console.lines.takeRest(), of: console, at: instant)
        // Closing the pipe removes it from the epoll as well: nothing else holds this open file.
        try? epoll.remove(console.descriptor)
        consoles[index] = nil
    }

    /// Reads what all consoles have written.
    func readAll() throws(Errno) {
        guard !consoles.isEmpty else { return }
        while true {
            let count = try epoll.wait(milliseconds: 0)
            for index in 0..<count { read(Int(epoll[index].token)) }
            // One wait tells of no more than `capacity`.
            if count < epoll.capacity { return }
        }
    }

    private func read(_ index: Int) {
        guard let console = consoles[index] else { return }
        while true {
            var chunk = [UInt8](repeating: 0, count: 4096)
            let result = unsafe chunk.withUnsafeMutableBytes { room in
                Result { () throws(Errno) in try unsafe console.descriptor.read(into: room) }
            }
            guard case .success(let count) = result else { return }
            guard count > 0 else {
                // The end: no process has the pipe open. Epoll is level-triggered and would report it forever.
                try? epoll.remove(console.descriptor)
                return
            }
            chunk.removeLast(chunk.count - count)
            outbox.append(.console(machine: console.machine, bytes: chunk))
            let lines = console.lines.lines(ending: chunk)
            if clients[console.participant] == nil {
                console.early += lines
            } else {
                report(lines, of: console, at: instant(of: console))
            }
        }
    }

    /// A client has started: the lines that its console wrote before have an instant now.
    func clientStarted(_ participant: UInt64) {
        guard let console = consoles.first(where: { $0?.participant == participant }) ?? nil else { return }
        report(console.early, of: console, at: instant(of: console))
        console.early = []
    }

    /// The instant of the machine's client.
    private func instant(of console: ConsoleStream) -> Instant {
        clients[console.participant].map { server.calendar.now(of: $0) } ?? server.calendar.now
    }

    private func report(_ lines: [[UInt8]], of console: ConsoleStream, at instant: Instant) {
        for line in lines {
            recording.recorder?.record(
                .console, console.participant, at: instant, UInt64(line.count), TraceHash.of(line))
            guard reportsLines else { continue }
            outbox.report(
                .consoleLine(machine: console.machine, line: line, at: instant),
                participant: console.participant, at: instant)
        }
    }
}
