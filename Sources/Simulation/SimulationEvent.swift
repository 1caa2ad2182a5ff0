package import Calendar
package import CalendarServer

/// Something that the owner of a simulation may want to act on, in the order in which it happened. With windows, what
/// happens in simulated time is told at the edge, in the order of (instant, participant).
package enum SimulationEvent: Sendable {
    /// A client's START was answered: it is its first turn.
    case started(identity: UInt64, process: Int32?)
    /// A client is gone.
    case departed(Departure)
    /// A machine's control device sent bytes.
    case control(machine: Int, bytes: [UInt8], at: Instant)
    /// A machine's console has written something; told at once.
    case console(machine: Int, bytes: [UInt8])
    /// A line of a machine's console; only if the owner wants them.
    case consoleLine(machine: Int, line: [UInt8], at: Instant)
    /// A model's program began.
    case modelBegan(machine: Int, at: Instant)
    /// A model said something.
    case modelOutput(machine: Int, text: String, at: Instant)
    /// A model's program ended.
    case modelEnded(machine: Int, status: Int, at: Instant)
    /// A device's connection was ended, and why; nil when the guest closed it.
    case deviceEnded(name: String, reason: String?)
    /// A child process that the owner watches has ended.
    case childEnded(index: Int)
    /// An alarm that the owner set is due.
    case alarm(Int)
    /// SIGINT or SIGTERM came.
    case interrupted
    /// Somebody is waited for, and no simulated time has passed for the limit of silence.
    case stuck(Stagnation)
    /// Several clients run at the same time, and none has been heard of for `patience`.
    case coreContended([UInt64])
    /// A client is away for nothing: its turns are short, or nobody runs beside it.
    case dedicatedCoreUnused(UInt64)
    /// A quarter of a second of wall-clock time is over.
    case tick
}
