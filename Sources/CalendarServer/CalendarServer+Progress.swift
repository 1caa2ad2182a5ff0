internal import Calendar

/// Whether simulated time goes on.
extension CalendarServer {
    /// Another number whenever time has gone on in any island, or for a client by itself as far as its memory tells. O(clients).
    package var instants: UInt64 {
        connections.reduce(calendar.instants) { sum, connection in
            guard let memory = connection?.memory, memory.isUsed else { return sum }
            return sum &+ memory.time
        }
    }

    /// There is a connection of a client that calls itself so.
    package func isConnected(_ identity: UInt64) -> Bool {
        connections.contains { $0?.identity == identity }
    }
}
