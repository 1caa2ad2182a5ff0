package import Calendar
package import Posix
package import SystemPackage
internal import TimeTravelProtocol
package import Trace

/// Sessions on sockets, joined to one calendar.
///
/// The owner's loop calls `handle(_:reactor:)` for each event of the reactor, then `advance` until it returns nil, then
/// `flush`: all output for one client in one turn leaves in one write. Nothing here calls back.
package final class CalendarServer {
    /// What the owner knows of a client before it starts.
    package struct Expectation: Sendable {
        /// Its participant number from then on: decides the order at equal times.
        package var identity: UInt64
        /// Smallest delay of anything it can send to another participant, ns.
        package var lookahead: UInt64
        /// Its island.
        package var island: Int
        /// It takes an interrupt while its turn is announced (Kernel/patches/interrupts.patch): nobody has to wait for its reply.
        package var takesInterruptsWithTurn: Bool

        package init(
            identity: UInt64, lookahead: UInt64, island: Int = 0, takesInterruptsWithTurn: Bool = false
        ) {
            self.identity = identity
            self.lookahead = lookahead
            self.island = island
            self.takesInterruptsWithTurn = takesInterruptsWithTurn
        }
    }

    /// Who interrupts clients that wait.
    package enum Devices: Sendable {
        /// Nobody: only the client whose turn it is sends messages.
        case none
        /// This process, which calls `prepareInterrupt` before.
        case own
        /// Other processes too, whenever they have their turns.
        case foreign
    }

    /// Shared scheduling memory for clients that can use it.
    package enum SharedMemory: Hashable, Sendable {
        /// Messages only.
        case none
        /// Each client has a region of its own. Only when every device that interrupts clients is this process's: other
        /// processes cannot see a client's region.
        case separate
        /// One region for all clients, as the protocol means it. All are in one island.
        ///
        /// - lookahead: the least delay, ns, of what a client sends through devices of this process.
        case common(lookahead: UInt64)
    }

    package struct Counters: Sendable {
        package var messagesIn: UInt64 = 0
        package var reads: UInt64 = 0
        package var writes: UInt64 = 0
    }

    /// The calendar. The owner reads it here, and schedules arrivals, holds time and opens windows: nothing of that
    /// concerns a session. What clients ask for (`join`, `request`, `wait`, `update`) goes through the server alone.
    package var calendar: Islands
    /// Clients that left, for the owner to take.
    package var departures: [Departure] = []
    /// Clients whose START was answered, for the owner to take: identity and process.
    package var arrivals: [(identity: UInt64, client: ClientID, process: Int32?)] = []
    /// Which clients use a core of their own.
    package var cores = CorePlacementWatch()
    /// Where events are recorded.
    package var recorder: TraceRecorder?
    /// What clients' turns cost, by client.
    package internal(set) var costs: ContiguousArray<TurnCosts> = []
    /// Messages and system calls so far.
    package internal(set) var counters = Counters()

    var connections = ConnectionTable()
    let devices: Devices
    /// Shared scheduling memory.
    var memories: MemoryOffer
    let listener: Listener
    /// Connections that have not sent START.
    var unstarted: UnstartedConnections
    /// The listener's token; connections' tokens follow.
    private let tokenBase: UInt64
    private let expectations: [UInt64: Expectation]
    private var buffer = [UInt8](repeating: 0, count: 4096)

    /// Listens at `path`; the socket appears there when this returns.
    ///
    /// - Parameters:
    ///   - tokens: reactor tokens from here upward belong to this server: the first is the listener's.
    ///   - expectations: what is known of clients, by the ID in their START.
    ///   - devices: who interrupts clients.
    ///   - sharedMemory: what clients that can use it get.
    ///   - slotLimit: slots of a common region.
    ///   - unstartedLimit: most connections that have not sent START.
    package init(
        path: String, calendar: consuming Islands, tokens: UInt64, expectations: [UInt64: Expectation] = [:],
        devices: Devices = .foreign, sharedMemory: SharedMemory = .none, slotLimit: Int? = nil,
        unstartedLimit: Int = Listener.idleLimit(), reactor: borrowing Reactor
    ) throws(Errno) {
        self.calendar = calendar
        self.devices = devices
        memories = try MemoryOffer(sharedMemory, slotLimit: slotLimit ?? SchedulingRegion.mostSlots)
        self.tokenBase = tokens
        self.expectations = expectations
        listener = try Listener(path: path, token: tokens, reserve: DescriptorReserve(), reactor: reactor)
        unstarted = UnstartedConnections(limit: unstartedLimit)
    }

    /// Clients whose START was received and that have not left.
    package var clientCount: Int {
        connections.open.reduce(0) { $0 + ($1.client != nil && $1.session.isClient ? 1 : 0) }
    }

    /// Connections that are open, started or not.
    package var connectionCount: Int { connections.open.reduce(0) { count, _ in count + 1 } }

    // MARK: Sockets

    /// The descriptor of `event`, whose token must be one of this server's, is ready.
    package func handle(_ event: Reactor.Event, reactor: borrowing Reactor) {
        let index = Int(event.token - tokenBase) - 1
        guard index >= 0 else { return accept(reactor: reactor) }
        if event.readable { receive(index, reactor: reactor) }
        if event.writable { write(index, reactor: reactor) }
    }

    /// The reactor's token of a connection.
    func token(of index: Int) -> UInt64 { tokenBase + 1 + UInt64(index) }

    /// Reads once and handles every complete message.
    func receive(_ index: Int, reactor: borrowing Reactor) {
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
        var position = 0
        while let message = decode(from: &position, upTo: count, connection) {
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

    /// The next message in the buffer, from `position` on; nil when the bytes that are left make none.
    private func decode(from position: inout Int, upTo count: Int, _ connection: Connection) -> Message? {
        // Within the buffer: reading set `count`, and decoding goes no further.
        unsafe buffer.withUnsafeBytes { bytes in
            var rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[position..<count])
            defer { position = count - rest.count }
            return unsafe connection.session.decode(&rest)
        }
    }

    /// The rule that a closed connection breaks, if any.
    func closedMisuse(_ connection: Connection) -> Misuse? {
        if connection.session.pendingBytes > 0 {
            return .brokenMessage(bytes: connection.session.pendingBytes)
        }
        if let client = connection.client, calendar.isRunning(client) { return .leftInTurn }
        return nil
    }

    /// START came: the connection is a client's from now on.
    func join(_ connection: Connection, at index: Int, name: UInt64) {
        let expectation = expectations[name]
        let identity = expectation?.identity ?? name
        connection.startName = name
        connection.identity = identity
        connection.takesInterruptsWithTurn = expectation?.takesInterruptsWithTurn ?? false
        connection.client = calendar.join(
            identity: identity, lookahead: expectation?.lookahead ?? 0, island: expectation?.island ?? 0)
        connections.join(index)
        unstarted.remove(index)
        costs.append(TurnCosts())
        cores.join()
    }
}
