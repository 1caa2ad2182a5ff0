internal import Calendar
internal import CalendarServer

/// A recess: machines end their turns and get no others, so that the owner can act on what the host makes happen (an interruption,
/// a timeout). Otherwise what it sends would reach a machine only when its grant is over, up to 10 simulated minutes later.
extension Simulation {
    package func beginRecess() {
        precondition(!isInRecess, "a recess begins once")
        isInRecess = true
        server.beginRecess(reactor: reactor)
    }

    package func endRecess() {
        precondition(isInRecess, "no recess")
        isInRecess = false
        server.calendar.endRecess()
    }

    /// No machine has its turn.
    package var isQuiet: Bool { server.calendar.running == 0 }
}
