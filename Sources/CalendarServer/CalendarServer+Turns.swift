package import Calendar
package import Posix
internal import TimeTravelProtocol
internal import Trace

/// Turns: the calendar's steps carried out.
extension CalendarServer {
    /// What the owner must do.
    package enum Due: Hashable, Sendable {
        /// An arrival that it scheduled is due: its payload, and the island.
        case arrival(Int, island: Int)
        /// It is this hosted client's turn, at the calendar's instant. `endTurn` ends it.
        case turn(ClientID)
    }

    /// Carries out the calendar's steps until the owner must act; nil when a client must act first.
    package func advance(reactor: borrowing Reactor) -> Due? {
        while true {
            if memories.isCommon { calendar.goToFrontBeforeStart() }
            guard let (step, island) = calendar.next() else { return nil }
            switch step {
            case .arrival(let payload):
                return .arrival(payload, island: island)
            case .start(let client) where connections.isHosted(client):
                trace(.start, client)
                return .turn(client)
            case .run(let client, _, _) where connections.isHosted(client):
                trace(.run, client)
                return .turn(client)
            case .start(let client):
                start(client)
            case .run(let client, let time, let freeUntil):
                run(client, at: time, freeUntil: freeUntil, reactor: reactor)
            }
        }
    }

    private func start(_ client: ClientID) {
        let index = connections.index(of: client)
        guard let connection = connections[index], let identity = connection.identity else {
            preconditionFailure("a client that left does not start")
        }
        connection.session.acknowledgeStart(slot: offerMemory(to: connection, client))
        markDirty(index)
        trace(.start, client)
        costs[client.index].begin(isAlone: calendar.running <= 1)
        arrivals.append((identity, client, connection.process))
    }

    /// - Parameters:
    ///   - time: the client's, in its own scale; so is `freeUntil`.
    private func run(_ client: ClientID, at time: UInt64, freeUntil: UInt64, reactor: borrowing Reactor) {
        costs[client.index].begin(isAlone: calendar.running <= 1)
        cores.beginTurn(of: client, isContended: calendar.running > 1)
        let index = connections.index(of: client)
        var freeUntil = freeUntil
        if let connection = connections[index], let memory = connection.memory {
            if !memory.isUsed { freeUntil = grant(freeUntil, to: client, memory) }
            beginTurn(of: client, at: time, freeUntil: freeUntil, in: memory)
            if memory.isUsed {
                traceGrant(.run, client, until: freeUntil)
                connection.session.sendRun(at: time)
                return markDirty(index)
            }
        }
        traceGrant(.run, client, until: freeUntil)
        send(.freeUntil, freeUntil, to: client, reactor: reactor)
        send(.run, time, to: client, reactor: reactor)
    }

    /// - Parameters:
    ///   - time: the client's, in its own scale; so is `freeUntil`.
    private func beginTurn(
        of client: ClientID, at time: UInt64, freeUntil: UInt64, in memory: SchedulingMemory
    ) {
        memories.turn = .init(client: client, began: calendar.now(of: client))
        memory.beginTurn(
            at: stored(time, of: client, in: memory), freeUntil: stored(freeUntil, of: client, in: memory))
    }

    /// Makes a client's memory, which goes out with START's ACK; its slot. A client that gets none uses messages.
    private func offerMemory(to connection: Connection, _ client: ClientID) -> UInt16 {
        guard let memory = memories.memory(for: connection.startName) else { return 0 }
        connection.memory = memory
        // The client runs from START's answer on.
        beginTurn(of: client, at: 0, freeUntil: 0, in: memory)
        connection.handsOverMemory = memories.handsOver(memory)
        return connection.handsOverMemory ? memory.number : 0
    }

    /// Identities of the clients whose turn it is and that have a process of their own. O(islands)
    ///
    /// - Parameter latest: when the turn began at the latest, ns of wall-clock time.
    package func runningIdentities(begunBy latest: UInt64) -> [UInt64] {
        calendar.allRunning.compactMap { client in
            guard let connection = connections.connection(of: client), costs[client.index].began <= latest
            else { return nil }
            return connection.identity
        }
    }

    /// What a client's turns have cost; nil for a hosted one.
    package func costs(of client: ClientID) -> TurnCosts? {
        connections.isHosted(client) ? nil : costs[client.index]
    }

    /// Gives no turns until `calendar.endRecess()`; clients that have one end it when they want their time to go on.
    package func beginRecess(reactor: borrowing Reactor) {
        for (client, freeUntil) in calendar.beginRecess() {
            send(.freeUntil, freeUntil, to: client, reactor: reactor)
        }
    }

    // MARK: Hosted clients

    /// Adds a client that lives in this process; its turns are `.turn`.
    package func host(identity: UInt64, island: Int) -> ClientID {
        connections.joinHosted()
        costs.append(TurnCosts())
        cores.join()
        return calendar.join(identity: identity, isHosted: true, island: island)
    }

    /// A hosted client has done everything that is due at this instant.
    ///
    /// - Parameter next: when it wants its next turn; nil if it only acts on arrivals.
    package func endTurn(of client: ClientID, next: Instant?) {
        ask(client, at: next ?? .never)
        do throws(Misuse) {
            try calendar.wait(client)
        } catch {
            preconditionFailure("hosted client \(client.index): \(error)")
        }
        traceWait(of: client)
    }

    /// A waiting hosted client must have a turn at this instant.
    package func wake(_ client: ClientID) {
        ask(client, at: calendar.now(in: calendar.island(of: client)))
    }

    private func ask(_ client: ClientID, at instant: Instant) {
        do throws(Misuse) {
            // No other client of its island runs while the owner acts, so no grant is lowered.
            _ = try calendar.request(client, time: calendar.own(instant, for: client))
        } catch {
            preconditionFailure("hosted client \(client.index): \(error)")
        }
    }
}
