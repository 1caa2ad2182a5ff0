internal import Network

/// What is said of a link, value by value: networks, interfaces and faults read the same texts.
extension LabFile {
    /// Longest delay of a link, ns.
    static let longestDelay = LinkProfile.longestTime
    /// Longest scale of a jitter, ns: an hour; a draw is at most a thousand times that.
    static let longestJitter: UInt64 = 3_600_000_000_000

    static func delay(_ reader: NodeReader) throws(LabFileError) -> UInt64 {
        try reader.duration(0...longestDelay)
    }

    /// nil: `unlimited`.
    static func bandwidth(_ reader: NodeReader) throws(LabFileError) -> UInt64? {
        if reader.text == "unlimited" { return nil }
        return try reader.value(BandwidthText.parse)
    }

    /// `2ms`, or `{ distribution: normal, scale: 2ms }`.
    static func jitter(_ reader: NodeReader) throws(LabFileError) -> Jitter {
        guard reader.isMapping else { return Jitter(scale: try reader.duration(0...longestJitter)) }
        let keys = try reader.keys(["distribution", "scale"])
        guard let scale = keys["scale"] else { throw reader.error("\(reader.name) has no 'scale'") }
        return Jitter(
            distribution: try keys["distribution"]?.word(Jitter.Distribution.self) ?? .uniform,
            scale: try scale.duration(0...longestJitter))
    }

    /// `1%`, or `{ model: gilbert-elliott, … }`.
    static func loss(_ reader: NodeReader) throws(LabFileError) -> LossModel {
        guard reader.isMapping else {
            let share = try reader.percent()
            return share == .never ? .none : .independent(share)
        }
        let keys = try reader.keys(["model", "to-bad", "to-good", "loss-in-bad", "loss-in-good"])
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

    /// `1%`, or `{ share: 1%, by: 10ms, jitter: true }`.
    static func reorder(_ reader: NodeReader) throws(LabFileError) -> ReorderProfile {
        var profile = ReorderProfile()
        guard reader.isMapping else {
            profile.share = try reader.percent()
            return profile
        }
        let keys = try reader.keys(["share", "by", "jitter"])
        profile.share = try keys["share"]?.percent() ?? .never
        if let by = keys["by"] { profile.by = try delay(by) }
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
        let keys = try reader.keys(queueKeys)
        if let limit = keys["limit"] { profile.limit = try queueLimit(limit) }
        let word = try keys["discipline"]?.string() ?? "drop-tail"
        guard let own = disciplines.first(where: { $0.word == word })?.keys else {
            throw keys["discipline"]!.error(
                "\(keys["discipline"]!.name) must be \(alternatives(disciplines.map(\.word)))")
        }
        for (key, value) in try reader.entries() where !(["limit", "discipline"] + own).contains(key) {
            throw value.error("'\(key)' is not for queues with 'discipline: \(word)'")
        }
        switch word {
        case "red": profile.discipline = try randomEarlyDetection(keys, reader, profile.limit)
        case "codel":
            profile.discipline = .codel(
                target: try keys["target"]?.duration(1...longestDelay) ?? 5_000_000,
                interval: try keys["interval"]?.duration(1...longestDelay) ?? 100_000_000)
        default: break
        }
        return profile
    }

    /// Words for `discipline`, and the keys that only they have.
    private static let disciplines: [(word: String, keys: [String])] = [
        ("drop-tail", []), ("red", ["minimum", "maximum", "probability", "weight-shift"]),
        ("codel", ["target", "interval"]),
    ]
    private static let queueKeys = ["limit", "discipline"] + disciplines.flatMap(\.keys)

    private static func queueLimit(_ reader: NodeReader) throws(LabFileError) -> QueueProfile.Limit {
        try reader.value(QueueLimitText.parse)
    }

    /// Thresholds default to a sixth and half of the limit, so that one is three times the other, the probability to 10% (both
    /// Floyd's later advice, 1997), the weight to 1/512 (Floyd, Jacobson 1993).
    private static func randomEarlyDetection(
        _ keys: [String: NodeReader], _ reader: NodeReader, _ limit: QueueProfile.Limit
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
            weightShift: try keys["weight-shift"]?.integer(0...30) ?? 9)
    }
}

/// How much may wait: `100 frames`, `64K`, `1500 bytes`.
enum QueueLimitText {
    private static let mostFrames = 1_000_000
    private static let mostBytes = 1 << 30

    static func parse(_ text: String) throws(TextError) -> QueueProfile.Limit {
        let words = text.split(separator: " ")
        if words.count == 2, let count = Int(words[0]), words[0].allSatisfy(\.isNumber) {
            switch words[1] {
            case "frame", "frames":
                guard (1...mostFrames).contains(count) else {
                    throw TextError("'\(text)' is not 1 to \(mostFrames) frames")
                }
                return .frames(count)
            case "byte", "bytes": return try bytes(UInt64(count), text)
            default: break
            }
        }
        guard let last = text.last, last.isLetter, words.count == 1 else {
            throw TextError("'\(text)' says no unit: '100 frames', '1500 bytes' and 64K do")
        }
        return try bytes(try SizeText.parse(text), text)
    }

    private static func bytes(_ count: UInt64, _ text: String) throws(TextError) -> QueueProfile.Limit {
        guard count > 0, count <= mostBytes else { throw TextError("'\(text)' is not 1 byte to 1G") }
        return .bytes(Int(count))
    }

    static func format(_ limit: QueueProfile.Limit) -> String {
        switch limit {
        case .frames(let count): "\(count) frames"
        case .bytes(let count): count % 1024 == 0 ? SizeText.format(UInt64(count)) : "\(count) bytes"
        }
    }
}
