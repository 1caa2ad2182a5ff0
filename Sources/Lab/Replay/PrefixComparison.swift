package import Calendar
package import Trace

/// The beginning of a recorded run held against the same part of a replay: the events before an instant, without turns, grants,
/// messages of the calendar and notifications of devices, as a stop ends turns and grants.
package struct PrefixComparison {
    /// The first event that one of them lacks, or that differs: the recorded one and the replayed one.
    package private(set) var difference: (recorded: TraceEvent?, replayed: TraceEvent?)?
    /// Events that are equal.
    package private(set) var count = 0
    private var digest = TraceHash()
    private let header: TraceHeader

    /// - Parameter end: no event at this instant or later counts.
    package init(_ recorded: RecordedTrace, _ replayed: RecordedTrace, before end: Instant) throws(RunError) {
        header = recorded.header
        while true {
            let pair = (try recorded.next(before: end), try replayed.next(before: end))
            guard pair.0 == pair.1 else {
                difference = pair
                return
            }
            guard let event = pair.0 else { return }
            digest.add(event)
            count += 1
        }
    }

    /// Hash of the equal events, 16 hexadecimal digits.
    package var hash: String { digest.text }

    /// One line, or three when they differ.
    package var text: String {
        guard let difference else { return "the same as recorded: \(count) events, hash \(hash)" }
        func line(_ event: TraceEvent?) -> String { event?.line(header) ?? "nothing" }
        return """
            DIFFERENT from the recorded run after \(count) equal events:
                recorded: \(line(difference.recorded))
                replayed: \(line(difference.replayed))
            """
    }
}
