/// A recess: no client gets a turn, so that the owner can act on something that the host makes happen.
extension Islands {
    /// Gives no turns until `endRecess()`, and ends the grants of clients that have one.
    ///
    /// - Returns: the clients whose turn it is and the lower FREE_UNTIL (own scale) to send to each.
    package mutating func beginRecess() -> [(client: ClientID, freeUntil: UInt64)] {
        hold()
        return calendars.indices.compactMap { island in
            calendars[island].hold()
            guard let client = running(in: island), let running = calendars[island].running else {
                return nil
            }
            return calendars[island].endGrant(running).map { (client, $0) }
        }
    }

    package mutating func endRecess() {
        for island in calendars.indices {
            calendars[island].release()
            wake(island)
        }
        release()
    }
}
