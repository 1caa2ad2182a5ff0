internal import Report

/// The events of a run for its observer, and the problems that belong to no machine.
struct RunEventLog {
    /// Events since the last `takeEvents`.
    private var events: [RunEvent] = []
    /// The last event as one line, for the status line.
    var lastEvent = "booting"
    private(set) var problems: [String] = []

    mutating func add(_ event: RunEvent) {
        if let text = event.text { lastEvent = text }
        events.append(event)
    }

    mutating func add(problem: String, virtualNanoseconds: UInt64) {
        problems.append(problem)
        events.append(RunEvent(.problem, virtualNanoseconds: virtualNanoseconds, text: problem))
    }

    /// Events since the last call.
    mutating func takeEvents() -> [RunEvent] {
        defer { events.removeAll() }
        return events
    }
}
