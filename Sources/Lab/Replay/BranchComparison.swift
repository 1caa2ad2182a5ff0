package import Calendar
internal import Trace

/// What happens on a branch and not in the recorded run, and the other way round, from the moment to the end of the branch; without
/// turns, grants, messages of the calendar and notifications of devices.
package struct BranchComparison {
    /// Lines that are shown.
    private static let limit = 200

    private var lines: [String] = []
    private var count = 0
    private var equal = 0

    /// - Parameters:
    ///   - from: the moment: earlier events are the same.
    ///   - to: where the branch ended.
    package init(_ recorded: RecordedTrace, _ branch: RecordedTrace, from: Instant, to: Instant)
        throws(RunError)
    {
        let events = (try Self.events(recorded, from, to), try Self.events(branch, from, to))
        var places = (0, 0)
        // Instant by instant: within one, the same events in another order are the same.
        while places.0 < events.0.count || places.1 < events.1.count {
            let instant = min(
                places.0 < events.0.count ? events.0[places.0].time : .never,
                places.1 < events.1.count ? events.1[places.1].time : .never)
            let old = Self.lines(events.0, &places.0, instant, recorded.header)
            let new = Self.lines(events.1, &places.1, instant, branch.header)
            let change = new.difference(from: old)
            equal += new.count - change.insertions.count
            for case .remove(_, let line, _) in change.removals { add("- \(line)") }
            for case .insert(_, let line, _) in change.insertions { add("+ \(line)") }
        }
    }

    private static func events(_ trace: RecordedTrace, _ from: Instant, _ to: Instant) throws(RunError)
        -> [TraceEvent]
    {
        var events: [TraceEvent] = []
        while let event = try trace.next(before: to) {
            if event.time >= from { events.append(event) }
        }
        return events
    }

    private static func lines(
        _ events: [TraceEvent], _ place: inout Int, _ instant: Instant, _ header: TraceHeader
    ) -> [String] {
        var lines: [String] = []
        while place < events.count, events[place].time == instant {
            lines.append(events[place].line(header))
            place += 1
        }
        return lines
    }

    private mutating func add(_ line: String) {
        count += 1
        if count <= Self.limit { lines.append(line) }
    }

    /// The lines that differ, with + for the branch and - for the recorded run, and how many there are.
    package var text: String {
        let more = count > Self.limit ? ["and \(count - Self.limit) more"] : []
        let sum =
            "branch: \(equal) events as in the recorded run, \(count) differ (+ only on the branch, - only in the run)"
        return (lines + more + [sum]).joined(separator: "\n")
    }
}
