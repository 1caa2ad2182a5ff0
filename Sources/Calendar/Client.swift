/// A client's number on one calendar, counted in the order of START messages. Never reused.
package struct ClientID: Hashable, Comparable, Sendable {
    package let index: Int

    package static func < (a: ClientID, b: ClientID) -> Bool { a.index < b.index }
}

/// The calendar's state of one client.
struct Client: Sendable {
    enum Phase: Hashable, Sendable {
        /// START was received; its answer waits until no client has the turn.
        case starting
        /// It has the turn.
        case running
        /// It waits for the time of its request, if it has one.
        case waiting
        /// Its clock stopped at this instant.
        case paused(Instant)
        /// It disconnected or was ended.
        case ended
    }

    /// Decides the order at equal times.
    let identity: UInt64
    var phase = Phase.starting
    var scale = ClientScale()
    /// Smallest delay of anything it can send to another participant, ns.
    var lookahead: UInt64
    /// It runs in the calendar's own process and acts only at the instants of its turns, so it needs no grant.
    let isHosted: Bool
    /// Its pending request, in the queue while it waits.
    var request: Instant?
    /// The same in its own scale.
    var ownRequest: UInt64?
    var handle: EventQueue.Handle?
    /// The time of its last UPDATE, in its own scale. Kernels do not repeat an UPDATE for the same time.
    var updated: UInt64 = 0
    /// The latest instant that it can have reached under its last grant.
    var reached = Instant.zero

    func own(_ instant: Instant) -> UInt64 { scale.own(instant) }

    func instant(own nanoseconds: UInt64) -> Instant { scale.instant(own: nanoseconds) }

    /// The time that a turn at `now` begins with: what the client has asked for. With a fast clock the own time at the same instant
    /// can be 1 ns later, which a client that free-runs to its event does not see either.
    func turnTime(at now: Instant) -> UInt64 {
        guard let ownRequest, request == now else { return own(now) }
        return min(ownRequest, own(now))
    }
}
