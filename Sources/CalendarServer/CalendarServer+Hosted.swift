package import Calendar

/// Clients that live in this process, and what the owner does to the calendar.
extension CalendarServer {
    /// Adds a client that lives in this process; its turns are `.turn`.
    package func host(identity: UInt64, island: Int) -> ClientID {
        connectionOfClient.append(Self.noConnection)
        costs.append(TurnCosts())
        return calendar.join(identity: identity, isHosted: true, island: island)
    }

    func isHosted(_ client: ClientID) -> Bool {
        connectionOfClient[client.index] == Self.noConnection
    }

    /// A hosted client has done all there is to do at this instant.
    ///
    /// - Parameter next: when it has something to do again; nil if nothing but an arrival makes it.
    package func endTurn(of client: ClientID, next: Instant?) {
        ask(client, at: next ?? .never)
        do throws(Misuse) {
            try calendar.wait(client)
        } catch {
            preconditionFailure("hosted client \(client.index): \(error)")
        }
        traceWait(of: client)
    }

    /// A waiting hosted client has something to do now.
    package func wake(_ client: ClientID) {
        ask(client, at: calendar.now(in: calendar.island(of: client)))
    }

    private func ask(_ client: ClientID, at instant: Instant) {
        do throws(Misuse) {
            // Nobody runs while the owner acts, so nobody's grant is lowered.
            _ = try calendar.request(client, time: calendar.own(instant, for: client))
        } catch {
            preconditionFailure("hosted client \(client.index): \(error)")
        }
    }

    /// A hosted client is gone.
    package func unhost(_ client: ClientID) { calendar.leave(client) }

    /// See `Islands.schedule`.
    @discardableResult
    package func schedule(
        at instant: Instant, for client: ClientID? = nil, island: Int = 0, participant: UInt64, payload: Int,
        touchesNobody: Bool = false
    ) -> Islands.Arrival {
        calendar.schedule(
            at: instant, for: client, island: island, participant: participant, payload: payload,
            touchesNobody: touchesNobody)
    }

    /// See `Islands.cancel`.
    package func cancel(_ arrival: Islands.Arrival) { calendar.cancel(arrival) }

    /// See `Islands.hold`.
    package func hold() { calendar.hold() }

    /// See `Islands.release`.
    package func release() { calendar.release() }

    /// See `Islands.hold(island:)`.
    package func hold(island: Int) { calendar.hold(island: island) }

    /// See `Islands.release(island:)`.
    package func release(island: Int) { calendar.release(island: island) }

    /// See `Islands.send(from:)`.
    package func noteSending(island: Int) { calendar.send(from: island) }

    /// See `Islands.isSettled`.
    package func isSettled() -> Bool { calendar.isSettled() }

    /// See `Islands.openWindow`.
    package func openWindow(limit: Instant?, sent: Instant?, arriving: Instant?) -> Bool {
        calendar.openWindow(limit: limit, sent: sent, arriving: arriving)
    }

    /// See `Calendar.expect`.
    package func expect(identity: UInt64, island: Int, at instant: Instant) {
        calendar.expect(identity: identity, island: island, at: instant)
    }

    /// See `Calendar.pause`.
    package func pause(_ client: ClientID, at instant: Instant) { calendar.pause(client, at: instant) }

    /// See `Calendar.resume`.
    package func resume(_ client: ClientID, at instant: Instant) { calendar.resume(client, at: instant) }

    /// See `Calendar.abandon`.
    package func abandon(identity: UInt64) { calendar.abandon(identity: identity) }
}
