package import Trace

/// What a page of a run's timeline holds: made from its trace and its summary, bounded by `TimelineLimits`.
package struct TimelineData: Sendable {
    /// A row of the page: a machine, a model, or the lab itself.
    package struct Lane: Hashable, Sendable {
        package var name: String
        package var model: String?
        /// When it started, ns; nil when it did not.
        package var began: UInt64?
        /// The last that was heard of it after its end; nil while it goes on.
        package var ended: UInt64?
        package var ending = ""
        package var turns: UInt64 = 0
        /// Turns in which time passed by itself.
        package var freeRuns: UInt64 = 0
        /// ns of simulated time in free runs.
        package var freeNanoseconds: UInt64 = 0
        package var framesSent: UInt64 = 0
        package var bytesSent: UInt64 = 0
        package var framesReceived: UInt64 = 0
        package var bytesReceived: UInt64 = 0
        /// Lost on their way from it or before it.
        package var framesLost: UInt64 = 0
        package var consoleLines: UInt64 = 0
    }

    /// A place on a network.
    package struct Interface: Hashable, Sendable {
        package var lane: Int
        package var name: String
        /// Index into the networks; nil for a device that the trace's header does not know.
        package var network: Int?
        package var address: String?
    }

    /// A turn, and how long time passed by itself in it, both ns.
    package struct Turn: Hashable, Sendable {
        package var time: UInt64
        package var ran: UInt64
    }

    /// What a machine was told to run.
    package struct Command: Hashable, Sendable {
        package var lane: Int
        /// Its place among the machine's commands, or checks, from 1.
        package var number: UInt64
        package var text: String
        package var isCheck = false
        package var outcome: CommandSummary.Outcome?
        /// The exit status that a run of a check should have; nil when that is not known.
        package var expected: UInt64?
        /// How often it was started, also where not all of that is here.
        package var runs: UInt64 = 0
    }

    /// A run of a command: a check has many, and a command one for each time that its machine booted.
    package struct Run: Hashable, Sendable {
        /// Index into the commands.
        package var command: Int
        package var start: UInt64
        /// When it ended, or its machine with it; nil while it goes on.
        package var end: UInt64?
        /// Nil when it did not end by itself.
        package var status: UInt64?
    }

    /// Something of the schedule that went wrong: all of a run's faults, each once.
    package struct Fault: Hashable, Sendable {
        package var began: UInt64
        /// Nil when it went on to the end.
        package var ended: UInt64?
        package var isMoment: Bool
        /// Of the machine that it is about, if that is one.
        package var lane: Int?
        package var effect: FaultHistory.Effect
        package var text: String
    }

    /// Why frames were lost.
    package struct Loss: Hashable, Sendable {
        /// Index into the reasons.
        package var reason: Int
        package var frames: UInt64
        /// The times of the first and the last.
        package var first: UInt64
        package var last: UInt64
    }

    /// A line of a console.
    package struct ConsoleLine: Hashable, Sendable {
        package var time: UInt64
        package var lane: Int
        /// Its place in the machine's `console.log`, from 1.
        package var number: UInt64
        package var text: String
    }

    /// Something that happened to a machine or the lab.
    package struct Mark: Hashable, Sendable {
        package enum Kind: Int, CaseIterable, Sendable {
            case up, end, leave, problem, fault, alarm
        }

        package var time: UInt64
        package var lane: Int
        package var kind: Kind
        package var text: String
    }

    /// A frame on its way to one receiver.
    package struct Arrow: Hashable, Sendable {
        package enum Fate: Int, Sendable {
            case arrived, lost
            /// The trace does not say: on its way at the end, or for nobody who listens.
            case unknown
        }

        package var sent: UInt64
        /// ns until its fate.
        package var delay: UInt64
        /// Index into the interfaces.
        package var from: Int
        /// Where it arrived, or was lost before; nil when that was in the network.
        package var to: Int?
        /// Octets on the wire.
        package var bytes: UInt64
        package var fate: Fate
        /// It is the first of its frame: of the arrows of a broadcast one counts as sent.
        package var isFirst: Bool
        /// Index into the reasons, for what was lost.
        package var reason: Int?
    }

    /// How long machines take to answer each other.
    package struct ReplyPair: Hashable, Sendable {
        /// Who sent the frame that was answered.
        package var asker: Int
        package var answerer: Int
        package var count: UInt64
        package var least: UInt64
        package var most: UInt64
        /// When the reply arrived and how long it took, ns; a sample.
        package var samples: [Sample]

        package struct Sample: Hashable, Sendable {
            package var time: UInt64
            package var took: UInt64
        }
    }

    /// What happened in each of equally long parts of the run.
    package struct Buckets: Sendable {
        /// ns.
        package var width: UInt64
        package var count: Int
    }

    package var header: TraceHeader
    package var summary: RunSummary?
    /// The trace was written to its end.
    package var isFinished = false
    /// Of all events, 16 hexadecimal digits; nil for a trace that is not finished.
    package var hash: String?
    package var events: UInt64 = 0
    /// When the run ended, or the last that is known of it, ns.
    package var end: UInt64 = 0
    package var lanes: [Lane] = []
    package var interfaces: [Interface] = []
    /// By lane, in the order of time.
    package var turns: [[Turn]] = []
    package var commands: [Command] = []
    /// In the order of their starts.
    package var runs: [Run] = []
    /// In the order in which they began.
    package var faults: [Fault] = []
    /// Failed ones first where there is no room for all.
    package var verdicts: [VerdictSummary] = []
    package var console: [ConsoleLine] = []
    package var marks: [Mark] = []
    package var arrows: [Arrow] = []
    /// Why frames were lost, each once.
    package var reasons: [String] = []
    /// By reason; exact, also where losses are sampled.
    package var losses: [Loss] = []
    package var replies: [ReplyPair] = []
    /// How busy each lane was, where turns are sampled: turns, and 0 to 255 for the part in free runs.
    package var activity: (buckets: Buckets, turns: [[UInt64]], free: [[UInt64]])?
    /// Octets that each of some interfaces sent and got, where frames are sampled.
    package var series: (buckets: Buckets, interfaces: [Int], sent: [[UInt64]], received: [[UInt64]])?
    /// By network, where frames are sampled.
    package var networkSeries: [[UInt64]] = []
    /// From when on turns and arrivals of frames are a sample; nil when all are here.
    package var sampledFrom: (turns: UInt64?, frames: UInt64?) = (nil, nil)
    package var totals = Totals()
    /// What the page leaves out or has to say of its sources, a sentence each.
    package var notes: [String] = []

    /// How much there is of what the page may show a part of.
    package struct Totals: Hashable, Sendable {
        package var turns: UInt64 = 0
        package var freeRuns: UInt64 = 0
        /// Sent.
        package var frames: UInt64 = 0
        package var deliveries: UInt64 = 0
        package var losses: UInt64 = 0
        package var unknownFates: UInt64 = 0
        package var consoleLines: UInt64 = 0
        package var commands: UInt64 = 0
        /// Of commands and checks.
        package var runs: UInt64 = 0
        package var faults: UInt64 = 0
        package var replies: UInt64 = 0
    }

    /// Reads the trace at `path` twice: to count, and to collect. Memory depends on the limits and the lab, not on the run.
    ///
    /// - Parameter console: the lines of a machine's `console.log`, by its name.
    package init(
        trace path: String, summary: RunSummary?, limits: TimelineLimits = TimelineLimits(),
        console: (String) -> [String]
    ) throws(TraceError) {
        let census = try TimelineCensus(
            path: path, limits: limits, summaryEnd: summary?.virtualNanoseconds ?? 0)
        let collector = TimelineCollector(census, limits: limits)
        // What was written since the census is not of this page.
        let reader = try TraceReader(path: path)
        while reader.count < census.events, let event = try reader.next() { collector.add(event) }
        self = collector.data(summary: summary, console: console)
    }

    init(header: TraceHeader) { self.header = header }
}
