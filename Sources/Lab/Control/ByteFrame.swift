/// Frames of a stream, as machines' inits and visitors send them: `u32` length of the payload, `u8` type, payload; little-endian.
enum ByteFrame {
    /// A payload of so many bytes is longer than it may be.
    struct TooLong: Error {
        let length: Int
    }

    private static let head = 5

    static func bytes(_ type: UInt8, _ payload: [UInt8]) -> [UInt8] {
        let length = UInt32(payload.count)
        return (0..<4).map { UInt8(truncatingIfNeeded: length >> (8 * UInt32($0))) } + [type] + payload
    }

    /// The frame that begins at `place`, which moves behind it; nil while it is not complete.
    static func next(in bytes: [UInt8], at place: inout Int, limit: Int) throws(TooLong)
        -> (type: UInt8, payload: [UInt8])?
    {
        guard bytes.count - place >= head else { return nil }
        let length = (0..<4).reduce(0) { $0 | Int(bytes[place + $1]) << (8 * $1) }
        guard length <= limit else { throw TooLong(length: length) }
        guard bytes.count - place >= head + length else { return nil }
        let start = place + head
        defer { place = start + length }
        return (bytes[place + 4], Array(bytes[start..<(start + length)]))
    }
}
