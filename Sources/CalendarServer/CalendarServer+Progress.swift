internal import Calendar

/// Whether simulated time passes.
extension CalendarServer {
    /// A number that changes whenever time passes in any island, or for a running client as far as its memory shows.
    /// O(clients).
    package var instants: UInt64 {
        connections.open.reduce(calendar.instants) { sum, connection in
            guard let memory = connection.usedMemory else { return sum }
            return sum &+ memory.time
        }
    }

    /// A client with this identity has sent START and its connection is open.
    package func isConnected(_ identity: UInt64) -> Bool {
        connections.open.contains { $0.identity == identity }
    }
}
