package import Calendar
internal import CalendarServer
package import Posix
package import SystemPackage

/// Why machines get no turns, though the calendar could give some.
struct Pauses {
    /// The owner acts on something that the host makes happen.
    var isInRecess = false
    /// Simulated time stands at a stop, until the owner lets it go on.
    var stands = false
    /// The stop that is to come.
    var stop: (alarm: EventQueue.Handle, ticket: ArrivalBook.Ticket?)?
    /// Milliseconds of wall-clock time that `wait` lasts at most; nil: without a limit.
    var patience: Int?

    var areOn: Bool { isInRecess || stands }
}

/// A recess: machines end their turns and get no others, so that the owner can act on what the host makes happen (an interruption,
/// a timeout). Otherwise what it sends would reach a machine only when its grant is over, up to 10 simulated minutes later.
extension Simulation {
    package func beginRecess() {
        precondition(!pauses.isInRecess, "a recess begins once")
        pauses.isInRecess = true
        server.beginRecess(reactor: reactor)
    }

    package func endRecess() {
        precondition(pauses.isInRecess, "no recess")
        pauses.isInRecess = false
        server.calendar.endRecess()
    }

    /// No machine has its turn.
    package var isQuiet: Bool { server.calendar.running == 0 }
}

/// Stops: simulated time stands at an instant that the owner has chosen. They end turns and grants, and change nothing else.
extension Simulation {
    /// The number of the alarm that `setStop` sets.
    package static let stop = 0

    /// The alarm `stop` comes when all that is earlier than `instant` has happened, and no earlier than now. It replaces a stop that has
    /// not come.
    package func setStop(before instant: Instant) {
        cancelStop()
        exchange.stopIsPending = true
        guard server.calendar.window == nil else {
            pauses.stop = (exchange.setAlarm(Self.stop, at: max(instant, firstChange)), nil)
            return
        }
        let instant = max(instant, firstChange, server.calendar.horizon(in: 0))
        let alarm = exchange.setAlarm(Self.stop, at: instant)
        pauses.stop = (alarm, arrivals.schedule(.alarm(Self.stop, alarm), at: instant, participant: 0))
    }

    private func cancelStop() {
        guard let stop = pauses.stop else { return }
        exchange.removeAlarm(stop.alarm)
        if let ticket = stop.ticket { arrivals.cancel(ticket) }
        pauses.stop = nil
        exchange.stopIsPending = false
    }

    /// The stop has come.
    package func takeStop() {
        pauses.stop = nil
        exchange.stopIsPending = false
    }

    /// Simulated time stands: machines get no turns.
    package var stands: Bool {
        get { pauses.stands }
        set { pauses.stands = newValue }
    }

    /// The first instant at which something from outside can reach machines.
    package var firstVisit: Instant { max(networks.firstSend, networks.firstChange) }

    /// Milliseconds of wall-clock time that `wait` lasts at most; nil: without a limit.
    package var waitLimit: Int? {
        get { pauses.patience }
        set { pauses.patience = newValue }
    }
}

/// Descriptors of the owner: those who visit a run.
extension Simulation {
    /// `.visitorIsReady(number)` says that something can be read, or written with `isFull`.
    package func watch(_ descriptor: borrowing Descriptor, visitor number: Int) throws(Errno) {
        try reactor.add(descriptor, token: Token.visitor | UInt64(number))
    }

    /// Whether the visitor also waits until it can be written to.
    package func watch(_ descriptor: borrowing Descriptor, visitor number: Int, isFull: Bool) throws(Errno) {
        try reactor.change(descriptor, token: Token.visitor | UInt64(number), isFull ? .readWrite : .read)
    }

    /// Must be called before the descriptor is closed.
    package func unwatch(visitor descriptor: borrowing Descriptor) {
        // It was added, so this cannot fail.
        try? reactor.remove(descriptor)
    }
}
