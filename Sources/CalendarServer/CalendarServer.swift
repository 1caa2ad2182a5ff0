package import Calendar
package import Posix
package import SystemPackage
internal import TimeTravelProtocol
package import Trace

/// Sessions on sockets, joined to one calendar.
///
/// The owner's loop calls `handle(_:reactor:)` with what the reactor says, then `advance` until it returns nil, then
/// `flush`: so everything for one client in one turn leaves in one write. Nothing here calls back.
package final class CalendarServer {
    /// What the owner knows of a client before it starts.
    package struct Expectation: Sendable {
        /// Who it is from then on: decides the order at equal times.
        package var identity: UInt64
        /// Smallest delay of anything it can send to another participant, ns.
        package var lookahead: UInt64
        /// Its island.
        package var island: Int

        package init(identity: UInt64, lookahead: UInt64, island: Int = 0) {
            self.identity = identity
            self.lookahead = lookahead
            self.island = island
        }
    }

    /// Who interrupts clients that wait.
    package enum Devices: Sendable {
        /// Nobody: only the client whose turn it is has anything to say.
        case none
        /// This process, which calls `prepareInterrupt` before.
        case own
        /// Other processes too, whenever they have their turns.
        case foreign
    }

    /// A connected client's socket and conversation.
    final class Connection {
        let socket: Descriptor
        var session = Session()
        var identity: UInt64?
        /// What it calls itself in START: a lab's machines have names there that are not their places in it.
        var startName: UInt64 = .max
        var client: ClientID?
        let process: Int32?
        /// Its shared scheduling memory, offered or used.
        var memory: SchedulingMemory?
        /// Whether it uses the memory is known.
        var hasNoticedMemory = false
        /// Descriptors ride along with the next bytes.
        var handsOverMemory = false
        var hasOutput = false
        /// It runs on a core of its own: how long its turns take is watched.
        var isAway = false
        /// Another client ran when its turn began.
        var hasCompany = false
        /// Turns in a row that were too short for that, or without company.
        var idleTurns = 0
        var waitsForRoom = false

        init(_ socket: consuming Descriptor) {
            process = UnixSocket.peerProcess(socket)
            self.socket = socket
        }
    }

    package internal(set) var calendar: Islands
    /// Clients that went, for the owner to take.
    package var departures: [Departure] = []
    /// Clients whose START was answered, for the owner to take: identity and process.
    package var arrivals: [(identity: UInt64, client: ClientID, process: Int32?)] = []
    /// Clients that are away for nothing, for the owner to take.
    package var dedicatedCoreUnused: [UInt64] = []
    /// Where what happens is written down.
    package var recorder: TraceRecorder?
    /// What clients' turns cost, by client.
    package internal(set) var costs: ContiguousArray<TurnCosts> = []
    /// Messages and system calls so far.
    package private(set) var counters = Counters()

    /// A turn shorter than this, ns of wall-clock time, is over sooner than a message gets to another core and back twice.
    private static let shortTurn: UInt64 = 200_000
    /// Turns in a row, short or alone, after which a client is better at home.
    private static let idleTurnLimit = 16

    private let listener: Descriptor
    private let devices: Devices
    private let sharesMemory: Bool
    /// Where clients' logs of scheduling memory go.
    private let log: Descriptor
    private let tokenBase: UInt64
    private let expectations: [UInt64: Expectation]
    var connections: ContiguousArray<Connection?> = []
    /// Client index -> connection index.
    var connectionOfClient: ContiguousArray<Int> = []
    /// In `connectionOfClient`: it lives in this process.
    static let noConnection = -1
    private var dirty: ContiguousArray<Int> = []
    private var buffer = [UInt8](repeating: 0, count: 4096)

    package struct Counters: Sendable {
        package var messagesIn: UInt64 = 0
        package var messagesOut: UInt64 = 0
        package var reads: UInt64 = 0
        package var writes: UInt64 = 0
    }

    /// Starts to listen at `path`; the socket appears there only then.
    ///
    /// - Parameters:
    ///   - tokens: reactor tokens from here upward belong to this server: the first is the listener's.
    ///   - expectations: what is known of clients, by what they will call themselves in START.
    ///   - devices: who interrupts clients.
    ///   - sharesMemory: clients that can use it get shared scheduling memory, each its own. Only when every device that
    ///     interrupts them is this process's: a region says nothing to others.
    package init(
        path: String, calendar: consuming Islands, tokens: UInt64, expectations: [UInt64: Expectation] = [:],
        devices: Devices = .foreign, sharesMemory: Bool = false, reactor: borrowing Reactor
    ) throws(Errno) {
        self.calendar = calendar
        self.devices = devices
        self.sharesMemory = sharesMemory
        log = try Posix.open("/dev/null", .writeOnly)
        self.tokenBase = tokens
        self.expectations = expectations
        let listener = try UnixSocket.listen(path: path)
        try listener.setNonBlocking()
        try reactor.add(listener, token: tokens)
        self.listener = listener
    }

    /// Clients whose START was answered and who have not left.
    package var clientCount: Int { connections.count { $0?.client != nil && $0?.session.isClient == true } }

    // MARK: Sockets

    /// Something about `token`, which must be one of this server's, is ready.
    package func handle(_ event: Reactor.Event, reactor: borrowing Reactor) throws(Errno) {
        let index = Int(event.token - tokenBase) - 1
        guard index >= 0 else { return try accept(reactor: reactor) }
        if event.readable { receive(index, reactor: reactor) }
        if event.writable { write(index, reactor: reactor) }
    }

    private func accept(reactor: borrowing Reactor) throws(Errno) {
        while let socket = try UnixSocket.accept(listener) {
            let index = connections.count
            try reactor.add(socket, token: tokenBase + 1 + UInt64(index))
            connections.append(Connection(socket))
        }
    }

    /// Reads once and handles every complete message.
    private func receive(_ index: Int, reactor: borrowing Reactor) {
        guard let connection = connections[index] else { return }
        counters.reads += 1
        let count: Int
        do throws(Errno) {
            count = try readInto(connection)
        } catch .resourceTemporarilyUnavailable {
            return
        } catch {
            return end(index, closedMisuse(connection), reactor: reactor)
        }
        guard count > 0 else { return end(index, closedMisuse(connection), reactor: reactor) }
        // The buffer is not touched while its bytes are decoded: handlers write to other buffers.
        let messages = decode(count, connection)
        for message in messages {
            counters.messagesIn += 1
            do throws(Misuse) {
                try handle(message, of: connection, at: index, reactor: reactor)
            } catch {
                return end(index, error, reactor: reactor)
            }
            if connections[index] == nil { return }
        }
    }

    private func readInto(_ connection: Connection) throws(Errno) -> Int {
        let result = unsafe buffer.withUnsafeMutableBytes { room in
            Result { () throws(Errno) in try unsafe UnixSocket.receive(connection.socket, into: room) }
        }
        return try result.get()
    }

    private func decode(_ count: Int, _ connection: Connection) -> [Message] {
        unsafe buffer.withUnsafeBytes { bytes in
            var rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[..<count])
            var messages: [Message] = []
            while let message = unsafe connection.session.decode(&rest) { messages.append(message) }
            return messages
        }
    }

    /// What a closed connection means for the rules.
    private func closedMisuse(_ connection: Connection) -> Misuse? {
        if connection.session.pendingBytes > 0 {
            return .brokenMessage(bytes: connection.session.pendingBytes)
        }
        if let client = connection.client, calendar.isRunning(client) { return .leftInTurn }
        return nil
    }

    // MARK: Messages

    private func handle(
        _ message: Message, of connection: Connection, at index: Int, reactor: borrowing Reactor
    ) throws(Misuse) {
        if let memory = connection.memory, !connection.hasNoticedMemory {
            connection.hasNoticedMemory = true
            memory.notice()
            connection.session.sharesMemory = memory.isUsed
            if !memory.isUsed { connection.memory = nil }
        }
        let input = try connection.session.receive(message)
        if case .start(let name) = input {
            let expectation = expectations[name]
            let identity = expectation?.identity ?? name
            connection.startName = name
            let client = calendar.join(
                identity: identity, lookahead: expectation?.lookahead ?? 0, island: expectation?.island ?? 0)
            connection.identity = identity
            connection.client = client
            connectionOfClient.append(index)
            costs.append(TurnCosts())
            return
        }
        guard let client = connection.client else { preconditionFailure("a started session has a client") }
        var answer: UInt64 = 0
        switch input {
        case .start, .acknowledgement:
            return
        case .request(let time):
            try request(client, time: time, reactor: reactor)
            traceRequest(of: client)
        case .wait:
            if let memory = connection.memory {
                if let time = memory.request { try request(client, time: time, reactor: reactor) }
                try endTurn(of: client, connection)
                memory.endTurn()
                return
            }
            try endTurn(of: client, connection)
            if case .foreign = devices { break }
            // Until it is interrupted, or gets its turn, it has no use for the answer: that goes with the next words.
            connection.session.acknowledge(message.sequence, time: 0)
            return
        case .get:
            answer = calendar.time(for: client)
            trace(.get, client)
        case .update(let time):
            if let lowered = try update(client, time: time) {
                if let memory = connection.memory {
                    memory.lowerGrant(to: lowered)
                } else {
                    try connection.session.say(.freeUntil, time: lowered)
                }
            }
        case .timeOfDay:
            answer = calendar.timeOfDay(for: client)
        case .broadcast(let value):
            for other in connectionOfClient where other != index && other != Self.noConnection {
                guard let client = connections[other]?.client else { continue }
                tell(client, .broadcast, value, reactor: reactor)
            }
        }
        connection.session.acknowledge(message.sequence, time: answer)
        markDirty(index)
    }

    /// A client wants its turn at `time` (own scale).
    func request(_ client: ClientID, time: UInt64, reactor: borrowing Reactor) throws(Misuse) {
        guard let lowered = try calendar.request(client, time: time) else { return }
        traceGrant(.lower, lowered.0, until: lowered.freeUntil)
        tell(lowered.0, .freeUntil, lowered.freeUntil, reactor: reactor)
    }

    /// See `Calendar.update`.
    func update(_ client: ClientID, time: UInt64) throws(Misuse) -> UInt64? {
        let before = calendar.now(of: client)
        let lowered = try calendar.update(client, time: time)
        trace(.update, client, calendar.now(of: client).since(before))
        if let lowered { traceGrant(.lower, client, until: lowered) }
        return lowered
    }

    private func endTurn(of client: ClientID, _ connection: Connection) throws(Misuse) {
        try calendar.wait(client)
        traceWait(of: client)
        costs[client.index].end(wasAlone: calendar.running == 0)
        if connection.isAway { noteTurn(of: connection) }
    }

    /// Says something to a client; one that does not keep up is ended.
    func tell(_ client: ClientID, _ operation: Operation, _ time: UInt64, reactor: borrowing Reactor) {
        let index = connectionOfClient[client.index]
        guard let connection = connections[index] else { return }
        do throws(Misuse) {
            if operation == .freeUntil, let memory = connection.memory {
                return memory.lowerGrant(to: time)
            }
            try connection.session.say(operation, time: time)
            markDirty(index)
        } catch {
            end(index, error, reactor: reactor)
        }
    }

    // MARK: Turns

    /// What the owner is needed for.
    package enum Due: Hashable, Sendable {
        /// An arrival that it scheduled is due: its payload, and the island.
        case arrival(Int, island: Int)
        /// It is this hosted client's turn, at the calendar's instant. `endTurn` ends it.
        case turn(ClientID)
    }

    /// Does what the calendar says until the owner is needed; nil when somebody else has to act first.
    package func advance(reactor: borrowing Reactor) -> Due? {
        while let (step, island) = calendar.next() {
            switch step {
            case .arrival(let payload):
                return .arrival(payload, island: island)
            case .start(let client) where isHosted(client):
                trace(.start, client)
                return .turn(client)
            case .run(let client, _, _) where isHosted(client):
                trace(.run, client)
                return .turn(client)
            case .start(let client):
                let index = connectionOfClient[client.index]
                guard let connection = connections[index], let identity = connection.identity else {
                    preconditionFailure("a client that is gone does not start")
                }
                connection.session.acknowledgeStart(slot: offerMemory(to: connection))
                markDirty(index)
                trace(.start, client)
                costs[client.index].begin(isAlone: calendar.running <= 1)
                arrivals.append((identity, client, connection.process))
            case .run(let client, let time, let freeUntil):
                let connection = connections[connectionOfClient[client.index]]
                traceGrant(.run, client, until: freeUntil)
                costs[client.index].begin(isAlone: calendar.running <= 1)
                if let connection, connection.isAway { connection.hasCompany = calendar.running > 1 }
                if let connection, let memory = connection.memory {
                    memory.beginTurn(at: time, freeUntil: freeUntil)
                    connection.session.sayRun(at: time)
                    markDirty(connectionOfClient[client.index])
                    continue
                }
                tell(client, .freeUntil, freeUntil, reactor: reactor)
                tell(client, .run, time, reactor: reactor)
            }
        }
        return nil
    }

    private func noteTurn(of connection: Connection) {
        let isShort = connection.client.map { costs[$0.index].last < Self.shortTurn } ?? true
        let isAlone = !connection.hasCompany && calendar.running == 0
        connection.idleTurns = isShort || isAlone ? connection.idleTurns + 1 : 0
        guard connection.idleTurns >= Self.idleTurnLimit, let identity = connection.identity else { return }
        connection.isAway = false
        dedicatedCoreUnused.append(identity)
    }

    /// A client runs on a core of its own from now on, or not any more.
    package func setAway(_ isAway: Bool, identity: UInt64) {
        for connection in connections where connection?.identity == identity {
            connection?.isAway = isAway
            connection?.idleTurns = 0
        }
    }

    /// Identities of the clients whose turn it is.
    package var runningIdentities: [UInt64] {
        calendar.allRunning.compactMap { connections[connectionOfClient[$0.index]]?.identity }
    }

    /// Makes a client's memory, to ride along with START's ACK; its slot. A client that gets none does with messages.
    private func offerMemory(to connection: Connection) -> UInt16 {
        guard sharesMemory else { return 0 }
        do throws(Errno) {
            connection.memory = try SchedulingMemory(identity: connection.startName)
            connection.handsOverMemory = true
            return SchedulingMemory.clientSlot
        } catch {
            return 0
        }
    }

    // MARK: Output

    private func markDirty(_ index: Int) {
        guard let connection = connections[index], !connection.hasOutput else { return }
        connection.hasOutput = true
        dirty.append(index)
    }

    /// Writes what waits: one call per client.
    package func flush(reactor: borrowing Reactor) {
        guard !dirty.isEmpty else { return }
        let indices = dirty
        dirty.removeAll(keepingCapacity: true)
        for index in indices { write(index, reactor: reactor) }
    }

    func write(_ index: Int, reactor: borrowing Reactor) {
        guard let connection = connections[index] else { return }
        connection.hasOutput = false
        let output = connection.session.output
        guard !output.isEmpty else { return }
        counters.writes += 1
        let result = send(output, to: connection)
        var count = 0
        switch result {
        case .success(let taken): count = taken
        case .failure(.resourceTemporarilyUnavailable): break
        case .failure: return end(index, closedMisuse(connection), reactor: reactor)
        }
        do throws(Misuse) {
            try connection.session.sent(count)
        } catch {
            return end(index, error, reactor: reactor)
        }
        wantRoom(!connection.session.output.isEmpty, index, connection, reactor: reactor)
    }

    private func send(_ output: [UInt8], to connection: Connection) -> Result<Int, Errno> {
        var result = Result<Int, Errno>.success(0)
        if connection.handsOverMemory {
            connection.handsOverMemory = false
            connection.memory?.handOver { memory in
                let numbers = [memory.number, log.number]
                result = unsafe output.withUnsafeBytes { bytes in
                    Result { () throws(Errno) in
                        try unsafe UnixSocket.send(connection.socket, bytes, descriptors: numbers)
                    }
                }
            }
            return result
        }
        return unsafe output.withUnsafeBytes { bytes in
            Result { () throws(Errno) in try unsafe UnixSocket.send(connection.socket, bytes) }
        }
    }

    private func wantRoom(_ wants: Bool, _ index: Int, _ connection: Connection, reactor: borrowing Reactor) {
        guard wants != connection.waitsForRoom else { return }
        connection.waitsForRoom = wants
        // The descriptor is open and registered, so this cannot fail but for want of kernel memory.
        try? reactor.change(
            connection.socket, token: tokenBase + 1 + UInt64(index), wants ? .readWrite : .read)
    }
}
