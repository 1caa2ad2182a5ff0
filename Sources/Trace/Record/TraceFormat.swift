internal import Calendar

/// The file `trace.almt`: a magic number, a version, the length of a header in JSON, the header, and blocks of records.
///
/// A block is a kind (a byte), the length of its records, the length of what follows and Adler-32 of the records (each 4 bytes, the
/// lowest first), and the records: compressed in zlib's format (RFC 1950), or as they are in a block that is still open. The final
/// block takes an open block's place; while the file is shortened to it, a byte `rest` stands behind it. What is in a block
/// depends only on the records. Version 1 has no blocks: the records follow the header.
///
/// A record is a kind (a byte), the time since the record before (ns, unsigned), the participant, as many fields as the kind
/// has, and for kinds with words their length and UTF-8. Numbers are in base 128, the lowest seven bits first, all bytes
/// but the last with their highest bit set (LEB128). Records stand in the order of (time, island, what happened first in the
/// island). `checkpoint`s hold the number of events before them and the hash of all; at the end come one `digest` for each
/// participant and a `last` checkpoint. A file without that was not finished: everything before its end is good.
enum TraceFormat {
    static let magic: [UInt8] = Array("almtrace".utf8)
    static let version: UInt64 = 2
    /// The version without blocks, which is read and no longer written.
    static let versionWithoutBlocks: UInt64 = 1

    /// Records that are not events.
    enum Mark: UInt8 {
        case checkpoint = 0xf0
        case digest = 0xf1
        case last = 0xf2
    }

    /// Kinds of blocks.
    enum Block: UInt8 {
        /// Nothing that follows counts.
        case rest = 0
        case compressed = 1
        /// Grows, and is compressed later.
        case open = 2

        /// Bytes before the records.
        static let headerSize = 13
        /// A block is complete when it has this many bytes of records.
        static let size = 64 * 1024
        /// Largest block that is read, bytes, compressed or not.
        static let limit = 1024 * 1024
    }

    /// Events between two checkpoints.
    static let checkpointInterval: UInt64 = 8192
    /// Longest header, bytes: 16384 machines with long commands.
    static let headerLimit = 256 * 1024 * 1024
    /// Longest text of an event, bytes; more is cut.
    static let textLimit = 4096

    /// A text of at most `textLimit` bytes: what is longer ends with the last whole scalar value that fits.
    static func cut(_ text: String) -> String {
        guard text.utf8.count > textLimit else { return text }
        var end = text.utf8.index(text.startIndex, offsetBy: textLimit)
        while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
        return String(text.unicodeScalars[..<end])
    }

    @inline(__always)
    static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        var value = value
        while value >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: value))
    }

    static func append(_ event: TraceEvent, after last: UInt64, to bytes: inout [UInt8]) {
        bytes.append(event.kind.rawValue)
        append(event.time.nanoseconds - last, to: &bytes)
        append(UInt64(event.participant), to: &bytes)
        for index in 0..<event.kind.fieldCount { append(event.fields[index], to: &bytes) }
        guard event.kind.hasText else { return }
        append(UInt64(event.text.utf8.count), to: &bytes)
        bytes += event.text.utf8
    }
}
