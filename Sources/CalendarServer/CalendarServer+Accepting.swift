package import Posix
internal import SystemPackage

/// Places of connections that have not sent START, the oldest first. Their number is bounded.
struct UnstartedConnections: Sendable {
    let limit: Int
    private var places: ContiguousArray<Int> = []
    /// Places of those that never did: to be used again. A client's place is its own for as long as the server lives.
    private var free: ContiguousArray<Int> = []
    /// Those that were closed to make room, or for their age, or never accepted.
    var closed = 0

    init(limit: Int) { self.limit = limit }

    /// Processes whose connections are closed last.
    var preferred = PreferredProcesses()

    var isFull: Bool { places.count >= limit }
    var oldest: Int? { places.first }

    func contains(_ place: Int) -> Bool { places.contains(place) }

    /// The connection that is closed for a new one.
    ///
    /// - Parameter process: of the connection at a place.
    func firstToClose(process: (Int) -> Int32?) -> Int? {
        preferred.firstToClose(places.lazy.map(process)).map { places[$0] }
    }

    mutating func takeFreePlace() -> Int? { free.popLast() }
    mutating func insert(_ place: Int) { places.append(place) }

    /// It has sent START. O(unstarted connections).
    mutating func remove(_ place: Int) {
        guard let index = places.firstIndex(of: place) else { return }
        places.remove(at: index)
    }

    /// It is gone; not an error for one that had sent START.
    mutating func free(_ place: Int) {
        let count = places.count
        remove(place)
        if places.count < count { free.append(place) }
    }
}

/// How connections come, and how those end that never become clients. Anybody on this host may open as many as there are
/// descriptors: they end nobody else, and hold up nobody.
extension CalendarServer {
    func accept(reactor: borrowing Reactor) {
        for _ in 0..<Listener.acceptLimit {
            switch listener.accept(reactor: reactor) {
            case .connection(let socket):
                add(socket, reactor: reactor)
            case .none:
                return
            case .noDescriptor:
                if closeOldest(reactor: reactor) { continue }
                guard listener.turnAway(reactor: reactor) else { return }
                unstarted.closed += 1
            }
        }
    }

    private func add(_ socket: consuming Descriptor, reactor: borrowing Reactor) {
        if unstarted.isFull { _ = closeOldest(reactor: reactor) }
        let index = unstarted.takeFreePlace() ?? connections.nextIndex
        let connection = Connection(socket)
        connections.insert(connection, at: index)
        unstarted.insert(index)
        do throws(Errno) {
            try reactor.add(connection.socket, token: token(of: index))
        } catch {
            // The kernel can watch no more descriptors.
            unstarted.closed += 1
            close(index, connection, reactor: reactor)
        }
    }

    /// Closes the connection that has been without START for longest, one of a preferred process only if there is no other.
    ///
    /// - Returns: false when there is none.
    private func closeOldest(reactor: borrowing Reactor) -> Bool {
        while let index = unstarted.firstToClose(process: { connections[$0]?.process }) {
            if closeUnstarted(index, reactor: reactor) { return true }
        }
        return false
    }

    /// Closes a connection without START. What it has sent is read first: a client that has just sent START stays.
    ///
    /// - Returns: whether it is closed.
    private func closeUnstarted(_ index: Int, reactor: borrowing Reactor) -> Bool {
        receive(index, reactor: reactor)
        // It may have been ended for what it sent.
        guard let connection = connections[index] else { return true }
        guard unstarted.contains(index) else { return false }
        unstarted.closed += 1
        close(index, connection, reactor: reactor)
        return true
    }

    /// Connections of this process are closed last, or no longer.
    package func prefer(_ process: Int32, _ isPreferred: Bool) {
        if isPreferred { unstarted.preferred.insert(process) } else { unstarted.preferred.remove(process) }
    }

    /// Takes a connection away, whatever it was.
    func close(_ index: Int, _ connection: Connection, reactor: borrowing Reactor) {
        // Closing takes it out of the reactor as well; nothing else holds this open file.
        try? reactor.remove(connection.socket)
        connections.remove(index)
        unstarted.free(index)
    }

    /// Closes connections that have been without START for `Listener.idleTime`, and accepts again if it could not. To be called
    /// now and then.
    ///
    /// - Parameter now: wall-clock time, ns.
    package func closeIdle(now: UInt64 = Posix.wallNanoseconds(), reactor: borrowing Reactor) {
        listener.resume(reactor: reactor)
        while let index = unstarted.oldest, let connection = connections[index],
            now >= connection.accepted + Listener.idleTime
        {
            _ = closeUnstarted(index, reactor: reactor)
        }
    }

    /// Connections that were closed because they never sent START and there were too many, or for too long.
    package var connectionsClosed: Int { unstarted.closed }

    /// Places for connections: what memory is spent on. Those of connections that never sent START are used again.
    package var places: Int { connections.nextIndex }
}
