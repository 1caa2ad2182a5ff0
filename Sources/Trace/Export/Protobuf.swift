/// Encodes messages of Protocol Buffers (protobuf.dev/programming-guides/encoding): fields one after another, as they are
/// appended. What is written here takes a dozen fields of a few messages; the generated code of a library would be
/// thousands of lines for the same bytes.
struct Protobuf {
    /// How a field's value is encoded.
    private enum WireType: UInt64 {
        case varint = 0
        case fixed64 = 1
        case lengthDelimited = 2
    }

    /// A message within a message that is not at its end yet: where its length is to stand.
    struct Open: ~Copyable {
        fileprivate let length: Int
    }

    private(set) var bytes: [UInt8] = []

    /// Forgets what is encoded, and keeps the room. No message may be open.
    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    mutating func reserve(_ count: Int) { bytes.reserveCapacity(count) }

    private mutating func appendTag(_ field: UInt64, _ type: WireType) {
        TraceFormat.append(field << 3 | type.rawValue, to: &bytes)
    }

    /// A field of a type `uint64`, `int64` that is not negative, `uint32`, `int32` likewise, `bool` or an enumeration.
    mutating func append(_ field: UInt64, _ value: UInt64) {
        appendTag(field, .varint)
        // Both formats count in base 128, the lowest digits first.
        TraceFormat.append(value, to: &bytes)
    }

    /// A field of the type `fixed64`.
    mutating func append(_ field: UInt64, fixed value: UInt64) {
        appendTag(field, .fixed64)
        for shift in stride(from: UInt64(0), to: 64, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    /// A field of the type `string`.
    mutating func append(_ field: UInt64, _ text: String) {
        appendTag(field, .lengthDelimited)
        TraceFormat.append(UInt64(text.utf8.count), to: &bytes)
        bytes += text.utf8
    }

    /// Begins a message that is the value of a field: what is appended until `end` is in it.
    mutating func begin(_ field: UInt64) -> Open {
        appendTag(field, .lengthDelimited)
        // Most are shorter than 128 bytes, so that their length is one.
        bytes.append(0)
        return Open(length: bytes.count - 1)
    }

    /// Ends the message that was begun last of those that are open.
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
