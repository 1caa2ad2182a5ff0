package import Calendar

/// A client that left, and why.
package struct Departure: Hashable, Sendable, CustomStringConvertible {
    /// Its participant number; nil if it never sent START.
    package let identity: UInt64?
    package let client: ClientID?
    /// The process at the other end of the socket.
    package let process: Int32?
    /// The calendar's instant.
    package let instant: Instant
    /// The rule it broke; nil for one that closed its connection while it waited.
    package let misuse: Misuse?

    /// The client's name in messages: `client 3 (process 4711)`.
    package var who: String {
        let name =
            switch identity {
            case nil: "a connection that never started"
            case UInt64.max?: "a client without an ID"
            case let identity?: "client \(identity)"
            }
        return process.map { "\(name) (process \($0))" } ?? name
    }

    /// One line: the client, when, and which rule it broke.
    package var description: String {
        switch misuse {
        case nil: "\(who) left at \(instant)"
        case .leftInTurn?: "\(who) left at \(instant): \(Misuse.leftInTurn)"
        case let misuse?: "\(who) is ended at \(instant): \(misuse)"
        }
    }
}
