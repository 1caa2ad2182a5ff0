import Calendar
import Foundation
import Testing
import Trace

/// What is counted from traces made by hand.
struct TraceStatisticsTests {
    /// Two machines and a model on one network.
    static let header = TraceHeader(
        lab: "test", seed: 7, start: 1_767_225_600_000_000_000, level: .full,
        participants: [("a", nil), ("b", nil), ("echo", "echo")].enumerated().map { index, one in
            .init(
                id: UInt32(index + 1), name: one.0, model: one.1, island: 0,
                interfaces: [.init(name: "eth0", network: 0, mac: "02:00:00:00:00:01", address: nil)],
                commands: ["true"])
        }, networks: [.init(name: "lan", latency: 1000)])

    /// The statistics of what `write` records.
    static func statistics(
        _ header: TraceHeader = Self.header, level: TraceLevel = .full, finishes: Bool = true,
        write: (TraceRecorder) -> Void
    ) throws -> (statistics: TraceStatistics, recorder: TraceRecorder, bytes: Int) {
        let path = TraceFileTests.path()
        defer { try? FileManager.default.removeItem(atPath: path) }
        var header = header
        header.level = level.rawValue
        let recorder = try TraceRecorder(path: path, header: header, level: level)
        write(recorder)
        if finishes {
            recorder.finish()
        } else {
            recorder.flush(before: Instant(nanoseconds: .max))
            recorder.sync()
        }
        let statistics = try TraceStatistics(TraceReader(path: path))
        return (statistics, recorder, try Data(contentsOf: URL(fileURLWithPath: path)).count)
    }

    /// a starts, runs at 100 for 50 and 30, sends at 150; b gets that at 1180 and runs, and sends at 1500; the lab and b
    /// reach a at 2000.
    static func write(_ recorder: TraceRecorder) {
        func record(
            _ kind: TraceEvent.Kind, _ who: UInt64, _ at: UInt64, _ first: UInt64 = 0, _ second: UInt64 = 0,
            _ third: UInt64 = 0
        ) { recorder.record(kind, who, at: Instant(nanoseconds: at), first, second, third) }
        record(.start, 1, 0)
        record(.request, 1, 0, 101)
        record(.wait, 1, 0, 0, 101)
        record(.start, 2, 0)
        record(.get, 2, 0)
        record(.wait, 2, 0, 40, 0)
        record(.commandStart, 1, 0, 1)
        record(.run, 1, 100, 1000)
        record(.update, 1, 150, 50)
        record(.kick, 1, 150, 1)
        record(.send, 1, 150, 1, 60, 7)
        record(.lower, 1, 150, 1000)
        record(.wait, 1, 150, 30, 0)
        record(.send, 1, 150, 1, 1514, 8)
        record(.console, 1, 180, 5, 9)
        record(.deliver, 2, 1180, 1, 1, 1)
        record(.interrupt, 2, 1180, 1, 0)
        record(.run, 2, 1180, 500)
        record(.wait, 2, 1180, 20, 301)
        recorder.record(
            .drop, 2, at: Instant(nanoseconds: 1190), text: "the receiver has no room", .init(1, 1, 2))
        record(.run, 2, 1500, 500)
        record(.wait, 2, 1500, 0, 0)
        record(.send, 2, 1500, 1, 42, 9)
        record(.controlOut, 1, 2000, 3, 4)
        record(.deliver, 1, 2000, 1, 2, 1)
        record(.run, 1, 2000, 500)
        record(.wait, 1, 2000, 700, 0)
        record(.alarm, 0, 2500, 1)
    }

    @Test func everyParticipantIsCounted() throws {
        let (statistics, _, _) = try Self.statistics(write: Self.write)
        let (a, b, echo) = (
            statistics.participants[0], statistics.participants[1], statistics.participants[2]
        )
        #expect([a, b, echo].map(\.name) == ["a", "b", "echo"])
        #expect([a, b, echo].map(\.turns) == [3, 3, 0])
        #expect([a, b, echo].map(\.messages) == [8, 6, 0])
        #expect([a, b, echo].map(\.notifications) == [1, 1, 0])
        #expect([a, b, echo].map(\.freeRunning) == [780, 60, 0])
        #expect([a.sent.frames, a.sent.bytes, b.sent.frames, b.sent.bytes] == [2, 1574, 1, 42])
        #expect([a.delivered.frames, a.delivered.bytes] == [1, 42])
        #expect([b.delivered.frames, b.delivered.bytes] == [1, 60])
        #expect([b.dropped.frames, b.dropped.bytes] == [1, 1514])
        #expect([a.consoleLines, a.commands, b.consoleLines, b.commands] == [1, 1, 0, 0])
        #expect([a, b, echo].map(statistics.idle) == [1920, 2640, 2700])
    }

