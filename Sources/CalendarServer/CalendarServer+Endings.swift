package import Calendar
package import Posix
internal import Trace

/// How clients leave: by closing their connection, for a rule they broke, or because the owner ends them.
extension CalendarServer {
    /// Ends the clients whose turn it is because none of them has sent a message.
    ///
    /// - Parameter seconds: for how long, for the error message.
    package func endSilent(seconds: Int, reactor: borrowing Reactor) {
        for client in calendar.allRunning where !connections.isHosted(client) {
            end(connections.index(of: client), .silent(seconds: seconds), reactor: reactor)
        }
    }

    /// Ends a client for a rule that it broke elsewhere, or for none.
    package func end(_ client: ClientID, _ misuse: Misuse?, reactor: borrowing Reactor) {
        guard let index = connection(of: client) else { return }
        end(index, misuse, reactor: reactor)
    }

    /// The number of a client's connection; nil when that is closed.
    private func connection(of client: ClientID) -> Int? {
        connections.connection(of: client)?.client == client ? connections.index(of: client) : nil
    }

    /// Ends a client for the owner, at the calendar's instant; it does not appear in `departures`.
    package func remove(_ client: ClientID, reactor: borrowing Reactor) {
        guard let index = connection(of: client) else { return }
        let count = departures.count
        // The client's island may be behind the edge, and what happened before the edge may be written already.
        end(index, nil, at: calendar.now, reactor: reactor)
        departures.removeLast(departures.count - count)
    }

    /// - Parameter instant: its end is recorded no earlier.
    func end(
        _ index: Int, _ misuse: Misuse?, at instant: Instant = .zero, reactor: borrowing Reactor
    ) {
        guard let connection = connections[index] else { return }
        guard let identity = connection.identity else { return endUnstarted(index, misuse, reactor: reactor) }
        let now = connection.client.map { calendar.now(of: $0) } ?? calendar.now
        recorder?.record(.leave, identity, at: max(instant, now), text: misuse.map { "\($0)" } ?? "")
        departures.append(
            Departure(
                identity: identity, client: connection.client, process: connection.process,
                instant: now, misuse: misuse))
        let wasRunning = connection.client.map { calendar.isRunning($0) } ?? false
        if let client = connection.client { calendar.leave(client) }
        close(index, connection, reactor: reactor)
        guard let memory = connection.memory else { return }
        if wasRunning { memory.endTurn() }
        memories.remove(memory, at: index)
        // What others have asked for in its turn stays.
        if wasRunning { collectRequests(afterTurn: true, reactor: reactor) }
    }

    /// A connection without START is no part of the simulation, nor of its trace. The owner hears of it when it broke a rule.
    private func endUnstarted(_ index: Int, _ misuse: Misuse?, reactor: borrowing Reactor) {
        guard let connection = connections[index] else { return }
        if let misuse {
            departures.append(
                Departure(
                    identity: nil, client: nil, process: connection.process, instant: calendar.now,
                    misuse: misuse))
        }
        close(index, connection, reactor: reactor)
    }
}
