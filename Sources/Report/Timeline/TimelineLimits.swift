/// Limits of what a page holds, so that it stays a few megabytes however long the run was. What exceeds a limit is
/// sampled, and the page says how.
package struct TimelineLimits: Hashable, Sendable {
    /// Turns of all machines, with their free runs.
    package var turns = 50_000
    /// Arrivals of frames: each receiver of a broadcast counts.
    package var frames = 40_000
    /// Lost frames, and as many of unknown fate.
    package var losses = 5_000
    package var replies = 20_000
    /// Pairs of machines with reply times, those with the most replies.
    package var pairs = 24
    package var consoleLines = 10_000
    /// Pieces of what commands and checks wrote, of at most 4 KiB each as init writes them, and the lines in them.
    package var outputPieces = 10_000
    package var outputLines = 10_000
    package var commands = 10_000
    /// Runs of commands and checks, plus a quarter for those that failed.
    package var runs = 10_000
    /// Verdicts on the lab.
    package var verdicts = 1_000
    /// Marks of each kind.
    package var marks = 4_000
    /// Bytes for the texts of one kind; all are shortened to the same length until they fit.
    package var textBytes = 700_000
    /// Longest text, characters.
    package var textLength = 240
    /// Interfaces with a plot where frames are sampled, those that sent the most bytes.
    package var interfaces = 64
    /// Sums of turns, where turns are sampled.
    package var activityCells = 120_000
    /// Sums of bytes, where frames are sampled.
    package var seriesCells = 60_000
    /// Machines in the table of costs, the most expensive.
    package var costs = 200
    /// Frames in transit whose sending is remembered.
    package var pendingFrames = 131_072

    /// The longest page, bytes: `TimelineReport` halves the limits until the page fits.
    package static let pageBytes = 6_000_000

    package init() {}

    /// These limits, about halved.
    func halved() -> TimelineLimits {
        var less = self
        for count in [
            \TimelineLimits.turns, \.frames, \.losses, \.replies, \.consoleLines, \.outputPieces,
            \.outputLines, \.commands, \.marks,
            \.textBytes,
            \.activityCells, \.seriesCells, \.runs, \.verdicts,
        ] {
            less[keyPath: count] = max(1, self[keyPath: count] / 2)
        }
        return less
    }
}

/// A rule for what is taken of many values: everything before an instant, afterwards a share chosen by a hash. Taking
/// every k-th value instead would misrepresent what repeats with period k.
struct Sampling: Hashable, Sendable {
    /// Everything before it is taken, ns; `UInt64.max` when everything is.
    var wholeUntil: UInt64
    /// Afterwards one in so many is taken.
    var stride: UInt64

    static let all = Sampling(wholeUntil: .max, stride: 1)

    /// From when on values are left out; nil when none are.
    var sampledFrom: UInt64? { self == .all ? nil : wholeUntil }

    /// - Parameters:
    ///   - who: the value's owner.
    ///   - number: the value's number among its owner's.
    func takes(at time: UInt64, who: Int, number: UInt64) -> Bool {
        if time < wholeUntil || stride == 1 { return true }
        // SplitMix64's output function: neighbouring numbers have unrelated results.
        var z = number &+ UInt64(who) &* 0x9e37_79b9_7f4a_7c15
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return (z ^ (z >> 31)) % stride == 0
    }
}

/// Counts values in the order of time and derives how to sample them.
struct Tally: Sendable {
    let limit: Int
    private(set) var count: UInt64 = 0
    private var last: UInt64?
    private var countBeforeLast: UInt64 = 0
    /// The instant at which half of the limit was reached, and the count before it.
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

    /// Half of the limit is for the beginning of the run, in full, and half for a sample of the rest.
    var sampling: Sampling {
        guard count > UInt64(limit), let half else { return .all }
        let room = UInt64(max(1, limit / 2))
        return Sampling(wholeUntil: half.time, stride: (count - half.count + room - 1) / room)
    }
}
