/// Two runs held against each other: are their traces equal, and if not, what is the first thing that differs?
package struct TraceComparison: Sendable {
    /// The first difference, and what came before it.
    package struct Divergence: Hashable, Sendable {
        /// What happened in the first run; nil when its trace had ended.
        package var first: TraceEvent?
        /// In the second.
        package var second: TraceEvent?
        /// The events before, the same in both, oldest first.
        package var before: [TraceEvent]
        /// Events that are equal.
        package var position: UInt64
        /// How many lines the console of each participant had had, by identity.
        package var consoleLines: [UInt32: Int]

        /// The one that comes earlier is what should not have happened, or should have.
        package var earliest: TraceEvent? {
            guard let first else { return second }
            guard let second else { return first }
            return second.time < first.time ? second : first
        }
    }

    /// Events of context.
    package static let context = 10

    package var divergence: Divergence?
    /// Why the labs are not the same, which makes all else moot: the header of one differs.
    package var differentLabs: String?
    /// Of the first run, when its trace is finished.
    package var hash: UInt64?
    package var count: UInt64 = 0

    /// They are the same from the first event to the last, and both are finished.
    package var areEqual: Bool { divergence == nil && differentLabs == nil && hash != nil }

    /// Reads both to the first difference, or to their ends.
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

    /// What differs, for people: when, who, both events, the ten before.
    ///
    /// - Parameter names: what the two runs are called.
    package func text(_ header: TraceHeader, names: (String, String)) -> String {
        guard let divergence else {
            if let differentLabs { return "not the same lab: \(differentLabs)\n" }
            guard let hash else {
                return "equal as far as they go (\(count) events), but not both are finished\n"
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
