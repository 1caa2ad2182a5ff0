/// Faults: machines that boot again, pause or drift, and those that will not start.
extension Islands {
    /// See `Calendar.expect`; no window opens until it has started.
    package mutating func expect(identity: UInt64, island: Int, at instant: Instant) {
        calendars[island].expect(identity: identity, at: instant)
        allHaveStarted = false
    }

    /// See `Calendar.pause`.
    package mutating func pause(_ id: ClientID, at instant: Instant) {
        calendars[places[id.index].island].pause(places[id.index].client, at: instant)
    }

    /// See `Calendar.resume`.
    package mutating func resume(_ id: ClientID, at instant: Instant) {
        calendars[places[id.index].island].resume(places[id.index].client, at: instant)
        wake(places[id.index].island)
    }

    /// See `Calendar.setDrift`.
    package mutating func setDrift(_ drift: Int64, identity: UInt64, island: Int) {
        calendars[island].setDrift(drift, identity: identity)
        wake(island)
    }

    package mutating func abandon(identity: UInt64) {
        for island in calendars.indices {
            calendars[island].abandon(identity: identity)
            wake(island)
        }
    }
}
