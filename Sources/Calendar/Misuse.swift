/// A rule of the protocol that a client broke. It ends that client and nothing else.
package enum Misuse: Error, Hashable, Sendable, CustomStringConvertible {
    /// It sent a message before START.
    case notStarted(operation: String)
    /// START a second time.
    case startedTwice
    /// It sent WAIT or UPDATE without having the turn.
    case notRunning(operation: String)
    /// A time before the calendar's.
    case past(operation: String, asked: Instant, now: Instant)
    /// It ran past its grant.
    case beyondGrant(reached: Instant, granted: Instant)
    /// It ran past what another client had asked for in the shared scheduling memory, which lowered its grant.
    case passedRequest(reached: Instant, asked: Instant, identity: UInt64)
    /// An operation that is not defined.
    case unknownOperation(UInt32)
    /// It sent RUN or FREE_UNTIL, which only the calendar sends.
    case calendarsOperation(String)
    /// An ACK for nothing, or out of order.
    case wrongAcknowledgement(sequence: UInt32, expected: UInt32?)
    /// It leaves more than `limit` messages unacknowledged.
    case neverAcknowledges(limit: Int)
    /// It broadcasts more in a turn than `limit`: each is a message that all others have to acknowledge.
    case tooManyBroadcasts(limit: Int)
    /// It does not read its socket: more than `limit` bytes wait for it.
    case neverReads(limit: Int)
    /// The connection closed inside a message.
    case brokenMessage(bytes: Int)
    /// The connection closed during its own turn.
    case leftInTurn
    /// It sent nothing in its own turn for `seconds` of wall-clock time.
    case silent(seconds: Int)

    /// The broken rule as a phrase, for messages.
    package var description: String {
        switch self {
        case .notStarted(let operation):
            "\(operation) before START"
        case .startedTwice:
            "START came twice"
        case .notRunning(let operation):
            "\(operation) from a client that does not have the turn"
        case .past(let operation, let asked, let now):
            "\(operation) for \(asked), which is in the past: the time is \(now)"
        case .beyondGrant(let reached, let granted):
            "UPDATE to \(reached), beyond its grant, which ends at \(granted)"
        case .passedRequest(let reached, let asked, let identity):
            "it ran to \(reached), past the request of client \(identity) in shared memory for \(asked)"
        case .unknownOperation(let code):
            "operation \(code) is not defined"
        case .calendarsOperation(let operation):
            "\(operation) from a client: only the calendar sends it"
        case .wrongAcknowledgement(let sequence, let expected):
            expected.map { "ACK of message \(sequence) where the ACK of message \($0) was expected" }
                ?? "ACK of message \(sequence), which was not sent"
        case .tooManyBroadcasts(let limit):
            "more than \(limit) broadcasts without a WAIT"
        case .neverAcknowledges(let limit):
            "more than \(limit) messages to it are unacknowledged"
        case .neverReads(let limit):
            "it does not read its socket: more than \(limit) bytes wait for it"
        case .brokenMessage(let bytes):
            "the connection closed after \(bytes) bytes of a 16-byte message"
        case .leftInTurn:
            "the connection closed during its own turn"
        case .silent(let seconds):
            "it had the turn and sent nothing for \(seconds) s of wall-clock time"
        }
    }
}
