package import Calendar

/// A client that is gone, and why.
package struct Departure: Hashable, Sendable, CustomStringConvertible {
    /// What it called itself in START; nil if it never did.
    package let identity: UInt64?
    package let client: ClientID?
    /// The process at the other end of the socket.
    package let process: Int32?
    /// The calendar's instant.
    package let instant: Instant
    /// The rule it broke; nil for one that closed its connection while it waited.
    package let misuse: Misuse?

    /// Who it was: `client 3 (process 4711)`.
    package var who: String {
        let name =
            switch identity {
            case nil: "a connection that never started"
            case UInt64.max?: "a client without an ID"
            case let identity?: "client \(identity)"
            }
        return process.map { "\(name) (process \($0))" } ?? name
    }

    /// One line: who, when, which rule.
    package var description: String {
        switch misuse {
        case nil: "\(who) left at \(instant)"
        case .leftInTurn?: "\(who) left at \(instant): \(Misuse.leftInTurn)"
        case let misuse?: "\(who) is ended at \(instant): \(misuse)"
        }
    }
}
