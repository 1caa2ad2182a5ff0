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
    /// The calendar's instant at the client's own 0.
    var origin = Instant.zero
    /// Smallest delay of anything it can send to another participant, ns.
    let lookahead: UInt64
    /// It runs in the calendar's own process and acts only at the instants of its turns, so it needs no grant.
    let isHosted: Bool
    /// Its pending request, in the queue while it waits.
    var request: Instant?
    var handle: EventQueue.Handle?
    /// The instant of its last UPDATE. Kernels do not repeat an UPDATE for the same instant.
    var updated = Instant.zero
    /// The latest instant that it can have reached under its last grant.
    var reached = Instant.zero

    func own(_ instant: Instant) -> UInt64 {
        instant == .never ? Instant.never.nanoseconds : instant.nanoseconds - origin.nanoseconds
    }

    /// `never` and everything at or after it is `never`.
    func instant(own nanoseconds: UInt64) -> Instant {
        nanoseconds >= Instant.never.nanoseconds ? .never : origin.advanced(by: nanoseconds)
    }
}
