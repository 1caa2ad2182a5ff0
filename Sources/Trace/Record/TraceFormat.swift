internal import Calendar

/// The file `trace.almt`: a magic number, a version, a header in JSON, and records.
///
/// A record is a kind (a byte), the time since the record before (ns, unsigned), the participant, as many fields as the kind
/// has, and for kinds with words their length and UTF-8. Numbers are in base 128, the lowest seven bits first, all bytes
/// but the last with their highest bit set (LEB128). Records stand in the order of (time, island, what happened first in the
/// island). `checkpoint`s hold the number of events before them and the hash of all; at the end come one `digest` for each
/// participant and a `last` checkpoint. A file without that was not finished: everything before its end is good.
enum TraceFormat {
    static let magic: [UInt8] = Array("almtrace".utf8)
    static let version: UInt64 = 1

    /// Records that are not events.
    enum Mark: UInt8 {
        case checkpoint = 0xf0
        case digest = 0xf1
        case last = 0xf2
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
