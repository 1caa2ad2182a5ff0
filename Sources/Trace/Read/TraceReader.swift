internal import Calendar
internal import Posix
internal import SystemPackage

/// Why a trace cannot be read: one line with the file, the position and the cause.
package struct TraceError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
    /// Whether the file is a trace with damaged contents.
    package let isDamage: Bool

    package init(_ description: String, isDamage: Bool = false) {
        self.description = description
        self.isDamage = isDamage
    }
}

/// Reads the events of a trace file in order. Works while the file grows, and on a file whose writer was killed.
package final class TraceReader {
    /// How a trace ends.
    package struct Ending: Hashable, Sendable {
        package var count: UInt64
        /// Hash of all events.
        package var hash: UInt64
        /// Hash of the events of each participant, by identity; 0 is the lab.
        package var digests: [UInt64]
    }

    package let path: String
    package let header: TraceHeader
    private var source: TraceSource
    private var buffer: [UInt8] = []
    private var position = 0
    private var time: UInt64 = 0
    private var whole = TraceHash()
    private var digests: [UInt64] = []
    /// Events read so far.
    package private(set) var count: UInt64 = 0
    /// Hash of the events read so far.
    package var hash: UInt64 { whole.value }
    /// Bytes of the file that were read.
    package var byteCount: Int { source.byteCount }
    /// How the trace ends; nil before its end and for an unfinished trace.
    package private(set) var ending: Ending?

    /// Opens the trace at `path` and reads its header.
    ///
    /// - Parameter mayBeWritten: its run may continue, so what looks damaged is read again for 0.1 s.
    package init(path: String, mayBeWritten: Bool = false) throws(TraceError) {
        self.path = path
        let file: Descriptor
        do throws(Errno) {
            file = try Posix.open(path, .readOnly)
        } catch {
            throw TraceError("cannot read \(path): \(error)")
        }
        let magic = TraceFormat.magic
        let start = try TraceSource.read(file, magic.count + 20, at: 0, path)
        guard start.starts(with: magic) else { throw TraceError("\(path) is not a trace") }
        var scanner = Scanner(at: magic.count)
        guard let version = scanner.number(start) else { throw TraceError("\(path) ends in its header") }
        guard (TraceFormat.versionWithoutBlocks...TraceFormat.version).contains(version) else {
            throw TraceError(
                "\(path) is a trace of version \(version); this almanac reads versions up to \(TraceFormat.version)"
            )
        }
        guard let length = scanner.number(start), length <= UInt64(TraceFormat.headerLimit),
            case let json = try TraceSource.read(file, Int(length), at: UInt64(scanner.position), path),
            json.count == Int(length), let header = TraceHeader.read(json)
        else { throw TraceError("\(path) has a damaged header", isDamage: true) }
        self.header = header
        source = TraceSource(
            path: path, file: file, hasBlocks: version != TraceFormat.versionWithoutBlocks,
            mayBeWritten: mayBeWritten,
            place: UInt64(scanner.position + json.count))
    }

    /// The next event; nil at the end of the file. It may be called again when the file has grown.
    package func next() throws(TraceError) -> TraceEvent? {
        while ending == nil {
            var scanner = Scanner(at: position)
            switch scanner.record(buffer, after: time) {
            case .event(let event):
                position = scanner.position
                time = event.time.nanoseconds
                whole.add(event)
                count += 1
                return event
            case .mark(let mark, let first, let second):
                position = scanner.position
                try take(mark, first, second)
            case .incomplete:
                buffer.removeFirst(position)
                position = 0
                guard let records = try source.next() else { return nil }
                buffer += records
            case .damaged(let what):
                throw TraceError("\(path) is damaged before byte \(byteCount): \(what)", isDamage: true)
            }
        }
        return nil
    }

    private func take(_ mark: TraceFormat.Mark, _ first: UInt64, _ second: UInt64) throws(TraceError) {
        if mark == .digest { return digests.append(second) }
        guard first == count, second == whole.value else {
            throw TraceError(
                "\(path) is damaged before byte \(byteCount): its events differ from what was written",
                isDamage: true)
        }
        if mark == .last { ending = Ending(count: first, hash: second, digests: digests) }
    }
}

/// Parses numbers and records.
private struct Scanner {
    enum Record {
        case event(TraceEvent)
        case mark(TraceFormat.Mark, UInt64, UInt64)
        case incomplete
        case damaged(String)
    }

    var position: Int
    private var isTooLong = false

    init(at position: Int) { self.position = position }

    /// Nil if the bytes end within the number or the number is too long.
    mutating func number(_ bytes: [UInt8]) -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if shift == 63, byte > 1 {
                isTooLong = true
                return nil
            }
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        return nil
    }

    private var shortage: Record { isTooLong ? .damaged("a number of more than 64 bits") : .incomplete }

    mutating func record(_ bytes: [UInt8], after last: UInt64) -> Record {
        guard position < bytes.count else { return .incomplete }
        let code = bytes[position]
        position += 1
        if let mark = TraceFormat.Mark(rawValue: code) {
            guard let first = number(bytes), let second = number(bytes) else { return shortage }
            return .mark(mark, first, second)
        }
        guard let kind = TraceEvent.Kind(rawValue: code) else {
            return .damaged("unknown kind of event \(code)")
        }
        guard let delta = number(bytes), let participant = number(bytes) else { return shortage }
        let (time, overflow) = last.addingReportingOverflow(delta)
        guard !overflow, let who = UInt32(exactly: participant) else {
            return .damaged("a number is too large")
        }
        var event = TraceEvent(time: Instant(nanoseconds: time), participant: who, kind: kind)
        for index in 0..<kind.fieldCount {
            guard let value = number(bytes) else { return shortage }
            event.fields[index] = value
        }
        guard kind.hasText else { return .event(event) }
        guard let length = number(bytes) else { return shortage }
        guard length <= UInt64(TraceFormat.textLimit) else { return .damaged("a text of \(length) bytes") }
        guard bytes.count - position >= Int(length) else { return .incomplete }
        event.text = String(decoding: bytes[position..<position + Int(length)], as: UTF8.self)
        position += Int(length)
        return .event(event)
    }
}
