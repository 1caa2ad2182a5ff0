/// What is due at an instant that the run has chosen.
enum Alarm {
    /// The lab's `until`.
    case until
    /// A fault begins, by its place in the plan.
    case faultBegins(Int)
    case faultEnds(Int)
    /// A machine that was killed boots again.
    case restart(Machine)
    /// All machines have had their time to power off.
    case powerOffIsDue
    /// A machine that sent `bye` unasked has had its time to power off; an alarm of an earlier boot is ignored.
    case machinePowerOffIsDue(Machine, boot: Int)
    /// A foreground command has failed: whether the others have printed anything since the last look.
    case silenceAfterFailure
    /// Hang detection looks whether any program can still run.
    case hangDetection
    /// A check must have passed by now.
    case checkIsDue(Machine, check: Int)
    /// A service is started again, unless its machine has booted since.
    case serviceRestart(Machine, boot: Int)
    /// A machine's health is probed, unless its service has been started again since.
    case probe(Machine, start: Int)
    /// A probe has had its time.
    case probeIsOverdue(Machine, start: Int, probe: Int)
    /// What machines wait for may have happened.
    case dependencies
}

/// The alarms of a run by number, from 1. The simulation carries the number alone.
struct AlarmTable {
    private var alarms: [Alarm] = []

    /// Adds an alarm and returns its number.
    mutating func add(_ alarm: Alarm) -> Int {
        alarms.append(alarm)
        return alarms.count
    }

    subscript(number: Int) -> Alarm { alarms[number - 1] }
}
