/// Encodes Protocol Buffers messages (protobuf.dev/programming-guides/encoding): fields in the order in which they
/// are appended. A Perfetto file needs a few dozen fields; generated code for the same bytes would be thousands of
/// lines.
struct Protobuf {
    /// How a field's value is encoded.
    private enum WireType: UInt64 {
        case varint = 0
        case fixed64 = 1
        case lengthDelimited = 2
    }

    /// An embedded message that has not ended: the position of its length.
    struct Open: ~Copyable {
        fileprivate let length: Int
    }

    private(set) var bytes: [UInt8] = []

    /// Removes all bytes and keeps the capacity. No message may be open.
    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    mutating func reserve(_ count: Int) { bytes.reserveCapacity(count) }

    private mutating func appendTag(_ field: UInt64, _ type: WireType) {
        TraceFormat.append(field << 3 | type.rawValue, to: &bytes)
    }

    /// A field of type `uint64`, `uint32`, `bool` or an enumeration, or a non-negative `int64` or `int32`.
    mutating func append(_ field: UInt64, _ value: UInt64) {
        appendTag(field, .varint)
        // Both formats encode integers in base 128, lowest digits first.
        TraceFormat.append(value, to: &bytes)
    }

    /// A field of type `fixed64`.
    mutating func append(_ field: UInt64, fixed value: UInt64) {
        appendTag(field, .fixed64)
        for shift in stride(from: UInt64(0), to: 64, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    /// A field of type `string`.
    mutating func append(_ field: UInt64, _ text: String) {
        appendTag(field, .lengthDelimited)
        TraceFormat.append(UInt64(text.utf8.count), to: &bytes)
        bytes += text.utf8
    }

    /// Begins a message as the value of a field; it contains what is appended until `end`.
    mutating func begin(_ field: UInt64) -> Open {
        appendTag(field, .lengthDelimited)
        // Most messages are shorter than 128 bytes: their length takes one byte.
        bytes.append(0)
        return Open(length: bytes.count - 1)
    }

    /// Ends the innermost open message.
    mutating func end(_ message: consuming Open) {
        let length = bytes.count - message.length - 1
        if length < 0x80 {
            bytes[message.length] = UInt8(length)
        } else {
            var digits: [UInt8] = []
            TraceFormat.append(UInt64(length), to: &digits)
            bytes.replaceSubrange(message.length...message.length, with: digits)
        }
    }
}
