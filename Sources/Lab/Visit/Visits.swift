internal import Calendar
internal import Posix

/// What people may do to a run, and what they did to an earlier one.
package struct VisitOptions {
    /// A replay is held there, and does not shut down by itself; nil: it runs to its end.
    package var stop: Stop?
    /// The run is held when this happens; nil: it is not.
    package var hold: Moment?
    /// People can visit the run, over a socket in its folder.
    package var areAllowed = false
    /// What visitors did in an earlier run, to be done again.
    package var input: [RecordedInput] = []
    /// A file besides the run folder's own for what visitors do.
    package var recordsInputTo: String?
    /// Simulated time in a unit of wall-clock time; nil: as fast as it goes.
    package var speed: Double?
}

/// What lets a run stand, or go on only for a while, because somebody outside wants it.
struct Visits {
    /// Something that a visitor does once time stands.
    struct Waiting {
        /// Nil: the run is resumed.
        let look: Int?
        let action: RecordedInput.Action
        /// Bytes of input.
        var count = 0
    }

    /// What waits for machines to end their turns.
    var recess = Recess()
    var looks = Looks()
    /// Nil: nobody can visit the run.
    var server: VisitServer?
    var waiting: [Waiting] = []
    /// Recorded input that is still to come, the first last.
    var input: [RecordedInput] = []
    var recorders: [InputRecorder] = []
    var hold = Hold()
    var isAtMoment = false
    /// How far a visitor lets time pass, and who.
    var goal: (instant: Instant, visitor: Int)?
    /// Visitors who have debuggers.
    var debuggers: Set<Int> = []
    /// A debugger lets time go on.
    var goesFreely = false
    var pace = Pace()
    /// How long looks that need time get it before they are asked again, ns.
    var slice = Self.firstSlice

    static let firstSlice: UInt64 = 1_000_000
    /// Longest one while somebody may type.
    static let longestSlice: UInt64 = 1_000_000_000
}

/// Where a run that goes on is held: what it watches for.
struct Hold {
    /// At this instant.
    var instant: Instant?
    /// When this happens; a time or the end is not watched for.
    var moment: Moment?
    private var count = 0
    /// It has happened: the run is held when time stands next.
    private(set) var isDue = false

    init(instant: Instant? = nil, moment: Moment? = nil) {
        self.instant = instant
        self.moment = moment
    }

    /// It watches the lines that machines write.
    var isLine: Bool {
        if case .line? = moment { true } else { false }
    }

    /// A machine has written a line.
    mutating func see(line: String, of machine: String) {
        guard case .line(machine, let text, let number)? = moment, line.contains(text) else { return }
        count += 1
        if count == number { happen() }
    }

    mutating func seeFault() {
        guard case .fault(let number)? = moment else { return }
        count += 1
        if count == number { happen() }
    }

    mutating func seeFailure() {
        if moment == .failure { happen() }
    }

    private mutating func happen() {
        moment = nil
        isDue = true
    }

    /// The run is held now.
    mutating func isTaken(at now: Instant) -> Bool {
        guard isDue || instant.map({ $0 <= now }) ?? false else { return false }
        isDue = false
        instant = nil
        return true
    }
}

/// Binds simulated time to wall-clock time.
struct Pace {
    /// Milliseconds of wall-clock time between looks at the clock.
    static let step = 20

    /// Simulated time in a unit of wall-clock time, for the whole run; nil: as fast as it goes.
    var speed: Double?
    private var anchor: (wall: UInt64, simulated: Instant)?

    init(speed: Double? = nil) { self.speed = speed }

    /// How far simulated time may go now.
    ///
    /// - Parameter speed: used where the run has none.
    mutating func limit(at now: Instant, speed other: Double = 1) -> Instant {
        let wall = Posix.wallNanoseconds()
        let anchor = anchor ?? (wall, now)
        self.anchor = anchor
        let passed = Double(wall &- anchor.wall) * (speed ?? other)
        return anchor.simulated.advanced(by: UInt64(passed))
    }

    /// Time was not bound for a while.
    mutating func release() { anchor = nil }
}
