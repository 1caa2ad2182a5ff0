internal import Calendar
internal import Posix

/// Connections to device sockets that have not begun to work, the oldest first. Their number is bounded, whoever they are of.
struct IdleConnections {
    /// One over which nothing has come yet.
    final class Connection {
        private(set) var descriptor: Descriptor?
        /// The device's socket.
        let socket: Int
        /// The process that connected.
        let process: Int32?
        /// Wall-clock time, ns.
        let accepted = Posix.wallNanoseconds()

        init(_ descriptor: consuming Descriptor, socket: Int) {
            process = UnixSocket.peerProcess(descriptor)
            self.descriptor = consume descriptor
            self.socket = socket
        }

        func take() -> Descriptor? { descriptor.take() }
    }

    let limit: Int
    /// Most connections at a hub.
    let hubLimit: Int
    let reserve = DescriptorReserve()
    private var connections = SlotTable<Connection>()
    private var order: ContiguousArray<Int> = []
    /// Connections at hubs that have spoken and not handed over their back channel: attachments, the oldest first.
    private var halfOpen: ContiguousArray<Int> = []
    /// Connections that were closed to make room, or for their age, or never accepted.
    var closed = 0

    /// - Parameter reserved: descriptors that this process needs for other things.
    init(reserved: Int) {
        limit = Listener.idleLimit(reserved: reserved)
        hubLimit = Listener.openLimit(reserved: reserved)
    }

    /// Processes whose connections are closed last.
    var preferred = PreferredProcesses()

    var isFull: Bool { order.count >= limit }
    var oldest: Int? { order.first }
    /// The connection that is closed for a new one.
    var firstToClose: Int? {
        preferred.firstToClose(order.lazy.map { connections[$0]?.process }).map { order[$0] }
    }

    subscript(place: Int) -> Connection? { connections[place] }

    mutating func insert(_ connection: Connection) -> Int {
        let place = connections.insert(connection)
        order.append(place)
        return place
    }

    /// O(idle connections).
    mutating func remove(_ place: Int) {
        _ = connections.take(place)
        if let index = order.firstIndex(of: place) { order.remove(at: index) }
    }

    mutating func insert(halfOpen attachment: Int) { halfOpen.append(attachment) }

    /// It is set up, or gone.
    mutating func remove(halfOpen attachment: Int) { halfOpen.removeAll { $0 == attachment } }

    /// The oldest, when there are too many.
    var excessHalfOpen: Int? { halfOpen.count > limit ? halfOpen.first : nil }
    var oldestHalfOpen: Int? { halfOpen.first }
}