    @Test func whyFramesWereDroppedIsCounted() throws {
        let (statistics, _, _) = try Self.statistics { recorder in
            Self.write(recorder)
            for frame: UInt64 in 1...2 {
                recorder.record(
                    .drop, 2, at: Instant(nanoseconds: 2600), text: "cut off", .init(1, 1, frame))
            }
            for text in ["partition a | b", "partition a | b is over", "a: clock +3s"] {
                recorder.record(.fault, 0, at: Instant(nanoseconds: 2600), text: text)
            }
        }
        #expect(statistics.dropped.mapValues(\.frames) == ["the receiver has no room": 1, "cut off": 2])
        #expect(statistics.dropped.mapValues(\.bytes) == ["the receiver has no room": 1514, "cut off": 1574])
        #expect(statistics.faults == 2)
        let lines = statistics.text().split(separator: "\n").map(String.init)
        #expect(lines.contains("2 faults"))
        let place = try #require(lines.firstIndex { $0.hasPrefix("dropped because") })
        #expect(lines[place + 1].split(separator: " ") == ["cut", "off", "2", "1574"])
        #expect(lines[place + 2].hasPrefix("the receiver has no room "))
    }

    @Test func whoMadeWhomWait() throws {
        let (statistics, _, _) = try Self.statistics(write: Self.write)
        let a = statistics.participants[0].waits
        // From 0 to 100 for its timer; from 180, where it had got to, to 2000 for the lab, which was before the frame.
        #expect(a.keys.count == 2)
        #expect(a[.timer]?.turns == 1 && a[.timer]?.time == 100)
        #expect(a[.lab]?.turns == 1 && a[.lab]?.time == 1820)
        let b = statistics.participants[1].waits
        // From 40 to 1180 for a; what was dropped at 1190 makes no turn, so from 1200 to 1500 for its timer.
        #expect(b.keys.count == 2)
        #expect(b[.participant(1)]?.turns == 1 && b[.participant(1)]?.time == 1140)
        #expect(b[.timer]?.turns == 1 && b[.timer]?.time == 300)
    }

    /// Only what comes at the very instant of a turn, after the wait before it, makes that turn.
    @Test func aFrameThatMadeNoTurnIsNotWaitedFor() throws {
        let (statistics, _, _) = try Self.statistics { recorder in
            for (time, kind) in [(0, TraceEvent.Kind.start), (0, .wait), (10, .deliver), (20, .run)] {
                recorder.record(kind, 1, at: Instant(nanoseconds: UInt64(time)), 0, kind == .deliver ? 2 : 0)
            }
            recorder.record(.deliver, 1, at: Instant(nanoseconds: 20), 1, 3, 1)
            recorder.record(.wait, 1, at: Instant(nanoseconds: 20))
            recorder.record(.run, 1, at: Instant(nanoseconds: 20))
        }
        let waits = statistics.participants[0].waits
        #expect(waits.count == 1)
        #expect(waits[.timer]?.turns == 2 && waits[.timer]?.time == 20)
    }

    @Test func theWholeIsTold() throws {
        let (statistics, recorder, bytes) = try Self.statistics(write: Self.write)
        #expect(statistics.counts.total == 28 && recorder.count == 28)
        #expect(statistics.counts[.wait] == 6)
        #expect(statistics.counts[.alarm] == 1)
        #expect(statistics.byteCount == bytes)
        #expect(statistics.hash == recorder.hash)
        // a had got to 2700 by itself; the last event was at 2500.
        #expect(statistics.simulatedTime == 2700)
        #expect(statistics.isFinished)
        let unfinished = try Self.statistics(finishes: false, write: Self.write)
        #expect(!unfinished.statistics.isFinished)
        #expect(unfinished.statistics.hash == recorder.hash)
        #expect(unfinished.statistics.byteCount == unfinished.bytes)
        #expect(unfinished.statistics.text().contains("not finished: the run continues or was killed\n"))
    }

