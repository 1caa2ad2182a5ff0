internal import Network

/// Values of links' keys that are more than one scalar: how they are read, and written as a lab file has them.
enum LinkValues {
    static let overheads: ClosedRange<UInt64> = 0...1500

    /// nil: `unlimited`.
    static func bandwidth(_ reader: NodeReader) throws(LabFileError) -> UInt64? {
        if reader.text == "unlimited" { return nil }
        return try reader.value(BandwidthText.parse)
    }

    /// `2ms`, or `{ distribution: normal, scale: 2ms }`.
    static func jitter(_ reader: NodeReader) throws(LabFileError) -> Jitter {
        guard reader.isMapping else { return Jitter(scale: try reader.duration(LabLimits.jitters)) }
        let keys = try reader.keys(LinkValueKeys.jitter)
        guard let scale = keys["scale"] else { throw reader.error("\(reader.name) has no 'scale'") }
        return Jitter(
            distribution: try keys["distribution"]?.word(Jitter.Distribution.self) ?? .uniform,
            scale: try scale.duration(LabLimits.jitters))
    }

    /// `1%`, or `{ model: gilbert-elliott, … }`.
    static func loss(_ reader: NodeReader) throws(LabFileError) -> LossModel {
        guard reader.isMapping else {
            return independent(try reader.percent())
        }
        let keys = try reader.keys(LinkValueKeys.loss)
        guard try keys["model"]?.string() == "gilbert-elliott" else {
            throw (keys["model"] ?? reader).error(
                "\(reader.name) is a share like 1%, or has 'model: gilbert-elliott'")
        }
        guard let toBad = keys["to-bad"], let toGood = keys["to-good"] else {
            throw reader.error("\(reader.name) needs 'to-bad' and 'to-good'")
        }
        return .gilbertElliott(
            toBad: try toBad.percent(), toGood: try toGood.percent(),
            lossInGood: try keys["loss-in-good"]?.percent() ?? .never,
            lossInBad: try keys["loss-in-bad"]?.percent() ?? .always)
    }

    static func independent(_ share: Probability) -> LossModel {
        share == .never ? .none : .independent(share)
    }

    /// `1%`, or `{ share: 1%, by: 10ms, jitter: true }`.
    static func reorder(_ reader: NodeReader) throws(LabFileError) -> ReorderProfile {
        var profile = ReorderProfile()
        guard reader.isMapping else {
            profile.share = try reader.percent()
            return profile
        }
        let keys = try reader.keys(LinkValueKeys.reorder)
        profile.share = try keys["share"]?.percent() ?? .never
        if let by = keys["by"] { profile.by = try by.duration(LabLimits.delays) }
        profile.byJitter = try keys["jitter"]?.bool() ?? false
        return profile
    }

    // MARK: Queues

    /// `100 frames`, `64K`, or `{ limit: 100 frames, discipline: codel, … }`.
    static func queue(_ reader: NodeReader) throws(LabFileError) -> QueueProfile {
        var profile = QueueProfile()
        guard reader.isMapping else {
            profile.limit = try queueLimit(reader)
            return profile
        }
        let keys = try reader.keys(LinkValueKeys.queue)
        if let limit = keys["limit"] { profile.limit = try queueLimit(limit) }
        let word = try keys["discipline"]?.string() ?? "drop-tail"
        guard let own = disciplines.first(where: { $0.word == word })?.keys else {
            throw keys["discipline"]!.error(
                "\(keys["discipline"]!.name) must be \(LabFile.alternatives(disciplines.map(\.word)))")
        }
        for (key, value) in try reader.entries() where !(["limit", "discipline"] + own).contains(key) {
            throw value.error("\(quoted(key)) is not for queues with 'discipline: \(word)'")
        }
        switch word {
        case "red": profile.discipline = try randomEarlyDetection(keys, reader, profile.limit)
        case "codel":
            profile.discipline = .codel(
                target: try keys["target"]?.duration(1...LabLimits.longestDelay) ?? 5_000_000,
                interval: try keys["interval"]?.duration(1...LabLimits.longestDelay) ?? 100_000_000)
        default: break
        }
        return profile
    }

