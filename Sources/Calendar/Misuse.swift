/// A rule of the protocol that a client broke. It ends that client and nothing else.
package enum Misuse: Error, Hashable, Sendable, CustomStringConvertible {
    /// It spoke before START.
    case notStarted(operation: String)
    /// START a second time.
    case startedTwice
    /// WAIT or UPDATE belong to the client whose turn it is.
    case notRunning(operation: String)
    /// A time before the calendar's.
    case past(operation: String, asked: Instant, now: Instant)
    /// It went on past what it was allowed without asking.
    case beyondGrant(reached: Instant, granted: Instant)
    /// An operation that is not defined.
    case unknownOperation(UInt32)
    /// RUN and FREE_UNTIL are the calendar's to say.
    case calendarsOperation(String)
    /// An ACK for nothing, or out of order.
    case wrongAcknowledgement(sequence: UInt32, expected: UInt32?)
    /// More messages to it are unacknowledged than `limit`.
    case neverAcknowledges(limit: Int)
    /// It does not read its socket: more than `limit` bytes wait for it.
    case neverReads(limit: Int)
    /// The connection closed inside a message.
    case brokenMessage(bytes: Int)
    /// The connection closed during its own turn.
    case leftInTurn
    /// Nothing was heard of it in its own turn for `seconds` of wall-clock time.
    case silent(seconds: Int)

    /// The rule as a clause: "WAIT is for the client whose turn it is".
    package var description: String {
        switch self {
        case .notStarted(let operation):
            "\(operation) before START"
        case .startedTwice:
            "START came twice"
        case .notRunning(let operation):
            "\(operation) is only for the client whose turn it is"
        case .past(let operation, let asked, let now):
            "\(operation) for \(asked), which is in the past: it is \(now)"
        case .beyondGrant(let reached, let granted):
            "UPDATE to \(reached), but it may not run past \(granted) without asking"
        case .unknownOperation(let code):
            "operation \(code) is not defined"
        case .calendarsOperation(let operation):
            "\(operation) is the calendar's to say"
        case .wrongAcknowledgement(let sequence, let expected):
            expected.map { "ACK of message \($0) was expected, not of \(sequence)" }
                ?? "ACK of message \(sequence), which was not sent"
        case .neverAcknowledges(let limit):
            "more than \(limit) messages to it are not acknowledged"
        case .neverReads(let limit):
            "it does not read its socket: more than \(limit) bytes wait for it"
        case .brokenMessage(let bytes):
            "the connection closed after \(bytes) bytes of a 16-byte message"
        case .leftInTurn:
            "the connection closed during its own turn"
        case .silent(let seconds):
            "it had its turn and was silent for \(seconds) s of wall-clock time"
        }
    }
}
