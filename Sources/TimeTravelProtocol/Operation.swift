/// What a message says (seed: `enum um_timetravel_ops`).
package enum Operation: UInt32, Sendable, CaseIterable {
    /// Answers the message with the same sequence number.
    case ack = 0
    /// A guest introduces itself; time is its ID.
    case start = 1
    /// A guest wants to run at `time`; replaces its earlier request.
    case request = 2
    /// A guest has nothing to do before its request.
    case wait = 3
    /// A guest asks for the time.
    case get = 4
    /// A guest says what time it has reached, before it touches another participant.
    case update = 5
    /// The calendar gives the turn at `time`.
    case run = 6
    /// The calendar allows a guest to go on without asking before `time`.
    case freeUntil = 7
    /// A guest asks for the wall clock of the simulation, ns since the epoch.
    case getTimeOfDay = 8
    /// Passed on to every other client (kernel 6.11 and later).
    case broadcast = 9

    /// The name the kernel's header gives it.
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
