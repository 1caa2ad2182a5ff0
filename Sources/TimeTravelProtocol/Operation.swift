/// The meaning of a message (seed: `enum um_timetravel_ops`).
package enum Operation: UInt32, Sendable, CaseIterable {
    /// Answers the message with the same sequence number.
    case ack = 0
    /// A guest joins; `time` is its ID.
    case start = 1
    /// A guest requests a turn at `time`; this replaces its earlier request.
    case request = 2
    /// A guest ends its turn and waits for its request.
    case wait = 3
    /// A guest reads the simulated time.
    case get = 4
    /// A guest reports the time it has reached, before it interacts with another participant.
    case update = 5
    /// The calendar gives a guest its turn at `time`.
    case run = 6
    /// The calendar grants a guest the time before `time`: it may run until then without a request.
    case freeUntil = 7
    /// A guest reads the simulation's wall clock, ns since the epoch.
    case getTimeOfDay = 8
    /// Forwarded to every other client (kernel 6.11 and later).
    case broadcast = 9

    /// Its name in the kernel's header.
    package var name: String {
        switch self {
        case .ack: "ACK"
        case .start: "START"
        case .request: "REQUEST"
        case .wait: "WAIT"
        case .get: "GET"
        case .update: "UPDATE"
        case .run: "RUN"
        case .freeUntil: "FREE_UNTIL"
        case .getTimeOfDay: "GET_TOD"
        case .broadcast: "BROADCAST"
        }
    }
}
