internal import Trace

/// Matches the sending of frames with their arrivals and losses, and keeps what the page shows of them.
struct FrameCollector {
    /// Most reasons of losses that are counted separately.
    private static let reasonLimit = 256

    private let limits: TimelineLimits
    let samplings: (arrivals: Sampling, losses: Sampling)
    private var pending: PendingFrames
    private(set) var replies: ReplyMeter
    /// In the order of their fates.
    private(set) var arrows: [TimelineData.Arrow] = []
    private(set) var reasons: [String] = []
    private(set) var losses: [TimelineData.Loss] = []
    private var reasonPlaces: [String: Int] = [:]
    private var unknownShown = 0
    /// Arrivals and losses of frames whose sending is not pending (any more): the page does not show them.
    private(set) var unmatchedFates: UInt64 = 0
    /// Where frames are sampled: bytes over time, of some interfaces and of the networks.
    private var series: Series?

    private struct Series {
        let buckets: TimelineData.Buckets
        /// Rows by interface.
        var rowOf: [Int: Int] = [:]
        var interfaces: [Int] = []
        var sent: [BucketRow] = []
        var received: [BucketRow] = []
        var networks: [BucketRow] = []
    }

    init(_ census: TimelineCensus, limits: TimelineLimits) {
        self.limits = limits
        samplings = (census.arrivals.sampling, census.losses.sampling)
        pending = PendingFrames(limit: max(1, limits.pendingFrames))
        replies = ReplyMeter(limit: limits.replies)
        guard samplings.arrivals != .all || samplings.losses != .all else { return }
        let bytes = census.bytesSent
        let chosen = bytes.indices.filter { bytes[$0] > 0 }.sorted { (bytes[$1], $0) < (bytes[$0], $1) }
            .prefix(limits.interfaces).sorted()
        let networks = min(census.header.networks.count, limits.seriesCells)
        let buckets = TimelineData.Buckets(
            end: census.end, rows: 2 * chosen.count + networks, cells: limits.seriesCells, isRound: true)
        var series = Series(buckets: buckets)
        series.interfaces = Array(chosen)
        for (row, interface) in chosen.enumerated() { series.rowOf[interface] = row }
        series.sent = Array(repeating: BucketRow(buckets), count: chosen.count)
        series.received = series.sent
        series.networks = Array(repeating: BucketRow(buckets), count: networks)
        self.series = series
    }

    mutating func send(
        _ event: TraceEvent, _ lane: Int, _ time: UInt64, _ layout: inout TimelineLayout,
        _ lanes: inout [TimelineData.Lane], _ totals: inout TimelineData.Totals
    ) {
        totals.frames += 1
        lanes[lane].framesSent += 1
        lanes[lane].bytesSent &+= event.fields.second
        guard let interface = layout.interface(event.fields.first, lane: lane) else { return }
        if let row = series?.rowOf[interface] { series?.sent[row].add(event.fields.second, at: time) }
        if let network = layout.interfaces[interface].network, let count = series?.networks.count,
            network < count
        {
            series?.networks[network].add(event.fields.second, at: time)
        }
        let key = PendingFrames.Key(sender: UInt64(event.participant), number: lanes[lane].framesSent)
        let sending = PendingFrames.Sending(
            key: key, time: time, lane: lane, interface: interface, bytes: event.fields.second)
        if let replaced = pending.add(sending) { addUnknownFate(replaced, &totals) }
    }

    mutating func fate(
        _ event: TraceEvent, _ lane: Int, _ time: UInt64, _ layout: inout TimelineLayout,
        _ lanes: inout [TimelineData.Lane], _ totals: inout TimelineData.Totals
    ) {
        let isArrival = event.kind == .deliver
        if isArrival {
            totals.deliveries += 1
            lanes[lane].framesReceived += 1
        } else {
            totals.losses += 1
            lanes[lane].framesLost += 1
        }
        let reason = isArrival ? nil : reason(event.text, at: time)
        let key = PendingFrames.Key(sender: event.fields.second, number: event.fields.third)
        guard let sending = pending.fate(of: key), sending.time <= time,
            let interface = layout.interface(event.fields.first, lane: lane)
        else {
            unmatchedFates += 1
            return
        }
        if isArrival {
            lanes[lane].bytesReceived &+= sending.bytes
            if let row = series?.rowOf[interface] { series?.received[row].add(sending.bytes, at: time) }
            replies.arrived(from: sending.lane, to: lane, sent: sending.time, at: time)
        }
        let sampling = isArrival ? samplings.arrivals : samplings.losses
        let number = isArrival ? totals.deliveries : totals.losses
        guard sampling.takes(at: time, who: isArrival ? 1 : 2, number: number) else { return }
        // A loss in the network is recorded for the sender, a loss at the receiver for the receiver.
        let isInNetwork = !isArrival && UInt64(event.participant) == key.sender
        arrows.append(
            TimelineData.Arrow(
                sent: sending.time, delay: time - sending.time, from: sending.interface,
                to: isInNetwork ? nil : interface, bytes: sending.bytes, fate: isArrival ? .arrived : .lost,
                isFirst: sending.fates == 0, reason: reason))
    }

    /// Counts a loss under its reason; nil when there are too many reasons.
    private mutating func reason(_ text: String, at time: UInt64) -> Int? {
        let text = TimelineText.clean(text, limit: limits.textLength)
        if let place = reasonPlaces[text] {
            losses[place].frames += 1
            losses[place].last = time
            return place
        }
        guard reasons.count < Self.reasonLimit else { return nil }
        reasonPlaces[text] = reasons.count
        reasons.append(text)
        losses.append(TimelineData.Loss(reason: reasons.count - 1, frames: 1, first: time, last: time))
        return reasons.count - 1
    }

    /// Counts a frame whose fate is not in the trace.
    private mutating func addUnknownFate(
        _ sending: PendingFrames.Sending, _ totals: inout TimelineData.Totals
    ) {
        totals.unknownFates += 1
        unknownShown += 1
        guard unknownShown <= limits.losses else { return }
        arrows.append(
            TimelineData.Arrow(
                sent: sending.time, delay: 0, from: sending.interface, to: nil, bytes: sending.bytes,
                fate: .unknown, isFirst: true))
    }

    /// No event follows.
    mutating func finish(_ totals: inout TimelineData.Totals) {
        for sending in pending.withoutFate() { addUnknownFate(sending, &totals) }
        // Equal times keep the order of their fates.
        arrows = arrows.enumerated().sorted { ($0.element.sent, $0.offset) < ($1.element.sent, $1.offset) }
            .map(\.element)
    }

    /// Puts the frames and their sums into the page's data.
    func give(to data: inout TimelineData) {
        data.arrows = arrows
        data.reasons = reasons
        data.losses = losses
        data.replies = replies.pairs(limits.pairs)
        guard let series else { return }
        data.series = (
            series.buckets, series.interfaces, series.sent.map(\.values), series.received.map(\.values)
        )
        data.networkSeries = series.networks.map(\.values)
    }
}
