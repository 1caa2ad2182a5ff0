/// Follows the turns of machines, and keeps those that the page shows.
struct TurnCollector {
    private struct Turn {
        let began: UInt64
        /// Until when the machine has run freely.
        var reached: UInt64
    }

    let sampling: Sampling
    /// By lane, in the order of time.
    private(set) var turns: [[TimelineData.Turn]]
    /// Sums of all turns by lane, where turns are sampled.
    private var activity: (buckets: TimelineData.Buckets, turns: [BucketRow], free: [BucketRow])?
    private let end: UInt64
    private var open: [Turn?]

    init(_ census: TimelineCensus, limits: TimelineLimits) {
        let lanes = census.layout.lanes.count
        sampling = census.turns.sampling
        end = census.end
        turns = Array(repeating: [], count: lanes)
        open = Array(repeating: nil, count: lanes)
        guard sampling != .all else { return }
        let buckets = TimelineData.Buckets(
            end: census.end, rows: 2 * lanes, cells: limits.activityCells, isRound: false)
        let rows = Array(repeating: BucketRow(buckets), count: lanes)
        activity = (buckets, rows, rows)
    }

    /// A turn begins; the one before it ends.
    mutating func begin(
        _ index: Int, at time: UInt64, _ lane: inout TimelineData.Lane, _ totals: inout TimelineData.Totals
    ) {
        end(index, before: time, &lane, &totals)
        open[index] = Turn(began: time, reached: time)
    }

    /// The machine runs freely in its turn, at most until this instant.
    mutating func runFreely(_ index: Int, to time: UInt64) {
        guard let turn = open[index] else { return }
        // Nothing on the page is after its end.
        open[index]?.reached = max(turn.reached, min(time, end))
    }

    private mutating func end(
        _ index: Int, before time: UInt64, _ lane: inout TimelineData.Lane,
        _ totals: inout TimelineData.Totals
    ) {
        guard let turn = open[index] else { return }
        open[index] = nil
        lane.turns += 1
        totals.turns += 1
        // The next turn begins when the grant is used up, or earlier at an interrupt.
        let reached = min(turn.reached, time)
        let ran = reached - turn.began
        if ran > 0 {
            lane.freeRuns += 1
            totals.freeRuns += 1
            lane.freeNanoseconds &+= ran
        }
        activity?.turns[index].add(1, at: turn.began)
        activity?.free[index].add(from: turn.began, to: reached)
        guard sampling.takes(at: turn.began, who: index, number: lane.turns) else { return }
        turns[index].append(TimelineData.Turn(time: turn.began, ran: ran))
    }

    /// Ends the open turns; no event follows.
    mutating func finish(_ lanes: inout [TimelineData.Lane], _ totals: inout TimelineData.Totals) {
        for index in lanes.indices { end(index, before: end, &lanes[index], &totals) }
    }

    /// Puts the turns and their sums into the page's data.
    func give(to data: inout TimelineData) {
        data.turns = turns
        if let activity {
            data.activity = (activity.buckets, activity.turns.map(\.values), activity.free.map(\.shares))
        }
    }
}
