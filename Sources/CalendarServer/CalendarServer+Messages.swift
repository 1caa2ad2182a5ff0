internal import Calendar
internal import Posix
internal import TimeTravelProtocol
internal import Trace

/// What clients' messages do.
extension CalendarServer {
    func handle(
        _ message: Message, of connection: Connection, at index: Int, reactor: borrowing Reactor
    ) throws(Misuse) {
        noticeMemory(of: connection, at: index)
        let input = try connection.session.receive(message)
        if case .start(let name) = input { return join(connection, at: index, name: name) }
        guard let client = connection.client else { preconditionFailure("a started session has a client") }
        if input == .acknowledgement { return }
        adoptTime(reactor: reactor)
        // What it has stored may have ended it.
        guard connections[index] != nil else { return }
        var answer: UInt64 = 0
        switch input {
        case .start, .acknowledgement:
            return
        case .request(let time):
            try request(client, time: time, reactor: reactor)
            traceRequest(of: client)
            if let memory = connection.usedMemory, memory.isCommon {
                memory.setRequest(stored(time, of: client, in: memory))
            }
        case .wait:
            if let memory = connection.usedMemory, let time = memory.request {
                try request(client, time: own(time, of: client, in: memory, "REQUEST"), reactor: reactor)
            }
            try endTurn(of: client)
            connection.memory?.endTurn()
            collectRequests(afterTurn: true, reactor: reactor)
            if connection.usedMemory != nil { return }
            if case .foreign = devices { break }
            // It needs the answer only when it is interrupted or gets its turn: it goes out with the next message then.
            connection.session.acknowledge(message.sequence, time: 0)
            return
        case .get:
            answer = calendar.time(for: client)
            trace(.get, client)
        case .update(let time):
            let lowered = try update(client, time: time)
            if let memory = connection.memory, memory.isCommon {
                memory.setTime(calendar.now(of: client).nanoseconds)
                // It is about to interrupt others, and its grant is over: it misses nothing that they only store.
                if !memory.isUsed { memory.acceptStores() }
            }
            if let lowered {
                if let memory = connection.usedMemory {
                    memory.lowerGrant(to: stored(lowered, of: client, in: memory))
                } else {
                    try connection.session.send(.freeUntil, time: lowered)
                }
            }
        case .timeOfDay:
            answer = calendar.timeOfDay(for: client)
        case .broadcast(let value):
            for other in connections.clientIndices where other != index {
                guard let client = connections[other]?.client else { continue }
                send(.broadcast, value, to: client, reactor: reactor)
            }
        }
        connection.session.acknowledge(message.sequence, time: answer)
        markDirty(index)
    }

    /// At the first message after START's answer it is known whether the client uses its scheduling memory.
    private func noticeMemory(of connection: Connection, at index: Int) {
        guard let memory = connection.memory, let client = connection.client, !connection.hasNoticedMemory
        else { return }
        connection.hasNoticedMemory = true
        if memories.handsOver(memory) { memory.notice() }
        if memory.isCommon {
            // It is in its first turn, which takes no time.
            let joined = calendar.now(of: client)
            if let lookahead = memories.notice(memory, at: index, joined: joined) {
                calendar.setLookahead(lookahead, of: client)
            } else if memories.hasLateJoiners {
                memory.acceptStores()
            }
        } else if !memory.isUsed {
            connection.memory = nil
        }
    }

    /// A client wants its turn at `time` (own scale).
    func request(_ client: ClientID, time: UInt64, reactor: borrowing Reactor) throws(Misuse) {
        guard let lowered = try calendar.request(client, time: time) else { return }
        traceGrant(.lower, lowered.0, until: lowered.freeUntil)
        send(.freeUntil, lowered.freeUntil, to: lowered.0, reactor: reactor)
    }

    /// See `Calendar.update`.
    func update(_ client: ClientID, time: UInt64) throws(Misuse) -> UInt64? {
        let before = calendar.now(of: client)
        let lowered = try calendar.update(client, time: time)
        trace(.update, client, calendar.now(of: client).since(before))
        if let lowered { traceGrant(.lower, client, until: lowered) }
        return lowered
    }

    private func endTurn(of client: ClientID) throws(Misuse) {
        try calendar.wait(client)
        traceWait(of: client)
        costs[client.index].end(isAlone: calendar.running == 0)
        cores.endTurn(of: client, duration: costs[client.index].last, isContended: calendar.running > 0)
    }
}
