internal import Calendar
internal import Posix
internal import Report
internal import Trace

/// Traces: what a recorder writes, with changes; read, counted, compared, exported, drawn.
final class TraceWorld: FuzzWorld {
    private let file: ScratchFile
    private let good: ScratchFile
    private var path: String { file.path }
    private var goodPath: String { good.path }

    init() throws {
        file = try ScratchFile()
        good = try ScratchFile()
    }

    func run(_ random: inout FuzzRandom) throws -> String {
        var writer = TraceBytes(&random)
        for _ in 0..<random.below(30) { writer.append(&random) }
        writer.finish()
        if random.oneIn(2) { writer.packIntoBlocks(&random) }
        try good.replace(with: writer.bytes)
        try checkGood(writer)
        var bytes = writer.bytes
        guard !random.oneIn(4) else { return try use(goodPath, &random) }
        // Its header too, but not always: most of it is JSON.
        var tail = Array(bytes[(random.oneIn(8) ? 0 : writer.headerEnd)...])
        bytes.removeLast(tail.count)
        random.mutate(&tail)
        try file.replace(with: bytes + tail)
        do {
            return try use(path, &random)
        } catch let error as TraceError {
            return try Outcome.of(String(error.description.dropFirst(path.count)))
        }
    }

    /// The unchanged trace is read to its end, whatever was read before.
    private func checkGood(_ writer: TraceBytes) throws {
        let reader = try TraceReader(path: goodPath)
        while try reader.next() != nil {}
        guard reader.ending?.hash == writer.hash, reader.count == writer.count else {
            throw FuzzFailure("a good trace of \(writer.count) events is read as \(reader.count) events")
        }
    }

    /// One of those who read traces.
    private func use(_ path: String, _ random: inout FuzzRandom) throws -> String {
        switch random.below(40) {
        case 0..<12:
            let statistics = try TraceStatistics(TraceReader(path: path))
            guard statistics.text().utf8.count > 0 else { throw FuzzFailure("statistics without a text") }
            return "counted"
        case 12..<24:
            let first = try TraceReader(path: path)
            let comparison = try TraceComparison(first, TraceReader(path: goodPath))
            let text = comparison.text(first.header, names: ("a", "b"))
            guard comparison.areEqual == text.hasPrefix("equal: ") else { throw FuzzFailure("'\(text)'") }
            return comparison.areEqual ? "compared: equal" : "compared: different"
        case 24..<36:
            let reader = try TraceReader(path: path)
            let written = try PerfettoExport.write(reader, to: "/dev/null") { _ in ["a line"] }
            guard written.packets > 0 else { throw FuzzFailure("an export without a packet") }
            return "exported"
        case 36:
            let page = try TimelineReport.html(
                trace: path, summary: nil, files: .init(console: { _ in ["a line"] }))
            guard page.utf8.count > 0 else { throw FuzzFailure("a page without a text") }
            return "drawn"
        default:
            let reader = try TraceReader(path: path)
            while let event = try reader.next() {
                guard !event.line(reader.header).isEmpty else { throw FuzzFailure("an event without a text") }
            }
            return reader.ending == nil ? "printed as far as it goes" : "printed"
        }
    }
}

/// The bytes of a trace, made by hand: docs of `TraceFormat`.
private struct TraceBytes {
    private static let participants =
        #"[{"id":1,"name":"m1","island":0,"interfaces":[{"name":"eth0","network":0,"mac":"02:00:00:00:00:01"}],"commands":["x","y"]},{"id":2,"name":"m2","model":"echo","island":1,"interfaces":[],"commands":[]}]"#
    private static let headers = ["full", "events"].map { level in
        Array(
            #"{"lab":"l","seed":1,"start":1700000000000000000,"level":"\#(level)","participants":\#(participants),"networks":[{"name":"lan","latency":1000}]}"#
                .utf8)
    }
    private static let texts = [
        "", "m1 is killed", "m1 boots again", "m1 restarts", "m1 is paused", "m1 is paused is over",
        "m2 is killed",
        "lan/m1: loss 5%", "lan/m1: loss 5% is over", "lan/m1 in: loss 5%", "partition [m1] [m2]",
        "partition [m1] [m2] is over", "m1: clock +3s", "m1: drift 5ppm", " is over", ":", "/", "é: ",
    ]

    private(set) var bytes: [UInt8]
    let headerEnd: Int
    private var sum = TraceHash()
    private(set) var count: UInt64 = 0
    private var time: UInt64 = 0

    var hash: UInt64 { sum.value }

    init(_ random: inout FuzzRandom) {
        let header = random.pick(Self.headers)
        bytes = Array("almtrace".utf8)
        Self.number(1, &bytes)
        Self.number(UInt64(header.count), &bytes)
        bytes += header
        headerEnd = bytes.count
    }

    /// A number as a trace has it: seven bits a byte, the lowest first.
    private static func number(_ value: UInt64, _ bytes: inout [UInt8]) {
        var value = value
        while value >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: value))
    }

    mutating func append(_ random: inout FuzzRandom) {
        let kind = random.pick(TraceEvent.Kind.allCases)
        let delta = random.oneIn(30) ? random.number() : random.next() % 100_000
        let participant = random.oneIn(30) ? random.number() & 0xffff_ffff : random.next() % 3
        guard !time.addingReportingOverflow(delta).overflow else { return }
        time += delta
        bytes.append(kind.rawValue)
        Self.number(delta, &bytes)
        Self.number(participant, &bytes)
        sum.add(time)
        sum.add(UInt64(kind.rawValue) << 32 | participant)
        for _ in kind.fields {
            let value = random.oneIn(8) ? random.number() : random.next() % 4
            Self.number(value, &bytes)
            sum.add(value)
        }
        if [.leave, .end, .problem, .fault, .drop].contains(kind) {
            let text = Array(random.pick(Self.texts).utf8)
            Self.number(UInt64(text.count), &bytes)
            bytes += text
            sum.add(text)
        }
        count += 1
        if random.oneIn(40) { mark(0xf0, count, hash) }
    }

    mutating func finish() {
        for participant in 0..<3 { mark(0xf1, UInt64(participant), 7) }
        mark(0xf2, count, hash)
    }

    /// Makes it a trace of version 2: its records in blocks, of which the last can be open.
    mutating func packIntoBlocks(_ random: inout FuzzRandom) {
        var rest = bytes[headerEnd...]
        bytes = Array(bytes[..<headerEnd])
        bytes[8] = 2
        while !rest.isEmpty {
            let records = Array(rest.prefix(random.oneIn(2) ? rest.count : 1 + random.below(100)))
            rest = rest.dropFirst(records.count)
            let isOpen = rest.isEmpty && random.oneIn(2)
            let contents = isOpen ? records : Compression.compress(records)
            bytes.append(isOpen ? 2 : 1)
            for number in [UInt32(records.count), UInt32(contents.count), Compression.checksum(records)] {
                for shift in [0, 8, 16, 24] {
                    bytes.append(UInt8(truncatingIfNeeded: number >> UInt32(shift)))
                }
            }
            bytes += contents
        }
    }

    private mutating func mark(_ code: UInt8, _ first: UInt64, _ second: UInt64) {
        bytes.append(code)
        Self.number(first, &bytes)
        Self.number(second, &bytes)
    }
}
