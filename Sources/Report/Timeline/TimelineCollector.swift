internal import Calendar
internal import Trace

/// Takes a trace's events, in their order, and keeps what the page shows.
final class TimelineCollector {
    private struct Turn {
        let began: UInt64
        /// Until when time has passed by itself.
        var reached: UInt64
    }

    let census: TimelineCensus
    let limits: TimelineLimits
    let samplings: (turns: Sampling, arrivals: Sampling, losses: Sampling)
    var layout: TimelineLayout

    var lanes: [TimelineData.Lane]
    var totals = TimelineData.Totals()
    var turns: [[TimelineData.Turn]]
    private var open: [Turn?]
    var activity: (buckets: TimelineData.Buckets, turns: [BucketRow], free: [BucketRow])?
    var runs: RunCollector
    var faults: FaultHistory
    var consoleLines: [TimelineData.ConsoleLine] = []
    let consoleRoom: UInt64
    /// Length and hash of each of `consoleLines`.
    private var prints: [(length: UInt64, hash: UInt64)] = []
    var marks: [TimelineData.Mark] = []
    var markCounts = [UInt64](repeating: 0, count: TimelineData.Mark.Kind.allCases.count)
    var frames: FrameCollector

    init(_ census: TimelineCensus, limits: TimelineLimits) {
        self.census = census
        self.limits = limits
        layout = census.layout
        lanes = layout.lanes
        samplings = (census.turns.sampling, census.arrivals.sampling, census.losses.sampling)
        turns = Array(repeating: [], count: lanes.count)
        open = Array(repeating: nil, count: lanes.count)
        consoleRoom = census.consoleRoom(limit: limits.consoleLines)
        frames = FrameCollector(census, limits: limits, samplings: samplings)
        runs = RunCollector(census, limits: limits)
        faults = FaultHistory(census.header)
        totals.commands = UInt64(runs.commands.count)
        if samplings.turns != .all {
            let buckets = TimelineData.Buckets(
                end: census.end, rows: 2 * lanes.count, cells: limits.activityCells,
                isRound: false)
            let rows = Array(repeating: BucketRow(buckets), count: lanes.count)
            activity = (buckets, rows, rows)
        }
    }

    /// The next event.
    func add(_ event: TraceEvent) {
        let time = event.time.nanoseconds
        // Only a damaged trace has participants that its header does not.
        guard let lane = layout.lane(of: event.participant) else { return }
        switch event.kind {
        case .start:
            if lanes[lane].began == nil { lanes[lane].began = time }
            // It boots again.
            lanes[lane].ended = nil
            lanes[lane].ending = ""
        case .run:
            endTurn(lane, before: time)
            open[lane] = Turn(began: time, reached: time)
        case .wait:
            pass(lane, to: time.addingReportingOverflow(event.fields.first))
        case .update:
            pass(lane, to: (time, false))
        case .fault:
            // Those of the schedule stand by themselves.
            if faults.take(event) == nil { mark(event, lane, time) }
        case .end:
            runs.end(lane, at: time)
            mark(event, lane, time)
        case .leave, .problem, .alarm, .up:
            mark(event, lane, time)
        case .commandStart:
            runs.start(event.fields.first, lane, at: time)
        case .commandEnd:
            runs.end(event.fields.first, lane, at: time, status: event.fields.second)
        case .console:
            line(event, lane, time)
        case .send:
            frames.send(event, lane, time, &layout, &lanes, &totals)
        case .deliver, .drop:
            frames.fate(event, lane, time, &layout, &lanes, &totals)
        case .lower, .request, .get, .kick, .interrupt, .controlIn, .controlOut, .output:
            break
        }
    }

    // MARK: Turns

    private func pass(_ lane: Int, to reached: (UInt64, Bool)) {
        guard let turn = open[lane] else { return }
        // Nothing that is on the page is after its end.
        let reached = reached.1 ? census.end : min(reached.0, census.end)
        open[lane]?.reached = max(turn.reached, reached)
    }

    private func endTurn(_ lane: Int, before time: UInt64) {
        guard let turn = open[lane] else { return }
        open[lane] = nil
        lanes[lane].turns += 1
        totals.turns += 1
        // A client is given its next turn when it has used what it was granted, or is interrupted there.
        let reached = min(turn.reached, time)
        let ran = reached - turn.began
        if ran > 0 {
            lanes[lane].freeRuns += 1
            totals.freeRuns += 1
            lanes[lane].freeNanoseconds &+= ran
        }
        activity?.turns[lane].add(1, at: turn.began)
        activity?.free[lane].add(from: turn.began, to: reached)
        guard samplings.turns.takes(at: turn.began, who: lane, number: lanes[lane].turns) else { return }
        turns[lane].append(TimelineData.Turn(time: turn.began, ran: ran))
    }

    /// Nothing more comes.
    func finishTurns() {
        for lane in lanes.indices { endTurn(lane, before: census.end) }
    }

    // MARK: Machines

    private func mark(_ event: TraceEvent, _ lane: Int, _ time: UInt64) {
        let kind: TimelineData.Mark.Kind
        var text = event.text
        switch event.kind {
        case .up: kind = .up
        case .end: kind = .end
        case .leave: kind = .leave
        case .problem: kind = .problem
        case .fault: kind = .fault
        default:
            kind = .alarm
            text = "alarm \(event.fields.first)"
        }
        text = TimelineText.clean(text, limit: limits.textLength)
        if kind == .end || kind == .leave { lanes[lane].ended = time }
        if kind == .end { lanes[lane].ending = text }
        markCounts[kind.rawValue] += 1
        guard markCounts[kind.rawValue] <= UInt64(limits.marks) else { return }
        marks.append(TimelineData.Mark(time: time, lane: lane, kind: kind, text: text))
    }

    private func line(_ event: TraceEvent, _ lane: Int, _ time: UInt64) {
        totals.consoleLines += 1
        lanes[lane].consoleLines += 1
        let number = lanes[lane].consoleLines
        let count = census.consoleLines[lane]
        // The first lines and the last: how it began and what it said when it ended.
        guard count <= consoleRoom || number <= (consoleRoom + 1) / 2 || number > count - consoleRoom / 2
        else {
            return
        }
        consoleLines.append(
            TimelineData.ConsoleLine(time: time, lane: lane, number: number, text: ""))
        prints.append((event.fields.first, event.fields.second))
    }

    /// Puts the lines' texts in; each machine's console is asked for once.
    ///
    /// - Returns: how many lines are not those that the trace saw.
    func takeTexts(_ console: (String) -> [String]) -> UInt64 {
        var strange: UInt64 = 0
        let byLane = Dictionary(grouping: consoleLines.indices) { consoleLines[$0].lane }
        for lane in byLane.keys.sorted() {
            let lines = console(census.header.name(of: layout.participants[lane]))
            for index in byLane[lane] ?? [] {
                let number = consoleLines[index].number
                let text = number <= UInt64(lines.count) ? lines[Int(number) - 1] : nil
                if text.map({ Self.isSame($0, prints[index]) }) != true { strange += 1 }
                consoleLines[index].text = TimelineText.clean(text ?? "", limit: limits.textLength)
            }
        }
        return strange
    }

    private static func isSame(_ text: String, _ print: (length: UInt64, hash: UInt64)) -> Bool {
        let bytes = Array(text.utf8)
        return UInt64(bytes.count) == print.length && TraceHash.of(bytes) == print.hash
    }
}
