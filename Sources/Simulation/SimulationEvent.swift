package import Calendar
package import CalendarServer

/// Something that the owner of a simulation may act on, in the order in which it happened. With windows, the owner
/// receives what happens in simulated time at the edge, in the order of (instant, participant).
package enum SimulationEvent: Sendable {
    /// A client's START was answered: it is its first turn.
    case started(identity: UInt64, process: Int32?)
    /// A client left.
    case departed(Departure)
    /// A machine's control device sent a message.
    case control(machine: Int, bytes: [UInt8], at: Instant)
    /// A machine's console wrote something; received at once.
    case console(machine: Int, bytes: [UInt8])
    /// A line of a machine's console; only with `reportsConsoleLines`.
    case consoleLine(machine: Int, line: [UInt8], at: Instant)
    /// A model's program began.
    case modelBegan(machine: Int, at: Instant)
    /// A model wrote output.
    case modelOutput(machine: Int, text: String, at: Instant)
    /// A model's program ended.
    case modelEnded(machine: Int, status: Int, at: Instant)
    /// A device's connection was ended, and why; nil when the guest closed it. `participant` is the client that broke a rule; nil for a
    /// connection that is not its device's.
    case deviceEnded(participant: UInt64?, name: String, reason: String?)
    /// A child process that the owner watches has ended.
    case childEnded(index: Int)
    /// An alarm that the owner set is due.
    case alarm(Int)
    /// A descriptor of the owner is ready.
    case visitorIsReady(Int)
    /// SIGINT or SIGTERM came.
    case interrupted
    /// No simulated time has passed for the limit of silence, though some client is waited for.
    case stuck(Stagnation)
    /// Several clients run at the same time, each for `patience` already.
    case coreContended([UInt64])
    /// A client's dedicated core is unused: its turns are short, or no other client runs beside it.
    case dedicatedCoreUnused(UInt64)
    /// A quarter of a second of wall-clock time is over.
    case tick
}
