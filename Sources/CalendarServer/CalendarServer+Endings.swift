package import Calendar
package import Posix
internal import Trace

/// How clients end: by themselves, for a rule they broke, or because the owner says so.
extension CalendarServer {
    /// Ends the clients whose turn it is because nothing has been heard of any of them.
    ///
    /// - Parameter seconds: for how long, for the message.
    package func endSilent(seconds: Int, reactor: borrowing Reactor) {
        for client in calendar.allRunning where !isHosted(client) {
            end(connectionOfClient[client.index], .silent(seconds: seconds), reactor: reactor)
        }
    }

    /// Ends a client for a rule that was broken elsewhere, or for none.
    package func end(_ client: ClientID, _ misuse: Misuse?, reactor: borrowing Reactor) {
        guard let index = connection(of: client) else { return }
        end(index, misuse, reactor: reactor)
    }

    /// Where a client's connection is; nil when it is gone: its place may be another's by now.
    private func connection(of client: ClientID) -> Int? {
        let index = connectionOfClient[client.index]
        return connections[index]?.client == client ? index : nil
    }

    /// Removes a client whose end the owner causes, now: the owner need not be told.
    package func remove(_ client: ClientID, reactor: borrowing Reactor) {
        guard let index = connection(of: client) else { return }
        let count = departures.count
        // Between edges it waits in its own past, and what happened before the edge may be written.
        end(index, nil, at: calendar.now, reactor: reactor)
        departures.removeLast(departures.count - count)
    }

    /// - Parameter instant: its end is not recorded before.
    func end(
        _ index: Int, _ misuse: Misuse?, at instant: Instant = .zero, reactor: borrowing Reactor
    ) {
        guard let connection = connections[index] else { return }
        let now = connection.client.map { calendar.now(of: $0) } ?? calendar.now
        recorder?.record(
            .leave, connection.identity ?? 0, at: max(instant, now), text: misuse.map { "\($0)" } ?? "")
        departures.append(
            Departure(
                identity: connection.identity, client: connection.client, process: connection.process,
                instant: now, misuse: misuse))
        if let client = connection.client { calendar.leave(client) }
        // Closing takes it out of the reactor as well; nothing else holds this open file.
        try? reactor.remove(connection.socket)
        connections[index] = nil
    }
}
