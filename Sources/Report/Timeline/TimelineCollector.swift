internal import Calendar
internal import Trace

/// Takes the events of a trace, in their order, and keeps what the page shows.
final class TimelineCollector {
    let census: TimelineCensus
    let limits: TimelineLimits
    private(set) var layout: TimelineLayout
    private(set) var lanes: [TimelineData.Lane]
    private(set) var totals = TimelineData.Totals()
    private(set) var turns: TurnCollector
    private(set) var runs: RunCollector
    private(set) var faults: FaultHistory
    private(set) var console: ConsoleCollector
    private(set) var outputs: OutputCollector
    /// By lane.
    private var causes: [TurnCauses]
    private(set) var marks: [TimelineData.Mark] = []
    /// By kind, also those that are not kept.
    private(set) var markCounts = [UInt64](repeating: 0, count: TimelineData.Mark.Kind.allCases.count)
    private(set) var frames: FrameCollector

    init(_ census: TimelineCensus, limits: TimelineLimits) {
        self.census = census
        self.limits = limits
        layout = census.layout
        lanes = layout.lanes
        turns = TurnCollector(census, limits: limits)
        console = ConsoleCollector(census, limits: limits)
        outputs = OutputCollector(census, limits: limits)
        causes = Array(repeating: TurnCauses(), count: layout.lanes.count)
        frames = FrameCollector(census, limits: limits)
        runs = RunCollector(census, limits: limits)
        faults = FaultHistory(census.header)
        totals.commands = UInt64(runs.commands.count)
    }

    /// The next event.
    func add(_ event: TraceEvent) {
        let time = event.time.nanoseconds
        // Only a damaged trace has participants that its header lacks.
        guard let lane = layout.lane(of: event.participant) else { return }
        if case .timer? = causes[lane].take(event)?.cause { lanes[lane].ownWakes += 1 }
        switch event.kind {
        case .start:
            if lanes[lane].began == nil { lanes[lane].began = time }
            // The machine may have ended before and boot again.
            lanes[lane].ended = nil
            lanes[lane].ending = ""
        case .run:
            turns.begin(lane, at: time, &lanes[lane], &totals)
        case .wait:
            let (reached, isEndless) = time.addingReportingOverflow(event.fields.first)
            turns.runFreely(lane, to: isEndless ? .max : reached)
        case .update:
            turns.runFreely(lane, to: time)
        case .fault:
            // Faults of the schedule are not marks: the page shows them as bars.
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
            totals.consoleLines += 1
            lanes[lane].consoleLines += 1
            console.add(event, lane, lanes[lane].consoleLines, at: time)
        case .send:
            frames.send(event, lane, time, &layout, &lanes, &totals)
        case .deliver, .drop:
            frames.fate(event, lane, time, &layout, &lanes, &totals)
        case .output:
            outputs.add(event, lane, at: time)
        case .lower, .request, .get, .kick, .interrupt, .controlIn, .controlOut:
            break
        }
    }

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

    /// The page's data; no event follows.
    func data(summary: RunSummary?, files: TimelineFiles) -> TimelineData {
        turns.finish(&lanes, &totals)
        frames.finish(&totals)
        let name = { [census, layout] (lane: Int) in census.header.name(of: layout.participants[lane]) }
        let differingLines = console.takeTexts(limit: limits.textLength) { files.console(name($0)) }
        let written = outputs.lines(limits: limits, source: runs.source) { lane, source in
            files.open(name(lane), source.fileName)
        }
        totals.replies = frames.replies.count
        totals.runs = runs.count
        totals.faults = UInt64(faults.faults.count)
        var data = TimelineData(header: census.header)
        data.summary = summary
        data.isFinished = census.ending != nil
        data.hash = census.ending.map { TraceHash.text($0.hash) }
        data.events = census.events
        data.end = census.end
        data.lanes = lanes
        data.interfaces = layout.interfaces
        data.marks = marks
        data.console = (console.lines + written).sorted { $0.time < $1.time }
        data.faults = faults.faults.prefix(limits.marks).map(fault)
        data.totals = totals
        turns.give(to: &data)
        frames.give(to: &data)
        data.sampledFrom = (turns.sampling.sampledFrom, frames.samplings.arrivals.sampledFrom)
        runs.give(to: &data, summary, name: name)
        data.verdicts = shownVerdicts(summary)
        data.notes = notes(data, differingLines: differingLines)
        data.shortenTexts(limits)
        return data
    }

    private func fault(_ fault: FaultHistory.Fault) -> TimelineData.Fault {
        TimelineData.Fault(
            began: fault.began, ended: fault.ended, isMoment: fault.isMoment,
            lane: fault.machine.flatMap(layout.lane(of:)), effect: fault.effect,
            text: TimelineText.clean(fault.text, limit: limits.textLength))
    }

    /// All in their order, or as many as the page holds, failed ones first.
    private func shownVerdicts(_ summary: RunSummary?) -> [VerdictSummary] {
        let all = summary?.verdicts ?? []
        guard all.count > limits.verdicts else { return all }
        return Array((all.filter { !$0.passed } + all.filter(\.passed)).prefix(limits.verdicts))
    }
}
