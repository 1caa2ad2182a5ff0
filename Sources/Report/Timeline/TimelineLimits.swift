/// Most that a page holds of each thing, so that it stays a few megabytes however long the run was. What goes beyond is
/// sampled, and the page says how.
package struct TimelineLimits: Hashable, Sendable {
    /// Turns of all machines, each with the free run that came with it.
    package var turns = 50_000
    /// Frames that arrived, or of which it is not known: each receiver of a broadcast counts.
    package var frames = 40_000
    /// Frames that were lost.
    package var losses = 5_000
    package var replies = 20_000
    /// Pairs of machines whose reply times are shown, those with the most.
    package var pairs = 24
    package var consoleLines = 10_000
    package var commands = 10_000
    /// Runs of commands and checks; a quarter more of those that failed.
    package var runs = 10_000
    /// Verdicts on the lab.
    package var verdicts = 1_000
    /// Of each kind: faults, problems, and so on.
    package var marks = 4_000
    /// Most bytes that the texts of one kind take on the page; all are cut to the same length until they do.
    package var textBytes = 700_000
    /// Longest text, characters.
    package var textLength = 240
    /// Interfaces with a throughput of their own where frames are sampled, those with the most bytes.
    package var interfaces = 64
    /// Numbers that say how busy machines were where turns are sampled.
    package var activityCells = 120_000
    /// Numbers that say what passed interfaces where frames are sampled.
    package var seriesCells = 60_000
    /// Machines in the table of costs, the most expensive.
    package var costs = 200
    /// Frames on their way at a time whose sending is remembered.
    package var pendingFrames = 131_072

    /// A page is never longer, bytes: `TimelineReport` halves the limits until it is not.
    package static let pageBytes = 6_000_000

    package init() {}

    /// About half as much of everything.
    func halved() -> TimelineLimits {
        var less = self
        for count in [
            \TimelineLimits.turns, \.frames, \.losses, \.replies, \.consoleLines, \.commands, \.marks,
            \.textBytes,
            \.activityCells, \.seriesCells, \.runs, \.verdicts,
        ] {
            less[keyPath: count] = max(1, self[keyPath: count] / 2)
        }
        return less
    }
}

/// Which of many things are taken: all before an instant, and of the others those whose hash says so. A hash and not every
/// k-th: what repeats itself every k would be shown as always the same.
struct Sampling: Hashable, Sendable {
    /// Everything before it is taken, ns; `UInt64.max` when everything is.
    var wholeUntil: UInt64
    /// One in so many is taken from then on.
    var stride: UInt64

    static let all = Sampling(wholeUntil: .max, stride: 1)

    /// Nil when nothing is left out.
    var sampledFrom: UInt64? { self == .all ? nil : wholeUntil }

    /// - Parameters:
    ///   - who: of whom it is.
    ///   - number: its place among theirs.
    func takes(at time: UInt64, who: Int, number: UInt64) -> Bool {
        if time < wholeUntil || stride == 1 { return true }
        // SplitMix64's output function: neighbouring numbers have nothing in common after it.
        var z = number &+ UInt64(who) &* 0x9e37_79b9_7f4a_7c15
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return (z ^ (z >> 31)) % stride == 0
    }
}

/// Counts things in the order of time and finds out how they must be sampled.
struct Tally: Sendable {
    let limit: Int
    private(set) var count: UInt64 = 0
    private var last: UInt64?
    private var countBeforeLast: UInt64 = 0
    /// Where half of the limit was reached, and how many came before that instant.
    private var half: (time: UInt64, count: UInt64)?

    init(limit: Int) { self.limit = limit }

    mutating func add(at time: UInt64) {
        if last != time {
            last = time
            countBeforeLast = count
        }
        count += 1
        if half == nil, count > UInt64(limit / 2) { half = (time, countBeforeLast) }
    }

    /// Half of the room is for the beginning, whole, and half for a sample of the rest.
    var sampling: Sampling {
        guard count > UInt64(limit), let half else { return .all }
        let room = UInt64(max(1, limit / 2))
        return Sampling(wholeUntil: half.time, stride: (count - half.count + room - 1) / room)
    }
}
