internal import Trace

/// Chooses the console lines that the page shows, and takes their texts from the consoles' logs.
struct ConsoleCollector {
    /// How the machine began, and what it wrote when it ended.
    let kept: KeptEnds
    private(set) var lines: [TimelineData.ConsoleLine] = []
    private let counts: [UInt64]
    /// By line, its place in the machine's `console.log`, from 1.
    private var numbers: [UInt64] = []
    /// Length and hash of each of `lines`, as the trace has them.
    private var prints: [(length: UInt64, hash: UInt64)] = []

    init(_ census: TimelineCensus, limits: TimelineLimits) {
        kept = KeptEnds(census.consoleLines, limit: limits.consoleLines)
        counts = census.consoleLines
    }

    /// - Parameter number: the line's place in its console, from 1.
    mutating func add(_ event: TraceEvent, _ lane: Int, _ number: UInt64, at time: UInt64) {
        guard kept.keeps(number, of: counts[lane]) else { return }
        lines.append(TimelineData.ConsoleLine(time: time, lane: lane, source: .console, text: ""))
        numbers.append(number)
        prints.append((event.fields.first, event.fields.second))
    }

    /// Sets the lines' texts.
    ///
    /// - Parameter log: the lines of a lane's console; called once for each lane.
    /// - Returns: how many texts differ from what the trace recorded.
    mutating func takeTexts(limit: Int, _ log: (Int) -> [String]) -> UInt64 {
        var differing: UInt64 = 0
        let byLane = Dictionary(grouping: lines.indices) { lines[$0].lane }
        for lane in byLane.keys.sorted() {
            let texts = log(lane)
            for index in byLane[lane] ?? [] {
                let number = numbers[index]
                let text = number <= UInt64(texts.count) ? texts[Int(number) - 1] : nil
                if text.map({ Self.isSame($0, prints[index]) }) != true { differing += 1 }
                lines[index].text = TimelineText.clean(text ?? "", limit: limit)
            }
        }
        return differing
    }

    private static func isSame(_ text: String, _ print: (length: UInt64, hash: UInt64)) -> Bool {
        let bytes = Array(text.utf8)
        return UInt64(bytes.count) == print.length && TraceHash.of(bytes) == print.hash
    }
}
