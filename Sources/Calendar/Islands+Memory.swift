/// What shared scheduling memory needs of the calendar.
extension Islands {
    /// The first instant at which a client's own time is `time`.
    package func instant(own time: UInt64, for id: ClientID) -> Instant {
        let place = places[id.index]
        return calendars[place.island].clients[place.client.index].instant(own: time)
    }

    /// See `Calendar.goToFrontBeforeStart`. There is one island.
    package mutating func goToFrontBeforeStart() { calendars[0].goToFrontBeforeStart() }

    /// From now on nothing that the client sends reaches another participant earlier than `lookahead` ns later, unless that participant
    /// lowers the client's grant itself.
    package mutating func setLookahead(_ lookahead: UInt64, of id: ClientID) {
        let place = places[id.index]
        calendars[place.island].clients[place.client.index].lookahead = lookahead
    }
}