    @Test func theTextHoldsAll() throws {
        let (statistics, recorder, bytes) = try Self.statistics(write: Self.write)
        let each = "\(bytes / 28).\(bytes % 28 * 10 / 28)"
        let hash = TraceHash.text(recorder.hash)
        let expected = """
            lab test, seed 7: 3 participants
            28 events, \(bytes) bytes, \(each) an event
            simulated time 2.7 us, hash \(hash)

            participant  turns  messages  notifications  free-running     idle
            a                3         8              1        780 ns  1.92 us
            b                3         6              1         60 ns  2.64 us
            echo             0         0              0          0 ns   2.7 us

            participant  sent  bytes  delivered  bytes  dropped  bytes  console lines  commands
            a               2   1574          1     42        0      0              1         1
            b               1     42          1     60        1   1514              0         0
            echo            0      0          0      0        0      0              0         0

            dropped because           frames  bytes
            the receiver has no room       1   1514

            who waited  for        turns  simulated time
            a           the lab        1         1.82 us
            b           a              1         1.14 us
            b           own timer      1          300 ns
            a           own timer      1          100 ns

            kind           events   share
            wait                6  21.4 %
            run                 4  14.2 %
            send                3  10.7 %
            start               2   7.1 %
            deliver             2   7.1 %
            lower               1   3.5 %
            request             1   3.5 %
            update              1   3.5 %
            get                 1   3.5 %
            kick                1   3.5 %
            interrupt           1   3.5 %
            drop                1   3.5 %
            control-out         1   3.5 %
            command-start       1   3.5 %
            console             1   3.5 %
            alarm               1   3.5 %

            """
        #expect(statistics.text() == expected)
    }

    @Test func wallTimeIsShownWhereItIsKnown() throws {
        let (statistics, _, _) = try Self.statistics(write: Self.write)
        let costs = WallCosts(
            total: 10_000_000,
            participants: [
                "b": .init(total: 7_654_321, alone: 7_000_000), "a": .init(total: 1_000_000, alone: 0),
            ])
        let text = statistics.text(wall: costs)
        // 10 ms for 2.7 us.
        #expect(text.contains("\nwall time per simulated second 3700 s\n"))
        let table = """
            participant  turns  messages  notifications  free-running     idle     wall  wall share  alone
            b                3         6              1         60 ns  2.64 us  7.65 ms      76.5 %   7 ms
            a                3         8              1        780 ns  1.92 us     1 ms      10.0 %   0 ns
            echo             0         0              0          0 ns   2.7 us        -           -      -

            """
        #expect(text.contains("\n\n" + table))
        #expect(!statistics.text().contains("wall"))
    }

