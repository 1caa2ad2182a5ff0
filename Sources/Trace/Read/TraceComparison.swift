/// Compares the traces of two runs and finds the first difference.
package struct TraceComparison: Sendable {
    /// The first difference and the events before it.
    package struct Divergence: Hashable, Sendable {
        /// The event of the first run; nil if its trace had ended.
        package var first: TraceEvent?
        /// The event of the second run.
        package var second: TraceEvent?
        /// The events before the difference, equal in both, oldest first.
        package var before: [TraceEvent]
        /// Number of equal events.
        package var position: UInt64
        /// Console lines before the difference, by the participant's identity.
        package var consoleLines: [UInt32: Int]

        /// The earlier of the two events: it is missing in the other run.
        package var earliest: TraceEvent? {
            guard let first else { return second }
            guard let second else { return first }
            return second.time < first.time ? second : first
        }
    }

    /// Number of events before the difference that are kept.
    package static let context = 10

    package var divergence: Divergence?
    /// How the headers differ; the runs are then not comparable.
    package var differentLabs: String?
    /// The hash of both traces, if they are finished and equal.
    package var hash: UInt64?
    package var count: UInt64 = 0

    /// Whether both traces are finished and equal.
    package var areEqual: Bool { divergence == nil && differentLabs == nil && hash != nil }

    /// Reads both traces up to the first difference, or to their ends.
    package init(_ first: TraceReader, _ second: TraceReader) throws(TraceError) {
        if first.header != second.header {
            differentLabs = Self.difference(first.header, second.header)
        }
        var recent: [TraceEvent] = []
        var lines: [UInt32: Int] = [:]
        while true {
            let (a, b) = (try first.next(), try second.next())
            guard a == b, let event = a else {
                if a != b {
                    divergence = Divergence(
                        first: a, second: b, before: recent, position: count, consoleLines: lines)
                }
                break
            }
            count += 1
            if recent.count == Self.context { recent.removeFirst() }
            recent.append(event)
            if event.kind == .console { lines[event.participant, default: 0] += 1 }
        }
        if divergence == nil, let ending = first.ending, second.ending == ending { hash = ending.hash }
    }

    private static func difference(_ a: TraceHeader, _ b: TraceHeader) -> String {
        if a.lab != b.lab { return "one is of the lab \(a.lab), the other of \(b.lab)" }
        if a.seed != b.seed { return "their seeds are \(a.seed) and \(b.seed)" }
        if a.level != b.level { return "one trace holds \(a.level), the other \(b.level)" }
        if a.start != b.start { return "their times of day at the start differ" }
        return "their machines or networks differ"
    }

    /// The result as text: time and participant of the first difference, both events, the ten before.
    ///
    /// - Parameter names: the names of the two runs.
    package func text(_ header: TraceHeader, names: (String, String)) -> String {
        guard let divergence else {
            if let differentLabs { return "not the same lab: \(differentLabs)\n" }
            guard let hash else {
                return "equal up to the end (\(count) events), but not both traces are finished\n"
            }
            return "equal: \(count) events, hash \(TraceHash.text(hash))\n"
        }
        var lines: [String] = []
        if let differentLabs { lines.append("not the same lab: \(differentLabs)") }
        if let event = divergence.earliest {
            lines.append(
                "first difference at \(event.time), \(header.name(of: event.participant)), "
                    + "after \(divergence.position) equal events")
        }
        if !divergence.before.isEmpty { lines.append("before it, in both:") }
        lines += divergence.before.map { "    \($0.line(header))" }
        let width = max(names.0.count, names.1.count)
        for (name, event) in [(names.0, divergence.first), (names.1, divergence.second)] {
            let padding = String(repeating: " ", count: width - name.count)
            lines.append("\(name):\(padding) \(event?.line(header) ?? "the trace has ended")")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
