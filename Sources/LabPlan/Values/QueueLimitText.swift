internal import Network

/// How much may wait: `100 frames`, `64K`, `1500 bytes`.
enum QueueLimitText {
    private static let mostFrames = 1_000_000
    private static let mostBytes = 1 << 30

    static func parse(_ text: String) throws(TextError) -> QueueProfile.Limit {
        let words = text.split(separator: " ")
        if words.count == 2, let count: Int = DecimalText.integer(words[0]) {
            switch words[1] {
            case "frame", "frames":
                guard (1...mostFrames).contains(count) else {
                    throw TextError("\(quoted(text)) is not 1 to \(mostFrames) frames")
                }
                return .frames(count)
            case "byte", "bytes": return try bytes(UInt64(count), text)
            default: break
            }
        }
        guard let last = text.last, last.isLetter, words.count == 1 else {
            throw TextError("\(quoted(text)) says no unit: '100 frames', '1500 bytes' and 64K do")
        }
        return try bytes(try SizeText.parse(text), text)
    }

    private static func bytes(_ count: UInt64, _ text: String) throws(TextError) -> QueueProfile.Limit {
        guard count > 0, count <= mostBytes else { throw TextError("\(quoted(text)) is not 1 byte to 1G") }
        return .bytes(Int(count))
    }

    static func format(_ limit: QueueProfile.Limit) -> String {
        switch limit {
        case .frames(let count): "\(count) frames"
        case .bytes(let count): count % 1024 == 0 ? SizeText.format(UInt64(count)) : "\(count) bytes"
        }
    }
}
