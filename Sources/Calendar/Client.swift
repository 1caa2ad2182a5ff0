/// A client's number on one calendar: the order in which it sent START. Never used twice.
package struct ClientID: Hashable, Comparable, Sendable {
    package let index: Int

    package static func < (a: ClientID, b: ClientID) -> Bool { a.index < b.index }
}

/// What the calendar knows of a client.
struct Client: Sendable {
    enum Phase: Hashable, Sendable {
        /// START came, its answer waits for the calendar to be between turns.
        case starting
        /// It is its turn.
        case running
        /// It waits for its request, if it has one.
        case waiting
        /// Its time stands since this instant.
        case paused(Instant)
        /// It left or was thrown out.
        case ended
    }

    /// What it called itself in START; decides the order at equal times.
    let identity: UInt64
    var phase = Phase.starting
    /// The calendar's instant at the client's own 0.
    var origin = Instant.zero
    /// Smallest delay of anything it can send to another participant, ns.
    let lookahead: UInt64
    /// It does nothing between its turns and its word: it lives in the calendar's own process, and needs no grant.
    let isHosted: Bool
    /// Its pending request, in the queue while it waits.
    var request: Instant?
    var handle: EventQueue.Handle?
    /// The instant of its last UPDATE. Kernels do not repeat an UPDATE for the same instant.
    var updated = Instant.zero
    /// An instant it cannot have passed yet: without a word it may have run up to here.
    var reached = Instant.zero

    func own(_ instant: Instant) -> UInt64 {
        instant == .never ? Instant.never.nanoseconds : instant.nanoseconds - origin.nanoseconds
    }

    /// `never` and everything at or after it is `never`.
    func instant(own nanoseconds: UInt64) -> Instant {
        nanoseconds >= Instant.never.nanoseconds ? .never : origin.advanced(by: nanoseconds)
    }
}
