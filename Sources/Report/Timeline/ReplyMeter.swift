/// Measures reply times: from the sending of A's last frame that had reached B when B sent to A, until B's frame
/// arrives at A. A trace does not hold the contents of frames, so the next frame in the other direction counts as the
/// reply, unless it was sent before A's frame arrived.
struct ReplyMeter {
    private struct Pair: Hashable {
        let asker: Int
        let answerer: Int
    }

    /// A frame of the asker that has reached the answerer.
    private struct Question {
        let sent: UInt64
        let arrived: UInt64
    }

    private struct State {
        var questions: ContiguousArray<Question> = []
        /// Its index in `measured`, after the first reply.
        var measured: Int?
    }

    private struct Measured {
        let pair: Pair
        var count: UInt64 = 0
        var least = UInt64.max
        var most: UInt64 = 0
    }

    private struct Kept {
        let measured: Int
        let number: UInt64
        let sample: TimelineData.ReplyPair.Sample
    }

    /// Most pairs that are observed; later ones are ignored.
    private static let pairLimit = 65536
    /// Most open questions of a pair: fewer for a pair without a reply, as with broadcasts.
    private static let questionLimit = (silent: 16, answered: 64)
    /// Most pairs with replies.
    private static let measuredLimit = 16384

    private let limit: Int
    private var states: [Pair: State] = [:]
    private var measured: [Measured] = []
    /// At most `limit` replies; one in `stride` of all.
    private var kept: [Kept] = []
    private(set) var stride: UInt64 = 1
    /// Replies measured.
    private(set) var count: UInt64 = 0
    /// Some pairs were ignored because there are too many.
    private(set) var isPartial = false

    init(limit: Int) { self.limit = limit }

    /// A frame from one lane arrived at another.
    mutating func arrived(from: Int, to: Int, sent: UInt64, at time: UInt64) {
        guard from != to else { return }
        answer(Pair(asker: to, answerer: from), sent: sent, at: time)
        ask(Pair(asker: from, answerer: to), Question(sent: sent, arrived: time))
    }

    private mutating func ask(_ pair: Pair, _ question: Question) {
        guard states[pair] != nil || states.count < Self.pairLimit else {
            isPartial = true
            return
        }
        var state = states.removeValue(forKey: pair) ?? State()
        let limit = state.measured == nil ? Self.questionLimit.silent : Self.questionLimit.answered
        if state.questions.count >= limit { state.questions.removeFirst() }
        state.questions.append(question)
        states[pair] = state
    }

    private mutating func answer(_ pair: Pair, sent: UInt64, at time: UInt64) {
        guard let state = states[pair],
            let last = state.questions.lastIndex(where: { $0.arrived <= sent })
        else { return }
        var place = state.measured
        if place == nil, measured.count < Self.measuredLimit {
            place = measured.count
            measured.append(Measured(pair: pair))
        }
        let asked = state.questions[last].sent
        states[pair]?.questions.removeFirst(last + 1)
        states[pair]?.measured = place
        guard let place else {
            isPartial = true
            return
        }
        count += 1
        measured[place].count += 1
        let took = time - asked
        measured[place].least = min(measured[place].least, took)
        measured[place].most = max(measured[place].most, took)
        keep(
            Kept(
                measured: place, number: measured[place].count,
                sample: TimelineData.ReplyPair.Sample(time: time, took: took)))
    }

    private mutating func keep(_ sample: Kept) {
        func isTaken(_ kept: Kept, _ sampling: Sampling) -> Bool {
            sampling.takes(at: kept.sample.time, who: kept.measured, number: kept.number)
        }
        guard isTaken(sample, Sampling(wholeUntil: 0, stride: stride)) else { return }
        kept.append(sample)
        while kept.count > limit, stride < 1 << 62 {
            stride *= 2
            let sampling = Sampling(wholeUntil: 0, stride: stride)
            kept.removeAll { !isTaken($0, sampling) }
        }
    }

    /// The pairs with the most replies, at most `count`.
    func pairs(_ count: Int) -> [TimelineData.ReplyPair] {
        // Equal counts are ordered by the first reply, so that the page is the same each time.
        let order = measured.indices.sorted {
            (measured[$1].count, $0) < (measured[$0].count, $1)
        }.prefix(count)
        var samples = [[TimelineData.ReplyPair.Sample]](repeating: [], count: measured.count)
        for one in kept { samples[one.measured].append(one.sample) }
        return order.map { place in
            let (pair, measured) = (measured[place].pair, measured[place])
            return TimelineData.ReplyPair(
                asker: pair.asker, answerer: pair.answerer, count: measured.count, least: measured.least,
                most: measured.most, samples: samples[place])
        }
    }
}
