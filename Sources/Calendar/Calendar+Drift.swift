extension Calendar {
    /// Lets the clock of clients named `identity`, also of those that join later, run faster by `drift` parts per billion: from now
    /// on, or from the latest instant that a client can have reached. Requests stay at the same own time.
    package mutating func setDrift(_ drift: Int64, identity: UInt64) {
        precondition(running == nil, "a drift begins between turns")
        drifts[identity] = drift
        for index in clients.indices where clients[index].identity == identity {
            let client = clients[index]
            let since =
                switch client.phase {
                case .starting, .running: client.reached
                case .waiting: max(now, client.reached)
                case .paused(let since): max(since, client.reached)
                case .ended: Instant.never
                }
            guard since != .never else { continue }
            clients[index].scale.setDrift(drift, at: since)
            clients[index].request = client.ownRequest.map { clients[index].instant(own: $0) }
            place(ClientID(index: index))
        }
    }

    /// The instant of a time in a client's own scale that is not before the client's now. Several instants can have the same own
    /// time: it is not before the calendar's.
    func instant(own time: UInt64, of id: ClientID, _ operation: String) throws(Misuse) -> Instant {
        let instant = clients[id.index].instant(own: time)
        guard instant < now else { return instant }
        guard time >= clients[id.index].own(now) else {
            throw .past(operation: operation, asked: instant, now: now)
        }
        return now
    }

    /// FREE_UNTIL of a client whose grant ends at `grant`: every earlier time in its own scale belongs to an earlier instant, so that
    /// an event at `grant` precedes what the client does at that instant, as without a drift.
    func freeUntil(of id: ClientID) -> UInt64 {
        let (client, end) = (clients[id.index], max(now, grant))
        guard end > .zero, end != .never else { return client.own(end) }
        let first = client.own(Instant(nanoseconds: end.nanoseconds - 1)) + 1
        // What the client does at this instant after its turn began waits for events of the same instant.
        return end == now ? min(first, client.own(now)) : first
    }
}
