/// Why a guest cannot go on: everything a kernel panics on, and what the host refuses.
public enum GuestError: Error, Hashable, Sendable, CustomStringConvertible {
    /// An option that cannot be read: the argument, and why.
    case badOption(String, String)
    /// There is no calendar at this path.
    case cannotConnect(path: String, reason: String)
    /// Time would go back (seed: `time_travel_set_time`).
    case timeWentBack(from: UInt64, to: UInt64)
    /// Nothing will ever wake it (seed: `time_travel_set_time`).
    case sleptForever
    /// The calendar closed the connection (seed: `time_travel_handle_message`).
    case linkBroken
    /// The connection closed inside a message (seed: `time_travel_handle_message`).
    case shortMessage(bytes: Int)
    /// The host's error on the connection.
    case linkFailed(reason: String)
    /// The answer to another message (seed: `time_travel_ext_req`).
    case wrongSequence(operation: String, sequence: UInt32, expected: UInt32, time: UInt64)
    /// An event that belongs to a wait further out came due in a wait further in (seed: `time_travel_update_time`).
    case eventOffStack(time: UInt64, eventTime: UInt64)
    /// The calendar gave the turn at another time than the first event's (seed: `time_travel_update_time`).
    case wrongTurn(given: UInt64, expected: UInt64)
    /// An interrupt from outside, in a mode that has no calendar (seed: `time_travel_add_irq_event`).
    case notExternal
    /// Announcing a time while another client has the turn (kernel 6.11: `__time_travel_propagate_time`).
    case notRunning(running: UInt16, own: UInt16)
    /// Waiting for a descriptor failed.
    case cannotWait(reason: String)

    /// One line: what is wrong, and what to do about it if anything can be done.
    public var description: String {
        switch self {
        case .badOption(let argument, let reason):
            "'\(argument)': \(reason)"
        case .cannotConnect(let path, let reason):
            "cannot connect to a calendar at \(path): \(reason); start one with 'almanac calendar --socket \(path)'"
        case .timeWentBack(let from, let to):
            "time goes back from \(from) ns to \(to) ns"
        case .sleptForever:
            "it would sleep forever: nothing is runnable, no sleep is pending, no interrupt can come (waits outside the guest do not count)"
        case .linkBroken:
            "the calendar closed the connection"
        case .shortMessage(let bytes):
            "the calendar closed the connection after \(bytes) bytes of a 16-byte message"
        case .linkFailed(let reason):
            "the connection to the calendar failed: \(reason)"
        case .wrongSequence(let operation, let sequence, let expected, let time):
            "ACK of message \(sequence) (time \(time)) came where \(operation), message \(expected), awaits its own"
        case .eventOffStack(let time, let eventTime):
            "an outer wait's event (\(eventTime) ns) came due inside an inner wait, at \(time) ns"
        case .wrongTurn(let given, let expected):
            "the calendar gave the turn at \(given) ns, the first event is at \(expected) ns"
        case .notExternal:
            "interrupts from outside need a calendar (time-travel=ext:)"
        case .notRunning(let running, let own):
            "it is client \(running)'s turn, client \(own) cannot set the time"
        case .cannotWait(let reason):
            "cannot wait for descriptors: \(reason)"
        }
    }
}
