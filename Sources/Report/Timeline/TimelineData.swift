package import Trace

/// The data of a run's page, made from its trace and summary, bounded by `TimelineLimits`.
package struct TimelineData: Sendable {
    /// A row of the page: a machine, a model, or the lab itself.
    package struct Lane: Hashable, Sendable {
        package var name: String
        package var model: String?
        /// When it started, ns; nil if it did not.
        package var began: UInt64?
        /// When it ended or left the calendar, whichever is later; nil while it runs.
        package var ended: UInt64?
        package var ending = ""
        package var turns: UInt64 = 0
        /// Turns in which the machine ran freely.
        package var freeRuns: UInt64 = 0
        /// Turns that its own timers caused.
        package var ownWakes: UInt64 = 0
        /// ns of simulated time in free runs.
        package var freeNanoseconds: UInt64 = 0
        package var framesSent: UInt64 = 0
        package var bytesSent: UInt64 = 0
        package var framesReceived: UInt64 = 0
        package var bytesReceived: UInt64 = 0
        /// Frames lost after it sent them, or at it.
        package var framesLost: UInt64 = 0
        package var consoleLines: UInt64 = 0
    }

    /// An interface of a lane, on a network.
    package struct Interface: Hashable, Sendable {
        package var lane: Int
        package var name: String
        /// Index into the networks; nil for a device that the trace's header lacks.
        package var network: Int?
        package var address: String?
    }

    /// A turn: its start, and for how long the machine then ran freely, both ns.
    package struct Turn: Hashable, Sendable {
        package var time: UInt64
        package var ran: UInt64
    }

    /// A command or a check.
    package struct Command: Hashable, Sendable {
        package var lane: Int
        /// Its place among the machine's commands, or checks, from 1.
        package var number: UInt64
        package var text: String
        package var isCheck = false
        package var outcome: CommandSummary.Outcome?
        /// How often its programs went to sleep; nil when unknown.
        package var sleeps: UInt64?
        /// The expected exit status of a check; nil when unknown.
        package var expected: UInt64?
        /// Number of runs, including those that the page leaves out.
        package var runs: UInt64 = 0
    }

    /// A run of a command: a check has many, a command one for each boot of its machine.
    package struct Run: Hashable, Sendable {
        /// Index into the commands.
        package var command: Int
        package var start: UInt64
        /// When it or its machine ended; nil while it runs.
        package var end: UInt64?
        /// Exit status; nil when it was cut off.
        package var status: UInt64?
    }

    /// A fault of the run's schedule.
    package struct Fault: Hashable, Sendable {
        package var began: UInt64
        /// Nil when it lasted to the end.
        package var ended: UInt64?
        package var isMoment: Bool
        /// The lane of the machine that it affects, if it is a single machine.
        package var lane: Int?
        package var effect: FaultHistory.Effect
        package var text: String
    }

    /// Losses of frames for one reason.
    package struct Loss: Hashable, Sendable {
        /// Index into the reasons.
        package var reason: Int
        package var frames: UInt64
        /// The times of the first and the last.
        package var first: UInt64
        package var last: UInt64
    }

    /// A line of a console, or of what a command or check wrote.
    package struct ConsoleLine: Hashable, Sendable {
        package var time: UInt64
        package var lane: Int
        package var source: OutputSource
        package var text: String
    }

    /// An event of a machine or of the lab.
    package struct Mark: Hashable, Sendable {
        package enum Kind: Int, CaseIterable, Sendable {
            case up, end, leave, problem, fault, alarm
        }

        package var time: UInt64
        package var lane: Int
        package var kind: Kind
        package var text: String
    }

    /// A frame to one receiver.
    package struct Arrow: Hashable, Sendable {
        package enum Fate: Int, Sendable {
            case arrived, lost
            /// Not in the trace: in transit at the end, or without a receiver.
            case unknown
        }

        package var sent: UInt64
        /// ns until its fate.
        package var delay: UInt64
        /// Index into the interfaces.
        package var from: Int
        /// Index of the interface at which it arrived or was lost; nil when it was lost in the network.
        package var to: Int?
        /// Octets on the wire.
        package var bytes: UInt64
        package var fate: Fate
        /// Whether it is the first arrow of its frame: of a broadcast's arrows only one counts as sent.
        package var isFirst: Bool
        /// Index into the reasons, for a lost frame.
        package var reason: Int?
    }

    /// Reply times between two machines.
    package struct ReplyPair: Hashable, Sendable {
        /// The lane that sent the first frame.
        package var asker: Int
        package var answerer: Int
        package var count: UInt64
        package var least: UInt64
        package var most: UInt64
        /// Some or all of the replies.
        package var samples: [Sample]

        package struct Sample: Hashable, Sendable {
            /// When the reply arrived, ns.
            package var time: UInt64
            /// The reply time, ns.
            package var took: UInt64
        }
    }

    /// Division of the run into parts of the same length.
    package struct Buckets: Sendable {
        /// ns.
        package var width: UInt64
        package var count: Int
    }

    package var header: TraceHeader
    package var summary: RunSummary?
    /// What made the run fail.
    var failures: [TimelineFailure] = []
    /// Whether the trace is complete.
    package var isFinished = false
    /// Hash of all events, 16 hexadecimal digits; nil for a trace that is not finished.
    package var hash: String?
    package var events: UInt64 = 0
    /// The end of the run, or of what is known of it, ns.
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
    /// Failed ones first where there are too many.
    package var verdicts: [VerdictSummary] = []
    package var console: [ConsoleLine] = []
    package var marks: [Mark] = []
    package var arrows: [Arrow] = []
    /// Reasons of losses, each once.
    package var reasons: [String] = []
    /// By reason; exact, even where losses are sampled.
    package var losses: [Loss] = []
    package var replies: [ReplyPair] = []
    /// By lane, where turns are sampled: turns in each part of the run, and the share of it in free runs, 0 to 255.
    package var activity: (buckets: Buckets, turns: [[UInt64]], free: [[UInt64]])?
    /// Bytes that some interfaces sent and received in each part of the run, where frames are sampled.
    package var series: (buckets: Buckets, interfaces: [Int], sent: [[UInt64]], received: [[UInt64]])?
    /// Bytes sent by network in each part of the run, where frames are sampled.
    package var networkSeries: [[UInt64]] = []
    /// From when on turns and arrivals of frames are sampled; nil when all are included.
    package var sampledFrom: (turns: UInt64?, frames: UInt64?) = (nil, nil)
    package var totals = Totals()
    /// What the page leaves out and what its sources lack, a sentence each.
    package var notes: [String] = []

    /// Totals of what the page may show only in part.
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

    /// Reads the trace at `path` twice: to count and to collect. Memory depends on the limits and the lab, not on the
    /// run.
    package init(
        trace path: String, summary: RunSummary?, limits: TimelineLimits = TimelineLimits(),
        files: TimelineFiles
    ) throws(TraceError) {
        let census = try TimelineCensus(
            path: path, limits: limits, summaryEnd: summary?.virtualNanoseconds ?? 0)
        let collector = TimelineCollector(census, limits: limits)
        // Events written after the census are ignored.
        let reader = try TraceReader(path: path)
        while reader.count < census.events, let event = try reader.next() { collector.add(event) }
        self = collector.data(summary: summary, files: files)
    }

    init(header: TraceHeader) { self.header = header }
}
