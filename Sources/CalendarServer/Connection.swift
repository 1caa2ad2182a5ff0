internal import Calendar
internal import Posix

/// A connected client's socket and conversation.
final class Connection {
    let socket: Descriptor
    var session = Session()
    /// Its participant number, which decides the order at equal times.
    var identity: UInt64?
    /// The ID in its START. In a lab that is a hash of the machine's name, not its participant number.
    var startName: UInt64 = .max
    var client: ClientID?
    /// See `CalendarServer.Expectation`.
    var takesInterruptsWithTurn = false
    let process: Int32?
    /// Its shared scheduling memory, offered or used. In a common region a client has a slot that does not use it.
    var memory: SchedulingMemory?
    /// Its shared scheduling memory, if it uses it.
    var usedMemory: SchedulingMemory? { memory.flatMap { $0.isUsed ? $0 : nil } }
    /// Whether it uses the memory is known.
    var hasNoticedMemory = false
    /// The memory's descriptors go out with the next bytes.
    var handsOverMemory = false
    /// It is in the list of connections with output.
    var hasOutput = false
    /// Its socket's buffer is full.
    var waitsForRoom = false
    /// Wall-clock time, ns.
    let accepted = Posix.wallNanoseconds()

    init(_ socket: consuming Descriptor) {
        process = UnixSocket.peerProcess(socket)
        self.socket = socket
    }
}

/// Connections by number, and which of them is a client's. A client's number is never used twice: others may still name it.
/// An event of the reactor that still names a closed connection finds nothing to read at the next one.
struct ConnectionTable {
    private var connections: ContiguousArray<Connection?> = []
    /// By client.
    private var indices: ContiguousArray<Int> = []
    /// Numbers of connections that have output.
    var withOutput: ContiguousArray<Int> = []
    /// In `indices`: the client lives in this process.
    private static let hosted = -1

    /// The number of the next connection.
    var nextIndex: Int { connections.count }

    /// All that are open.
    var open: some Sequence<Connection> { connections.lazy.compactMap(\.self) }

    /// By client, the numbers of those that are not hosted.
    var clientIndices: some Sequence<Int> { indices.lazy.filter { $0 != Self.hosted } }

    subscript(index: Int) -> Connection? { connections[index] }

    /// - Parameter index: the number of a connection that never became a client's, or the next one.
    mutating func insert(_ connection: Connection, at index: Int) {
        if index == connections.count {
            connections.append(connection)
        } else {
            connections[index] = connection
        }
    }

    mutating func remove(_ index: Int) { connections[index] = nil }

    /// The next client has this connection.
    mutating func join(_ index: Int) { indices.append(index) }

    /// The next client lives in this process.
    mutating func joinHosted() { indices.append(Self.hosted) }

    func isHosted(_ client: ClientID) -> Bool { indices[client.index] == Self.hosted }

    /// The number of the connection of a client that is not hosted.
    func index(of client: ClientID) -> Int { indices[client.index] }

    /// The connection of a client; nil when it is closed.
    func connection(of client: ClientID) -> Connection? {
        let index = indices[client.index]
        return index == Self.hosted ? nil : connections[index]
    }
}