    /// A turn for a frame is no wake of its own; the one that wakes most often comes first.
    @Test func whatSetsThePaceIsNamed() throws {
        let second: UInt64 = 1_000_000_000
        let (statistics, _, _) = try Self.statistics { recorder in
            func turn(_ who: UInt64, _ at: UInt64) {
                recorder.record(.run, who, at: Instant(nanoseconds: at * second), 0)
                recorder.record(.wait, who, at: Instant(nanoseconds: at * second), 0, 0)
            }
            for who in [UInt64(1), 2] {
                recorder.record(.start, who, at: .zero)
                recorder.record(.wait, who, at: .zero, 0, 0)
            }
            for time in UInt64(1)...120 {
                if time.isMultiple(of: 10) { turn(2, time) }
                guard time.isMultiple(of: 40) else { continue }
                recorder.record(.deliver, 1, at: Instant(nanoseconds: time * second), 1, 2, 1)
                turn(1, time)
            }
            turn(1, 120)
        }
        #expect(
            statistics.text().contains(
                """
                kept time from jumping  own wakes  a simulated minute
                b                              12                 6.0
                a                               1                 0.5

                """))
        let (short, _, _) = try Self.statistics(write: Self.write)
        #expect(!short.text().contains("kept time from jumping"))
    }

    @Test func aTraceWithoutDetailsHasNoTurns() throws {
        let (statistics, _, _) = try Self.statistics(level: .events, write: Self.write)
        #expect(!statistics.hasDetails)
        let text = statistics.text()
        #expect(text.contains("turns, messages and waits are unknown: the trace holds events only\n"))
        #expect(!text.contains("free-running") && !text.contains("who waited"))
        #expect(text.contains("a               2   1574          1     42"))
        let costs = WallCosts(total: 1000, participants: ["a": .init(total: 500, alone: 20)])
        #expect(
            statistics.text(wall: costs).contains(
                "\nparticipant    wall  wall share  alone\na            500 ns      50.0 %  20 ns\n"))
    }

    @Test func moreThanFiftyAreSummedUp() throws {
        var header = Self.header
        header.participants = (1...64).map {
            .init(
                id: UInt32($0), name: "machine-with-a-long-name-\($0)", model: nil, island: 0, interfaces: [],
                commands: [])
        }
        let (statistics, _, _) = try Self.statistics(header) { recorder in
            for who in UInt64(1)...64 {
                recorder.record(.start, who, at: .zero)
                recorder.record(.wait, who, at: .zero)
                for turn in 1...who {
                    recorder.record(.run, who, at: Instant(nanoseconds: turn * 1000))
                    recorder.record(.wait, who, at: Instant(nanoseconds: turn * 1000), 10)
                }
            }
        }
        let lines = statistics.text(width: 80).split(separator: "\n")
        // From 64 down to 15 by themselves; 14 down to 1 have 14 starts and 105 turns.
        let turns = lines.filter { $0.hasPrefix("machine-") && $0.contains(" us") && !$0.contains("own") }
        #expect(turns.count == 50)
        #expect(turns.first?.contains("…     65       129              0        640 ns") == true)
        #expect(lines.contains { $0.hasPrefix("14 more") && $0.contains(" 119 ") && $0.contains("1.05 us") })
        #expect(lines.contains { $0.hasPrefix("14 more") && $0.contains("105") && $0.contains("104.09 us") })
        #expect(lines.allSatisfy { $0.count <= 80 })
        #expect(statistics.text(width: 200).contains("machine-with-a-long-name-64"))
        #expect(statistics.text(width: 10).contains("\nmachine…  "))
    }

    /// Memory is the lab's, not the trace's: of a participant's many causes the first are listed one by one.
    @Test func causesAndFrameLengthsAreBounded() throws {
        var header = Self.header
        header.participants = (1...200).map {
            .init(id: UInt32($0), name: "m\($0)", model: nil, island: 0, interfaces: [], commands: [])
        }
        let (statistics, _, _) = try Self.statistics(header) { recorder in
            recorder.record(.start, 1, at: .zero)
            recorder.record(.wait, 1, at: .zero)
            for sender in UInt64(2)...200 {
                let time = Instant(nanoseconds: sender * 10)
                recorder.record(.deliver, 1, at: time, 1, sender, 1)
                recorder.record(.run, 1, at: time)
                recorder.record(.wait, 1, at: time)
            }
            // The first is forgotten when as many again have been sent.
            for number in UInt64(1)...16385 {
                recorder.record(.send, 2, at: Instant(nanoseconds: 3000), 1, number, 0)
            }
            for number: UInt64 in [1, 2, 16385, 16386, 0] {
                recorder.record(.deliver, 3, at: Instant(nanoseconds: 3000), 1, 2, number)
            }
        }
        let waits = statistics.participants[0].waits
        #expect(waits.count == TraceStatistics.Participant.causeLimit + 1)
        #expect(waits[.participant(129)]?.turns == 1 && waits[.participant(130)] == nil)
        #expect(waits[.others]?.turns == 71 && waits[.others]?.time == 710)
        #expect(statistics.participants[2].delivered.bytes == 2 + 16385)
        #expect(statistics.participants[2].delivered.frames == 5)
        // Of 199 to the first, whose senders had sent nothing, and of three to the third.
        #expect(statistics.framesOfUnknownLength == 199 + 3)
        #expect(
            statistics.text().contains(
                "\n202 delivered or dropped frames are of unknown length: too many frames were sent after them\n"
            ))
        #expect(statistics.text().contains("m1          others     71          710 ns\n"))
    }

    /// Numbers that no run writes: sums stand still at the greatest number.
    @Test func anyNumbersAreTaken() throws {
        let (statistics, _, _) = try Self.statistics { recorder in
            recorder.record(.start, 1, at: .zero)
            recorder.record(.wait, 1, at: Instant(nanoseconds: 5), .max)
            recorder.record(.update, 1, at: Instant(nanoseconds: 5), .max)
            recorder.record(.run, 1, at: Instant(nanoseconds: 6))
            recorder.record(.send, 1, at: Instant(nanoseconds: 6), .max, .max, .max)
            recorder.record(.deliver, 2, at: Instant(nanoseconds: 6), .max, .max, .max)
            recorder.record(.deliver, 2, at: Instant(nanoseconds: 6), 1, 1, 1)
        }
        #expect(statistics.participants[0].freeRunning == .max)
        #expect(statistics.participants[0].waits[.timer]?.time == 0)
        #expect(statistics.simulatedTime == .max)
        let costs = WallCosts(total: .max, participants: ["a": .init(total: .max, alone: .max)])
        #expect(statistics.text(wall: costs).contains("simulated time never"))
        let (empty, _, _) = try Self.statistics { _ in }
        #expect(empty.text(wall: costs).hasPrefix("lab test, seed 7: 3 participants\n0 events, "))
    }
}
