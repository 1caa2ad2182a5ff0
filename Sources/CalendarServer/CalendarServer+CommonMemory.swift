internal import Calendar
internal import Posix
internal import TimeTravelProtocol

/// One region of scheduling memory for all clients, as the protocol means it. Clients interrupt each other without the
/// calendar's knowledge: the one that is interrupted stores its request and lowers the grant of the one that runs.
extension CalendarServer {
    /// Adopts the time that the running client has stored. It alone may store one, so it is ended for a wrong one.
    func adoptTime(reactor: borrowing Reactor) {
        guard memories.isCommon, let client = calendar.running(in: 0),
            let memory = connections.connection(of: client)?.usedMemory,
            memory.time != calendar.now.nanoseconds
        else { return }
        finishUpdate(of: client, reactor: reactor)
    }

    /// A client that exchanges messages only gets its turn.
    ///
    /// - Returns: its FREE_UNTIL, own scale: the end of its grant, or now if other clients cannot lower that by a message.
    func grant(_ freeUntil: UInt64, to client: ClientID, _ memory: SchedulingMemory) -> UInt64 {
        guard memories.hasLateJoiners else {
            memory.acceptStores(false)
            return freeUntil
        }
        memory.acceptStores()
        return calendar.lower(client, to: calendar.now(of: client)) ?? freeUntil
    }

    /// Takes what waiting clients have stored.
    ///
    /// - Parameter isTurn: a turn is over, in which its client may have passed what was asked for.
    func collectRequests(afterTurn isTurn: Bool, reactor: borrowing Reactor) {
        guard memories.isCommon else { return }
        for index in memories.users {
            guard let connection = connections[index], let client = connection.client,
                calendar.isWaiting(client), let time = connection.memory?.request
            else { continue }
            collect(
                min(Instant(nanoseconds: time), .never), of: client, at: index,
                after: isTurn ? memories.turn : nil, reactor: reactor)
        }
    }

    private func collect(
        _ instant: Instant, of client: ClientID, at index: Int, after turn: MemoryOffer.Turn?,
        reactor: borrowing Reactor
    ) {
        guard instant != calendar.account(of: client).request ?? .never else { return }
        let now = calendar.now
        if instant < now, let turn, instant >= turn.began,
            let other = connections.connection(of: turn.client),
            other.client != client, other.usedMemory != nil
        {
            // It was asked for in the turn of a client that sees requests, and should have stopped there.
            end(
                connections.index(of: turn.client),
                .passedRequest(reached: now, asked: instant, identity: connections[index]?.identity ?? .max),
                reactor: reactor)
            // No client of the others is ended for it.
            connections[index]?.memory?.setRequest(now.nanoseconds)
            return take(now, of: client, at: index, reactor: reactor)
        }
        take(instant, of: client, at: index, reactor: reactor)
    }

    /// A waiting client has stored a request.
    private func take(_ instant: Instant, of client: ClientID, at index: Int, reactor: borrowing Reactor) {
        do throws(Misuse) {
            guard instant >= calendar.now else {
                throw .past(operation: "REQUEST", asked: instant, now: calendar.now)
            }
            try request(client, time: calendar.own(instant, for: client), reactor: reactor)
            traceRequest(of: client)
        } catch {
            end(index, error, reactor: reactor)
        }
    }

    // MARK: Scales

    /// A time in a client's own scale as its memory holds it.
    func stored(_ time: UInt64, of client: ClientID, in memory: SchedulingMemory) -> UInt64 {
        memory.isCommon ? calendar.instant(own: time, for: client).nanoseconds : time
    }

    /// A time in a client's memory, in its own scale.
    func own(_ time: UInt64, of client: ClientID, in memory: SchedulingMemory, _ operation: String)
        throws(Misuse) -> UInt64
    {
        guard memory.isCommon else { return time }
        let instant = min(Instant(nanoseconds: time), .never)
        let now = calendar.now(of: client)
        // Before its 0 there is no time of its own.
        guard instant >= now else { throw .past(operation: operation, asked: instant, now: now) }
        return calendar.own(instant, for: client)
    }
}
