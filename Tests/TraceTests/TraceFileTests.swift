import Calendar
import Foundation
import Posix
import Testing
import Trace

/// Traces written and read back, whole and cut.
struct TraceFileTests {
    static let header = TraceHeader(
        lab: "test", seed: 7, start: 1_767_225_600_000_000_000, level: .full,
        participants: (1...3).map {
            .init(
                id: UInt32($0), name: "m\($0)", model: nil, island: $0 - 1,
                interfaces: [.init(name: "eth0", network: 0, mac: "02:00:00:00:00:0\($0)", address: nil)],
                commands: [])
        }, networks: [.init(name: "lan", latency: 1_000_000)])

    static func path() -> String {
        FileManager.default.temporaryDirectory.path + "/almanac-\(UUID().uuidString).almt"
    }

    /// Events of three islands in the order in which `jobs` islands at a time would stage them.
    private func write(_ path: String, rotation: Int, events: Int = 20000) throws {
        let recorder = try TraceRecorder(path: path, header: Self.header, level: .full)
        var written: UInt64 = 0
        for window in 0..<events / 60 {
            for turn in 0..<3 {
                let participant = UInt64((turn + rotation) % 3 + 1)
                for step in 0..<20 {
                    let time = UInt64(window * 1000 + step * 40)
                    recorder.record(
                        .wait, participant, at: Instant(nanoseconds: time), UInt64(step), participant)
                }
            }
            recorder.record(
                .problem, 1, at: Instant(nanoseconds: UInt64(window * 1000 + 999)), text: "a word")
            written += 61
            if window.isMultiple(of: rotation + 2) {
                recorder.flush(before: Instant(nanoseconds: UInt64(window * 1000 + 500)))
            }
        }
        recorder.finish()
        #expect(recorder.count == written)
        #expect(recorder.failure == nil)
    }

    private func read(_ path: String) throws -> (events: [TraceEvent], ending: TraceReader.Ending?) {
        let reader = try TraceReader(path: path)
        #expect(reader.header == Self.header)
        var events: [TraceEvent] = []
        while let event = try reader.next() { events.append(event) }
        return (events, reader.ending)
    }

