internal import Calendar
package import Posix
internal import SystemPackage
internal import TimeTravelProtocol

/// Output to clients.
extension CalendarServer {
    /// Sends a message to a client, or stores it in its memory; a client with too much unread is ended.
    func send(_ operation: Operation, _ time: UInt64, to client: ClientID, reactor: borrowing Reactor) {
        let index = connections.index(of: client)
        guard let connection = connections[index] else { return }
        do throws(Misuse) {
            if operation == .freeUntil, let memory = connection.usedMemory {
                return memory.lowerGrant(to: stored(time, of: client, in: memory))
            }
            try connection.session.send(operation, time: time)
            markDirty(index)
        } catch {
            end(index, error, reactor: reactor)
        }
    }

    /// A connection has output: the next `flush` writes it.
    func markDirty(_ index: Int) {
        guard let connection = connections[index], !connection.hasOutput else { return }
        connection.hasOutput = true
        connections.withOutput.append(index)
    }

    /// Writes all pending output: one call per client.
    package func flush(reactor: borrowing Reactor) {
        // By index: ending a client while writing may add output for others.
        var position = 0
        let count = connections.withOutput.count
        while position < count {
            write(connections.withOutput[position], reactor: reactor)
            position += 1
        }
        connections.withOutput.removeFirst(count)
    }

    func write(_ index: Int, reactor: borrowing Reactor) {
        guard let connection = connections[index] else { return }
        connection.hasOutput = false
        let output = connection.session.output
        guard !output.isEmpty else { return }
        counters.writes += 1
        var count = 0
        switch send(output, to: connection) {
        case .success(let taken): count = taken
        case .failure(.resourceTemporarilyUnavailable): break
        case .failure: return end(index, closedMisuse(connection), reactor: reactor)
        }
        do throws(Misuse) {
            try connection.session.sent(count)
        } catch {
            return end(index, error, reactor: reactor)
        }
        waitForRoom(!connection.session.output.isEmpty, index, connection, reactor: reactor)
    }

    private func send(_ output: [UInt8], to connection: Connection) -> Result<Int, Errno> {
        var result = Result<Int, Errno>.success(0)
        if connection.handsOverMemory, let log = memories.log?.descriptor.number {
            connection.handsOverMemory = false
            connection.memory?.handOver { memory in
                let numbers = [memory.number, log]
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

    private func waitForRoom(
        _ waits: Bool, _ index: Int, _ connection: Connection, reactor: borrowing Reactor
    ) {
        guard waits != connection.waitsForRoom else { return }
        connection.waitsForRoom = waits
        // The descriptor is open and registered, so this fails only when the kernel has no memory.
        try? reactor.change(connection.socket, token: token(of: index), waits ? .readWrite : .read)
    }
}
