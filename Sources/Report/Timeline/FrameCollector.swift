internal import Trace

/// Follows frames from their sending to their fates, and keeps what the page shows of them.
struct FrameCollector {
    /// Reasons that are told apart.
    private static let reasonLimit = 256

    private let limits: TimelineLimits
    private let samplings: (arrivals: Sampling, losses: Sampling)
    private var pending: PendingFrames
    private(set) var replies: ReplyMeter
    /// In the order of their fates.
    private(set) var arrows: [TimelineData.Arrow] = []
    private(set) var reasons: [String] = []
    private(set) var losses: [TimelineData.Loss] = []
    private var reasonPlaces: [String: Int] = [:]
    private var unknownShown = 0
    /// Fates of frames that are not remembered, or never were: they are nowhere on the page.
    private(set) var strangers: UInt64 = 0
    /// Where frames are sampled: what passed some interfaces, and all networks.
    private var series: Series?

    private struct Series {
        let buckets: TimelineData.Buckets
        /// By interface: its row, for those that have one.
        var rowOf: [Int: Int] = [:]
        var interfaces: [Int] = []
        var sent: [BucketRow] = []
        var received: [BucketRow] = []
        var networks: [BucketRow] = []
    }

    init(
        _ census: TimelineCensus, limits: TimelineLimits,
        samplings: (turns: Sampling, arrivals: Sampling, losses: Sampling)
    ) {
        self.limits = limits
        self.samplings = (samplings.arrivals, samplings.losses)
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
        if let forgotten = pending.add(sending) { lose(sightOf: forgotten, &totals) }
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
            strangers += 1
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
        // A loss is told of the receiver if it was there, and else of the sender.
        let isInNetwork = !isArrival && UInt64(event.participant) == key.sender
        arrows.append(
            TimelineData.Arrow(
                sent: sending.time, delay: time - sending.time, from: sending.interface,
                to: isInNetwork ? nil : interface, bytes: sending.bytes, fate: isArrival ? .arrived : .lost,
                isFirst: sending.fates == 0, reason: reason))
    }

    /// Counts a loss.
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

    /// A frame whose fate the trace does not tell.
    private mutating func lose(sightOf sending: PendingFrames.Sending, _ totals: inout TimelineData.Totals) {
        totals.unknownFates += 1
        unknownShown += 1
        guard unknownShown <= limits.losses else { return }
        arrows.append(
            TimelineData.Arrow(
                sent: sending.time, delay: 0, from: sending.interface, to: nil, bytes: sending.bytes,
                fate: .unknown, isFirst: true))
    }

    /// Nothing more comes.
    mutating func finish(_ totals: inout TimelineData.Totals) {
        for sending in pending.withoutFate() { lose(sightOf: sending, &totals) }
        // Equal times stay in the order in which they were met.
        arrows = arrows.enumerated().sorted { ($0.element.sent, $0.offset) < ($1.element.sent, $1.offset) }
            .map(\.element)
    }

    /// Puts the sums into the page's data.
    func giveSeries(to data: inout TimelineData) {
        guard let series else { return }
        data.series = (
            series.buckets, series.interfaces, series.sent.map(\.values), series.received.map(\.values)
        )
        data.networkSeries = series.networks.map(\.values)
    }
}
