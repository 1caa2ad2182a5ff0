internal import Calendar
internal import CalendarServer
internal import Network
internal import Posix
internal import SystemPackage
internal import Virtio

/// How connections come to devices. One that says nothing is nobody's yet: it takes no port, no place of a machine's device and
/// no random numbers, so that nobody's order or numbers depend on it.
extension DeviceHub {
    func accept(_ number: Int, reactor: borrowing Reactor) {
        for _ in 0..<Listener.acceptLimit {
            switch sockets[number].listener.accept(reactor: reactor) {
            case .connection(let connection):
                admit(connection, number, reactor: reactor)
            case .none:
                return
            case .noDescriptor:
                if closeOldestIdle(reactor: reactor) { continue }
                guard sockets[number].listener.turnAway(reactor: reactor) else { return }
                idle.closed += 1
            }
        }
    }

    private func admit(_ connection: consuming Descriptor, _ socket: Int, reactor: borrowing Reactor) {
        if idle.isFull { _ = closeOldestIdle(reactor: reactor) }
        let connection = IdleConnections.Connection(connection, socket: socket)
        let place = idle.insert(connection)
        do throws(Errno) {
            // It has just been accepted and taken by nobody.
            try reactor.add(connection.descriptor!, token: Token.idle | UInt64(place))
        } catch {
            // The kernel can watch no more descriptors.
            idle.closed += 1
            idle.remove(place)
        }
    }

    /// Something has come over a connection, or it has been closed.
    func idleIsReady(_ place: Int, reactor: borrowing Reactor) {
        guard let connection = idle[place] else { return }
        switch UnixSocket.input(connection.descriptor!) {
        case .none: return
        case .bytes, .end: leaveIdle(place, connection, reactor: reactor)
        }
    }

    /// A connection that has something to say becomes its guest's; another is closed.
    private func leaveIdle(_ place: Int, _ connection: IdleConnections.Connection, reactor: borrowing Reactor)
    {
        idle.remove(place)
        guard let descriptor = connection.take() else {
            preconditionFailure("an idle connection has its socket")
        }
        // Closing takes it out of the reactor as well; it is added again as what it becomes.
        try? reactor.remove(descriptor)
        guard case .bytes = UnixSocket.input(descriptor) else { return }
        attach(descriptor, sockets[connection.socket], number: connection.socket, reactor: reactor)
    }

    /// - Returns: false when there is none. One that has just spoken becomes its guest's, and the next is tried.
    private func closeOldestIdle(reactor: borrowing Reactor) -> Bool {
        while let place = idle.firstToClose {
            if closeIdle(place, reactor: reactor) { return true }
        }
        return false
    }

    /// - Returns: whether the connection is closed.
    private func closeIdle(_ place: Int, reactor: borrowing Reactor) -> Bool {
        guard let connection = idle[place] else { return true }
        if case .none = UnixSocket.input(connection.descriptor!) { idle.closed += 1 }
        let count = attachments.count
        leaveIdle(place, connection, reactor: reactor)
        return attachments.count == count
    }

    /// Connections of this process are closed last, or no longer.
    func prefer(_ process: Int32, _ isPreferred: Bool) {
        if isPreferred { idle.preferred.insert(process) } else { idle.preferred.remove(process) }
    }

    /// A guest has begun to speak with a device.
    private func attach(
        _ descriptor: consuming Descriptor, _ socket: DeviceSocket, number: Int, reactor: borrowing Reactor
    ) {
        let isHub = socket.participant == nil
        if isHub
            ? !makeRoom(at: socket, reactor: reactor)
            : socket.attachment.map({ attachments[$0] != nil }) == true
        {
            idle.closed += 1
            return
        }
        let index = attachments.count
        var profile = socket.profile
        // A machine that boots again gets other random numbers.
        socket.profile = profile.forNextConnection()
        var port = socket.port
        let participant = socket.participant ?? UInt64.max - UInt64(index)
        if isHub, case .port(let network) = socket.role {
            let added = networks.addPort(
                network: network, name: "port \(index)", participant: participant, device: 0)
            port = added
            profile = .network(mac: Self.hubAddress(added + 1).octets, mtu: 1500, offloads: true)
        }
        let attachment = Attachment(
            backend: Backend(name: socket.name, socket: descriptor, profile: profile), socket: number,
            role: socket.role, participant: participant, device: socket.device, port: port)
        attachments.append(attachment)
        socket.attachment = index
        socket.connections += 1
        if case .port(let network) = socket.role, let port {
            networks.connect(.attachment(index), to: port, of: network)
            if !networks.accepts(port, of: network) { attachment.backend.beginDown() }
        }
        if isHub { idle.insert(halfOpen: index) }
        do throws(Errno) {
            try attachment.backend.register(with: reactor, token: Token.device | UInt64(index))
        } catch {
            end(index, reason: "its connection cannot be watched: \(error)", reactor: reactor)
        }
        if let oldest = idle.excessHalfOpen { endHalfOpen(oldest, reactor: reactor) }
    }

    /// Whether a hub takes one more connection.
    private func makeRoom(at hub: DeviceSocket, reactor: borrowing Reactor) -> Bool {
        guard hub.connections >= idle.hubLimit else { return true }
        guard let oldest = idle.oldestHalfOpen else { return false }
        endHalfOpen(oldest, reactor: reactor)
        return hub.connections < idle.hubLimit
    }

    private func endHalfOpen(_ attachment: Int, reactor: borrowing Reactor) {
        idle.closed += 1
        end(attachment, reason: nil, reactor: reactor)
    }

    /// Closes connections that have said nothing for `Listener.idleTime`, and accepts again where it was not possible. Once a tick.
    func closeIdle(reactor: borrowing Reactor) {
        let now = Posix.wallNanoseconds()
        for socket in sockets { socket.listener.resume(reactor: reactor) }
        while let place = idle.oldest, let connection = idle[place],
            now >= connection.accepted + Listener.idleTime
        {
            _ = closeIdle(place, reactor: reactor)
        }
    }
}