    @Test func whatIsWrittenIsReadInOrder() throws {
        let path = Self.path()
        defer { try? FileManager.default.removeItem(atPath: path) }
        try write(path, rotation: 0)
        let (events, ending) = try read(path)
        #expect(ending?.count == UInt64(events.count))
        #expect(ending?.digests.count == 4)
        #expect(zip(events, events.dropFirst()).allSatisfy { $0.time <= $1.time })
        #expect(
            events.filter { $0.kind == .problem }.allSatisfy { $0.text == "a word" && $0.participant == 1 })
    }

    @Test func theFileDoesNotDependOnWhoRanFirstOrOnWhenItIsWritten() throws {
        let paths = (0..<3).map { _ in Self.path() }
        defer { for path in paths { try? FileManager.default.removeItem(atPath: path) } }
        for (rotation, path) in paths.enumerated() { try write(path, rotation: rotation) }
        let files = paths.map { FileManager.default.contents(atPath: $0) }
        #expect(files[0] != nil)
        #expect(files[0] == files[1])
        #expect(files[0] == files[2])
    }

    @Test func aTraceIsReadableUpToAnyByteAtWhichItsWriterDied() throws {
        let path = Self.path()
        defer { try? FileManager.default.removeItem(atPath: path) }
        try write(path, rotation: 0, events: 240)
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        let all = try read(path).events
        let headerEnd = whole.count - (try eventBytes(path))
        for length in headerEnd..<whole.count {
            try whole.prefix(length).write(to: URL(fileURLWithPath: path))
            let (events, ending) = try read(path)
            #expect(ending == nil)
            #expect(events == Array(all.prefix(events.count)))
        }
        for length in 0..<headerEnd {
            try whole.prefix(length).write(to: URL(fileURLWithPath: path))
            #expect(throws: TraceError.self) { try read(path) }
        }
    }

    private func eventBytes(_ path: String) throws -> Int {
        let empty = Self.path()
        defer { try? FileManager.default.removeItem(atPath: empty) }
        let recorder = try TraceRecorder(path: empty, header: Self.header, level: .full)
        let all = try Data(contentsOf: URL(fileURLWithPath: path)).count
        let header = try Data(contentsOf: URL(fileURLWithPath: empty)).count
        #expect(recorder.count == 0)
        return all - header
    }

    @Test func aFlippedBitIsFound() throws {
        let path = Self.path()
        defer { try? FileManager.default.removeItem(atPath: path) }
        try write(path, rotation: 0, events: 240)
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: URL(fileURLWithPath: path))
        #expect(throws: TraceError.self) { try read(path) }
    }

    @Test func aTraceIsReadWhileItGrows() throws {
        let path = Self.path()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let recorder = try TraceRecorder(path: path, header: Self.header, level: .full)
        let reader = try TraceReader(path: path)
        #expect(try reader.next() == nil)
        recorder.record(.up, 2, at: Instant(nanoseconds: 5))
        recorder.record(.up, 1, at: Instant(nanoseconds: 9))
        recorder.flush(before: Instant(nanoseconds: 6))
        recorder.sync()
        #expect(try reader.next() == TraceEvent(time: Instant(nanoseconds: 5), participant: 2, kind: .up))
        #expect(try reader.next() == nil)
        recorder.finish()
        #expect(try reader.next()?.participant == 1)
        #expect(try reader.next() == nil)
        #expect(reader.ending?.count == 2)
    }

    /// A block that is open is read, then its rest when it is complete, whatever was read before.
    @Test(arguments: [1, 7, 1000]) func blocksAreReadBeforeAndAfterTheyAreComplete(step: Int) throws {
        let path = Self.path()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let recorder = try TraceRecorder(path: path, header: Self.header, level: .full)
        let reader = try TraceReader(path: path)
        var (written, read): (UInt64, UInt64) = (0, 0)
        for round in 0..<300 {
            for _ in 0..<(round.isMultiple(of: 50) ? 20_000 : step) {
                recorder.record(.get, 1, at: Instant(nanoseconds: written * 1000), written)
                written += 1
            }
            recorder.flush(before: .never)
            recorder.sync()
            while let event = try reader.next() {
                #expect(event.time.nanoseconds == read * 1000)
                read += 1
            }
            #expect(read == written)
        }
        recorder.finish()
        #expect(try reader.next() == nil)
        #expect(reader.ending?.count == written)
        // The end of the last block is the end of the file.
        #expect(reader.byteCount == (try Data(contentsOf: URL(fileURLWithPath: path)).count))
    }

    /// Someone reads all the time, also while a complete block takes the place of an open one.
    @Test func aTraceIsReadWhileItIsBeingWritten() async throws {
        let path = Self.path()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let writer = try TraceRecorder(path: path, header: Self.header, level: .full)
        let count: UInt64 = 400_000
        let reading = Task.detached {
            let reader = try TraceReader(path: path, mayBeWritten: true)
            var read: UInt64 = 0
            while reader.ending == nil {
                while let event = try reader.next() {
                    guard event.time.nanoseconds == read * 1000 else { return read }
                    read += 1
                }
            }
            return read
        }
        for number in 0..<count {
            writer.record(.get, 1, at: Instant(nanoseconds: number * 1000), number &* 0x9e37_79b9_7f4a_7c15)
            if number.isMultiple(of: 500) {
                writer.flush(before: .never)
                writer.sync()
            }
        }
        writer.finish()
        #expect(try await reading.value == count)
    }

    /// Version 1 has the records right behind the header.
    @Test func tracesWithoutBlocksAreRead() throws {
        let path = Self.path()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let json = Array(
            #"{"lab":"l","seed":1,"start":5,"level":"full","participants":[],"networks":[]}"#.utf8)
        var hash = TraceHash()
        for word: UInt64 in [3, UInt64(TraceEvent.Kind.up.rawValue) << 32] { hash.add(word) }
        var bytes = Array("almtrace".utf8) + [1, UInt8(json.count)] + json
        bytes += [TraceEvent.Kind.up.rawValue, 3, 0, 0xf2, 1]
        var value = hash.value
        while value >= 0x80 {
            bytes.append(UInt8(value & 0x7f) | 0x80)
            value >>= 7
        }
        bytes.append(UInt8(value))
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        let reader = try TraceReader(path: path)
        #expect(try reader.next() == TraceEvent(time: Instant(nanoseconds: 3), participant: 0, kind: .up))
        #expect(try reader.next() == nil)
        #expect(reader.ending?.hash == hash.value)
        #expect(reader.byteCount == bytes.count)
    }

    /// What machines repeat takes a quarter of its records or less.
    @Test func repeatedPatternsTakeLittle() throws {
        let path = Self.path()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let recorder = try TraceRecorder(path: path, header: Self.header, level: .full)
        for round in UInt64(0)..<20_000 {
            let time = round * 60_000_000_000
            recorder.record(.run, round % 3 + 1, at: Instant(nanoseconds: time), 4_000_000_000)
            recorder.record(.request, round % 3 + 1, at: Instant(nanoseconds: time), 180_000_000_000)
            recorder.record(.wait, round % 3 + 1, at: Instant(nanoseconds: time), 180_000_000_000)
        }
        recorder.finish()
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)).count < 60_000 * 4)
    }

    /// What the host makes happen may come after later things have been written.
    @Test func timeNeverGoesBack() throws {
        let path = Self.path()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let recorder = try TraceRecorder(path: path, header: Self.header, level: .full)
        recorder.record(.up, 2, at: Instant(nanoseconds: 50))
        recorder.flush(before: .never)
        recorder.record(.problem, 0, at: Instant(nanoseconds: 40), text: "interrupted")
        recorder.record(.up, 1, at: Instant(nanoseconds: 60))
        recorder.finish()
        #expect(try read(path).events.map(\.time.nanoseconds) == [50, 50, 60])
    }

    @Test func whatCannotBeWrittenYetDoesNotMakeItFull() throws {
        let path = Self.path()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let recorder = try TraceRecorder(path: path, header: Self.header, level: .full)
        var flushes = 0
        for time in 0..<100_000 {
            recorder.record(.get, 1, at: Instant(nanoseconds: UInt64(time + 10)))
            guard recorder.isFull else { continue }
            recorder.flush(before: Instant(nanoseconds: 5))
            flushes += 1
        }
        #expect((1...10).contains(flushes))
        recorder.finish()
        #expect(recorder.count == 100_000)
    }

    @Test func detailsAreLeftOutAtTheLevelOfEvents() throws {
        let path = Self.path()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let recorder = try TraceRecorder(path: path, header: Self.header, level: .events)
        for kind in TraceEvent.Kind.allCases { recorder.record(kind, 1, at: .zero) }
        recorder.finish()
        let kinds = try read(path).events.map(\.kind)
        let details: [TraceEvent.Kind] = [.run, .lower, .request, .wait, .update, .get, .kick, .interrupt]
        #expect(kinds == TraceEvent.Kind.allCases.filter { !details.contains($0) })
        #expect(kinds.contains(.leave) && kinds.contains(.start) && !kinds.contains(.run))
    }

    /// With an event always staged ahead of the others, texts that are written are released all the same.
    @Test func writtenTextsAreNotKept() throws {
        let path = Self.path()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let recorder = try TraceRecorder(path: path, header: Self.header, level: .full)
        recorder.record(.problem, 1, at: Instant(nanoseconds: 1 << 40), text: "far ahead")
        for number in UInt64(0)..<1000 {
            recorder.record(.problem, 2, at: Instant(nanoseconds: number * 2), text: "word \(number)")
            recorder.record(.problem, 3, at: Instant(nanoseconds: number * 2 + 1), text: "other \(number)")
            recorder.flush(before: Instant(nanoseconds: number * 2 + 1))
            #expect(recorder.textCount <= 3)
        }
        recorder.finish()
        let texts = try read(path).events.map(\.text)
        let expected = (0..<1000).flatMap { ["word \($0)", "other \($0)"] } + ["far ahead"]
        #expect(texts == expected)
    }

    /// Bytes of UTF-8 are what is limited, and no character's code is cut.
    @Test(arguments: ["x", "é", "€", "\u{1f600}", "e\u{301}"]) func longTextsAreCut(unit: String) throws {
        let path = Self.path()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let recorder = try TraceRecorder(path: path, header: Self.header, level: .full)
        let whole = "." + String(repeating: unit, count: 5000)
        recorder.record(.problem, 1, at: .zero, text: whole)
        recorder.record(.problem, 1, at: .zero, text: String(repeating: unit, count: 4096 / unit.utf8.count))
        recorder.finish()
        let texts = try read(path).events.map(\.text)
        #expect(whole.utf8.starts(with: texts[0].utf8))
        #expect((4092...4096).contains(texts[0].utf8.count))
        #expect(texts[1].utf8.count == 4096 / unit.utf8.count * unit.utf8.count)
    }

    @Test func aDetailTakesFewBytes() throws {
        let path = Self.path()
        defer { try? FileManager.default.removeItem(atPath: path) }
        try write(path, rotation: 0)
        let count = UInt64(try read(path).events.count)
        #expect(UInt64(try eventBytes(path)) < 24 * count)
    }

    @Test func everyKindHasAsManyFieldsAsItSays() throws {
        let path = Self.path()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let recorder = try TraceRecorder(path: path, header: Self.header, level: .full)
        for kind in TraceEvent.Kind.allCases {
            recorder.record(kind, 1, at: .zero, text: "", .init(1, 2, .max))
        }
        recorder.finish()
        for event in try read(path).events {
            let expected: [UInt64] = [1, 2, .max]
            for (index, value) in expected.enumerated() {
                #expect(event.fields[index] == (index < event.kind.fields.count ? value : 0), "\(event.kind)")
            }
        }
    }
}