    /// Words for `discipline`, and the keys that only they have.
    static let disciplines: [(word: String, keys: [String])] = [
        ("drop-tail", []), ("red", ["minimum", "maximum", "probability", "weight-shift"]),
        ("codel", ["target", "interval"]),
    ]

    private static func queueLimit(_ reader: NodeReader) throws(LabFileError) -> QueueProfile.Limit {
        try reader.value(QueueLimitText.parse)
    }

    /// Thresholds default to a sixth and half of the limit, so that one is three times the other, the probability to 10% (both
    /// Floyd's later advice, 1997), the weight to 1/512 (Floyd, Jacobson 1993).
    private static func randomEarlyDetection(
        _ keys: FoundKeys, _ reader: NodeReader, _ limit: QueueProfile.Limit
    ) throws(LabFileError) -> QueueProfile.Discipline {
        func threshold(_ key: String) throws(LabFileError) -> Int? {
            guard let node = keys[key] else { return nil }
            switch (try queueLimit(node), limit) {
            case (.frames(let count), .frames): return count
            case (.bytes(let count), .bytes): return count
            default:
                throw node.error(
                    "\(node.name) has another unit than the limit: both are frames or both bytes")
            }
        }
        let count =
            switch limit {
            case .frames(let count), .bytes(let count): count
            }
        let minimum = try threshold("minimum") ?? max(1, count / 6)
        let maximum = try threshold("maximum") ?? max(minimum + 1, count / 2)
        guard minimum < maximum, maximum <= count else {
            throw reader.error(
                "\(reader.name): 'minimum' must be less than 'maximum', and that at most the limit")
        }
        return .red(
            minimum: minimum, maximum: maximum,
            probability: try keys["probability"]?.percent() ?? Probability(partsPerBillion: 100_000_000),
            weightShift: Int(try keys["weight-shift"]?.integer(0...30) ?? 9))
    }

    // MARK: Texts

    static func text(_ jitter: Jitter) -> String {
        let scale = DurationText.format(jitter.scale)
        guard jitter.distribution != .uniform else { return scale }
        return "{ distribution: \(jitter.distribution.rawValue), scale: \(scale) }"
    }

    static func text(_ loss: LossModel) -> String {
        switch loss {
        case .none: "0%"
        case .independent(let share): PercentText.format(share)
        case .gilbertElliott(let toBad, let toGood, let lossInGood, let lossInBad):
            "{ model: gilbert-elliott, to-bad: \(PercentText.format(toBad)), to-good: \(PercentText.format(toGood)), "
                + "loss-in-bad: \(PercentText.format(lossInBad)), loss-in-good: \(PercentText.format(lossInGood)) }"
        }
    }

    static func text(_ reorder: ReorderProfile) -> String {
        let share = PercentText.format(reorder.share)
        guard reorder.by != ReorderProfile().by || reorder.byJitter else { return share }
        return "{ share: \(share), by: \(DurationText.format(reorder.by)), jitter: \(reorder.byJitter) }"
    }

    static func text(_ queue: QueueProfile) -> String {
        let limit = QueueLimitText.format(queue.limit)
        switch queue.discipline {
        case .dropTail: return limit
        case .red(let minimum, let maximum, let probability, let weightShift):
            let threshold: (Int) -> String =
                switch queue.limit {
                case .frames: { QueueLimitText.format(.frames($0)) }
                case .bytes: { QueueLimitText.format(.bytes($0)) }
                }
            return
                "{ limit: \(limit), discipline: red, minimum: \(threshold(minimum)), maximum: \(threshold(maximum)), "
                + "probability: \(PercentText.format(probability)), weight-shift: \(weightShift) }"
        case .codel(let target, let interval):
            return "{ limit: \(limit), discipline: codel, target: \(DurationText.format(target)), "
                + "interval: \(DurationText.format(interval)) }"
        }
    }
}
