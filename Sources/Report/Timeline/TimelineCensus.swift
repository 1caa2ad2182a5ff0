internal import Calendar
internal import Trace

/// The first pass over a trace: counts that decide what the page shows and what it samples.
struct TimelineCensus {
    let path: String
    let header: TraceHeader
    private(set) var events: UInt64 = 0
    /// The last event's time, or the summary's end if that is later, ns.
    private(set) var end: UInt64
    private(set) var ending: TraceReader.Ending?
    private(set) var turns: Tally
    private(set) var arrivals: Tally
    private(set) var losses: Tally
    /// Runs of commands and checks.
    private(set) var runs: Tally
    /// Console lines by lane.
    private(set) var consoleLines: [UInt64]
    /// Pieces of commands' output by lane.
    private(set) var outputs: [UInt64]
    /// Bytes sent by interface of the header: those that sent the most get a plot of their own.
    private(set) var bytesSent: [UInt64]
    private(set) var layout: TimelineLayout

    /// Reads the whole trace.
    init(path: String, limits: TimelineLimits, summaryEnd: UInt64) throws(TraceError) {
        let reader = try TraceReader(path: path)
        self.path = path
        header = reader.header
        end = summaryEnd
        turns = Tally(limit: limits.turns)
        arrivals = Tally(limit: limits.frames)
        losses = Tally(limit: limits.losses)
        runs = Tally(limit: limits.runs)
        var layout = TimelineLayout(reader.header, hasLab: true)
        consoleLines = Array(repeating: 0, count: layout.lanes.count)
        outputs = consoleLines
        bytesSent = Array(repeating: 0, count: layout.interfaces.count)
        var labEvents = 0
        while let event = try reader.next() {
            let time = event.time.nanoseconds
            end = max(end, time)
            if event.participant == 0 { labEvents += 1 }
            switch event.kind {
            case .run: turns.add(at: time)
            case .deliver: arrivals.add(at: time)
            case .drop: losses.add(at: time)
            case .commandStart: runs.add(at: time)
            case .console:
                if let lane = layout.lane(of: event.participant) { consoleLines[lane] += 1 }
            case .output:
                if let lane = layout.lane(of: event.participant) { outputs[lane] += 1 }
            case .send:
                if let lane = layout.lane(of: event.participant),
                    let interface = layout.interface(event.fields.first, lane: lane),
                    interface < bytesSent.count
                {
                    bytesSent[interface] &+= event.fields.second
                }
            default: break
            }
        }
        events = reader.count
        ending = reader.ending
        self.layout = TimelineLayout(reader.header, hasLab: labEvents > 0)
        if labEvents == 0 {
            consoleLines.removeFirst()
            outputs.removeFirst()
        }
    }
}
