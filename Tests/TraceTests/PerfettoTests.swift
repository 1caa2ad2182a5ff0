import Calendar
import Foundation
import Testing
import Trace

/// Traces as Perfetto shows them.
struct PerfettoTests {
    /// Machines on a network of all, each with three commands.
    static func header(_ names: [String], level: TraceLevel = .full) -> TraceHeader {
        TraceHeader(
            lab: "test", seed: 7, start: 1_767_225_600_000_000_000, level: level,
            participants: names.enumerated().map { index, name in
                .init(
                    id: UInt32(index + 1), name: name, model: nil, island: 0,
                    interfaces: [.init(name: "eth0", network: 0, mac: "02:00:00:00:00:01", address: nil)],
                    commands: ["ping b", "sleep 1", "true"])
            }, networks: [.init(name: "lan", latency: 1000)])
    }

    /// Records, exports and reads what was exported.
    static func export(
        _ header: TraceHeader, level: TraceLevel = .full, counters: Bool = true,
        console: (String) -> [String] = { _ in [] }, write: (TraceRecorder) -> Void
    ) throws -> PerfettoTrace {
        let (path, output) = (TraceFileTests.path(), TraceFileTests.path())
        defer { for path in [path, output] { try? FileManager.default.removeItem(atPath: path) } }
        let recorder = try TraceRecorder(path: path, header: header, level: level)
        write(recorder)
        recorder.finish()
        let written = try PerfettoExport.write(
            TraceReader(path: path), to: output, counters: counters, console: console)
        let trace = try PerfettoTrace(output)
        #expect(written.packets == UInt64(trace.packets.count))
        #expect(written.bytes == UInt64(try Data(contentsOf: URL(fileURLWithPath: output)).count))
        check(trace)
        return trace
    }

    /// What holds for every file: on a track, time never goes back and each slice that begins ends; flows begin once.
    static func check(_ trace: PerfettoTrace) {
        var last: [UInt64: UInt64] = [:]
        var open: [UInt64: Int] = [:]
        var flows: Set<UInt64> = []
        for event in trace.events {
            #expect(event.time >= last[event.track, default: 0], "\(event.text)")
            last[event.track] = event.time
            if event.type == "begin" { open[event.track, default: 0] += 1 }
            if event.type == "end" { open[event.track, default: 0] -= 1 }
            // None overlaps another, so what ends is what began last.
            #expect([0, 1].contains(open[event.track, default: 0]), "\(event.text)")
            if event.name == "send" { flows.formUnion(event.flows) }
            #expect(flows.isSuperset(of: event.flows + event.lastOfFlows), "\(event.text)")
            for flow in event.lastOfFlows { flows.remove(flow) }
        }
        #expect(open.values.allSatisfy { $0 == 0 })
    }

    @Test func aSmallRunIsShownToTheNanosecond() throws {
        let trace = try Self.export(Self.header(["a", "b"])) { recorder in
            TraceStatisticsTests.write(recorder)
            recorder.record(
                .fault, 2, at: Instant(nanoseconds: 2600), text: "the cable is pulled out: é \"\\ \n")
            recorder.record(.leave, 2, at: Instant(nanoseconds: 2600), text: "")
            recorder.record(.end, 2, at: Instant(nanoseconds: 2601), text: "powered off")
        }
        let expected = [
            "a/turns": [
                "0 at turn", "100 begin turn", "180 end", "2000 begin turn", "2700 end",
            ],
            "b/turns": ["0 begin turn", "40 end", "1180 begin turn", "1200 end", "1500 at turn"],
            "a/commands": ["0 begin ping b (command 1)", "2700 end (ended by the end of the trace)"],
            "a/eth0": [
                "150 at send (bytes 60, frame 1)", "150 at send (bytes 1514, frame 2)",
                "2000 at deliver from b (frame 1)",
            ],
            "b/eth0": [
                "1180 at deliver from a (frame 1)", "1190 at drop from a: the receiver has no room (frame 2)",
                "1500 at send (bytes 42, frame 1)",
            ],
            "a/eth0 bytes sent": ["0 is 0", "150 is 60", "150 is 1574"],
            "b/eth0 bytes sent": ["0 is 0", "1500 is 42"],
            "a/console": ["180 at 5 bytes"],
            "b/events": [
                "2600 at fault: the cable is pulled out: é \"\\ \n", "2600 at leave",
                "2601 at end: powered off",
            ],
            "lab": ["2500 at alarm 1"],
        ]
        for (track, events) in expected { #expect(trace.texts(track) == events, "\(track)") }
        #expect(Set(trace.names.values) == Set(expected.keys).union(["a", "b"]))
    }

    /// Faults at the same time have tracks of their own; a machine without power, or that stands, is seen on its own.
    @Test func faultsAreSlices() throws {
        let words: [(UInt64, String)] = [
            (100, "partition a | b"), (200, "lan/b: loss 5%"), (300, "partition a | b is over"),
            (400, "b is killed"), (500, "a is paused"), (600, "a is paused is over"), (700, "b boots again"),
            (800, "a: clock +3s"), (900, "a is killed"),
        ]
        let trace = try Self.export(Self.header(["a", "b"])) { recorder in
            for (time, text) in words {
                recorder.record(.fault, 0, at: Instant(nanoseconds: time), text: text)
            }
            recorder.record(.end, 1, at: Instant(nanoseconds: 1000), text: "killed by a fault")
        }
        let expected = [
            "faults": [
                "100 begin partition a | b", "300 end", "400 begin b is killed", "700 end",
                "800 at a: clock +3s",
                "900 begin a is killed", "1000 end (ended by the end of the trace)",
            ],
            "faults 2": ["200 begin lan/b: loss 5%", "1000 end (ended by the end of the trace)"],
            "faults 3": ["500 begin a is paused", "600 end"],
            "a/state": [
                "500 begin paused", "600 end", "900 begin off", "1000 end (ended by the end of the trace)",
            ],
            "b/state": ["400 begin off", "700 end"],
        ]
        for (track, events) in expected { #expect(trace.texts(track) == events, "\(track)") }
        #expect(Set(trace.names.values) == Set(expected.keys).union(["a", "b", "a/events"]))
    }

    /// Times are on BOOTTIME, which the file says to be its own clock, from 0; and the time of day is known.
    @Test func theClockAndTheTracksAreDescribed() throws {
        let trace = try Self.export(Self.header(["a", "b"]), write: TraceStatisticsTests.write)
        let first = try #require(trace.packets.first)
        #expect(first["sequence_flags"] == "1" && first["timestamp"] == "0")
        let snapshot = try #require(first.message("clock_snapshot"))
        #expect(snapshot["primary_trace_clock"] == "BUILTIN_CLOCK_BOOTTIME")
        #expect(
            snapshot.messages("clocks").map { [$0["clock_id"], $0["timestamp"]] } == [
                ["6", "0"], ["1", "1767225600000000000"],
            ])
        let tracks = trace.packets.compactMap { $0.message("track_descriptor") }
        #expect(tracks.first?["process_ordering"] == "PROCESS_ORDERING_EXPLICIT")
        let processes = tracks.filter { $0.message("process") != nil }
        #expect(processes.map { $0.message("process")?["pid"] } == ["1", "2"])
        #expect(processes.map { $0["sibling_order_rank"] } == ["1", "2"])
        for track in tracks.dropFirst() where track.message("process") == nil {
            let isCounter = track.message("counter") != nil
            #expect((track["sibling_merge_behavior"] == "SIBLING_MERGE_BEHAVIOR_NONE") != isCounter)
            #expect(track.message("counter")?["unit"] == (isCounter ? "UNIT_SIZE_BYTES" : nil))
        }
        let without = try Self.export(
            Self.header(["a", "b"]), counters: false, write: TraceStatisticsTests.write)
        #expect(without.packets.count == trace.packets.count - 7)
        #expect(without.packets.allSatisfy { $0.message("track_descriptor")?.message("counter") == nil })
    }

    @Test func commandsThatOverlapHaveTracksOfTheirOwn() throws {
        let trace = try Self.export(Self.header(["a"])) { recorder in
            func record(_ kind: TraceEvent.Kind, _ at: UInt64, _ first: UInt64, _ second: UInt64 = 0) {
                recorder.record(kind, 1, at: Instant(nanoseconds: at), first, second)
            }
            record(.commandStart, 10, 1)
            record(.commandStart, 20, 2)
            record(.output, 25, 2, 9)
            record(.commandEnd, 30, 1, 3)
            record(.commandStart, 30, 3)
            record(.commandEnd, 40, 2)
            record(.commandStart, 50, 2)
            // Neither is a command of the lab's, and one starts that has not ended.
            record(.commandStart, 51, 4)
            record(.commandStart, 51, 0)
            record(.commandStart, 55, 2)
            record(.commandEnd, 56, 1)
            recorder.record(.end, 1, at: Instant(nanoseconds: 60), text: "")
            record(.output, 70, 2, 9)
        }
        let gone = "(ended by the end of its machine)"
        #expect(
            trace.texts("a/commands") == [
                "10 begin ping b (command 1)", "30 end (exit status 3)", "30 begin true (command 3)",
                "60 end \(gone)",
            ])
        #expect(
            trace.texts("a/commands 2") == [
                "20 begin sleep 1 (command 2)", "25 at output (bytes 9)", "40 end (exit status 0)",
                "50 begin sleep 1 (command 2)", "55 end (ended by its next start)",
                "55 begin sleep 1 (command 2)", "60 end \(gone)",
            ])
        #expect(trace.names.count == 4)
    }

    @Test func turnsThatHaveNoEndEndWithTheirMachineOrTheTrace() throws {
        let trace = try Self.export(Self.header(["a", "b", "c"])) { recorder in
            recorder.record(.run, 1, at: Instant(nanoseconds: 10))
            recorder.record(.run, 2, at: Instant(nanoseconds: 20))
            recorder.record(.leave, 1, at: Instant(nanoseconds: 30), text: "the connection closed")
            recorder.record(.wait, 3, at: Instant(nanoseconds: 40), 1000)
            recorder.record(.run, 3, at: Instant(nanoseconds: 41))
            recorder.record(.wait, 3, at: Instant(nanoseconds: 41), 59)
            recorder.record(.wait, 3, at: Instant(nanoseconds: 41), 5)
            // No run does this: its machine had got to 100.
            recorder.record(.run, 3, at: Instant(nanoseconds: 90))
            recorder.record(.wait, 3, at: Instant(nanoseconds: 90), 5)
            // A client that is no machine of the lab is named "the lab".
            recorder.record(.run, 0, at: Instant(nanoseconds: 90))
            recorder.record(.wait, 0, at: Instant(nanoseconds: 90), 5)
        }
        #expect(trace.names.count == 7)
        #expect(trace.texts("a/turns") == ["10 begin turn (ended by leaving the calendar)", "30 end"])
        #expect(trace.texts("b/turns") == ["20 begin turn (ended by the end of the trace)", "100 end"])
        #expect(trace.texts("c/turns") == ["41 begin turn", "100 end", "100 at turn"])
        let events = try Self.export(Self.header(["a"], level: .events), level: .events) { recorder in
            recorder.record(.start, 1, at: .zero)
            recorder.record(.up, 1, at: Instant(nanoseconds: 10))
        }
        #expect(events.texts("a/turns") == [] && events.texts("a/events") == ["10 at up"])
    }

    @Test func consoleLinesAreThoseOfTheConsole() throws {
        var asked: [String] = []
        let long = String(repeating: "ö", count: 4000)
        let trace = try Self.export(
            Self.header(["a", "b", "c"]),
            console: { name in
                asked.append(name)
                return name == "a" ? ["Linux version 6.12", "", long] : ["hello"]
            },
            write: { recorder in
                for number in UInt64(1)...4 {
                    recorder.record(.console, 1, at: Instant(nanoseconds: number), number)
                }
                recorder.record(.console, 3, at: Instant(nanoseconds: 9), 5)
            })
        #expect(asked == ["a", "c"])
        #expect(
            trace.texts("a/console") == ["1 at Linux version 6.12", "2 at ", "3 at \(long)", "4 at 4 bytes"])
        #expect(trace.texts("c/console") == ["9 at hello"])
    }

    /// Messages within messages, of lengths that one, two and three bytes tell.
    @Test func textsOfAnyLengthAreWhole() throws {
        let lengths = Array(0...300) + Array(16300...16420)
        let lines = lengths.map { String(repeating: "x", count: $0) }
        let trace = try Self.export(
            Self.header(["a"]), console: { _ in lines },
            write: { recorder in
                for _ in lines { recorder.record(.console, 1, at: .zero) }
            })
        #expect(trace.events(on: "a/console").map { $0.name?.utf8.count } == lengths)
    }

    /// On a small network an arrow leads from where a frame was sent to each place that it came to.
    @Test func framesAreConnected() throws {
        let trace = try Self.export(Self.header(["a", "b", "c"])) { recorder in
            for (time, who) in [(UInt64(10), UInt64(1)), (10, 2), (11, 1)] {
                recorder.record(.send, who, at: Instant(nanoseconds: time), 1, 60, 7)
            }
            // The first of a comes to all others, its second to c; b's first is lost at once.
            for (time, who, sender, number) in [
                (UInt64(20), UInt64(2), UInt64(1), UInt64(1)), (20, 3, 1, 1), (30, 3, 1, 2),
            ] { recorder.record(.deliver, who, at: Instant(nanoseconds: time), 1, sender, number) }
            recorder.record(.drop, 2, at: Instant(nanoseconds: 30), text: "lost", .init(1, 2, 1))
        }
        let (a, b, c) = (
            trace.events(on: "a/eth0"), trace.events(on: "b/eth0"), trace.events(on: "c/eth0")
        )
        try #require(a.count == 2 && b.count == 3 && c.count == 2)
        #expect(Set(a[0].flows) == Set(b[1].lastOfFlows + c[0].lastOfFlows))
        #expect(b[1].lastOfFlows.count == 1 && c[0].lastOfFlows.count == 1)
        #expect(b[1].lastOfFlows != c[0].lastOfFlows)
        #expect(a[1].flows.count == 2 && a[1].flows.contains(c[1].lastOfFlows[0]))
        #expect(b[0].flows.count == 2 && b[2].lastOfFlows.isEmpty)
        #expect(Set(a[0].flows + a[1].flows + b[0].flows).count == 6)
    }

    /// On a large one a frame's arrow goes on from one receiver to the next.
    @Test func framesOfALargeNetworkHaveOneFlow() throws {
        func export(_ machines: Int) throws -> [PerfettoTrace.Event] {
            let names = (1...machines).map { "m\($0)" }
            let trace = try Self.export(Self.header(names)) { recorder in
                recorder.record(.send, 1, at: Instant(nanoseconds: 10), 1, 60, 7)
                for who in 2...UInt64(machines) {
                    recorder.record(.deliver, who, at: Instant(nanoseconds: 20), 1, 1, 1)
                }
            }
            return names.flatMap { trace.events(on: "\($0)/eth0") }
        }
        let large = try export(10)
        #expect(large.count == 10)
        #expect(large.allSatisfy { $0.flows == large[0].flows && $0.lastOfFlows.isEmpty })
        #expect(large[0].flows.count == 1)
        let small = try export(9)
        #expect(small.dropFirst().flatMap(\.lastOfFlows).sorted() == small[0].flows.sorted())
        #expect(small[0].flows.count == 8)
    }

    /// More than a buffer's worth, by a random course of three machines that is kept beside.
    @Test(arguments: [UInt64(1), 2, 3]) func aLongRunIsShownWhole(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        var expected: [String: [String]] = [:]
        let names = ["a", "b", "c"]
        let trace = try Self.export(Self.header(names)) { recorder in
            var (now, sent) = (UInt64(0), [UInt64](repeating: 0, count: 3))
            for _ in 0..<3000 {
                now += random.next() % 1_000_000
                let index = Int(random.next() % 3)
                let who = UInt64(index + 1)
                let at = Instant(nanoseconds: now)
                recorder.record(.run, who, at: at, 1)
                let ran = random.next() % 3 == 0 ? 0 : random.next() % 1_000_000
                if random.next() % 2 == 0 {
                    recorder.record(.send, who, at: at, 1, 60 + ran % 1000, 7)
                    sent[index] += 1
                    expected["\(names[index])/eth0", default: []].append(
                        "\(now) at send (bytes \(60 + ran % 1000), frame \(sent[index]))")
                    let other = Int(random.next() % 3)
                    if other != index {
                        recorder.record(.deliver, UInt64(other + 1), at: at, 1, who, sent[index])
                        expected["\(names[other])/eth0", default: []].append(
                            "\(now) at deliver from \(names[index]) (frame \(sent[index]))")
                    }
                }
                recorder.record(.wait, who, at: at, ran)
                expected["\(names[index])/turns", default: []] +=
                    ran == 0 ? ["\(now) at turn"] : ["\(now) begin turn", "\(now + ran) end"]
                now += ran
            }
        }
        #expect(expected.count == 6)
        for (track, events) in expected { #expect(trace.texts(track) == events, "seed \(seed), \(track)") }
    }

    @Test func anyNumbersAreShown() throws {
        var header = Self.header(["a", "b"])
        header.participants[1].id = 9
        header.participants[0].interfaces[0].network = -5
        let trace = try Self.export(header) { recorder in
            recorder.record(.run, 1, at: .zero)
            for kind in TraceEvent.Kind.allCases {
                recorder.record(kind, 1, at: Instant(nanoseconds: 1), text: "", .init(.max, .max, .max))
                recorder.record(kind, 1, at: Instant(nanoseconds: 1), text: "", .init(1, .max, .max))
            }
        }
        #expect(
            trace.texts("a/turns") == [
                "0 begin turn (ended by its next turn)", "1 end", "1 at turn (ended by its next turn)",
                "1 at turn (ended by its next turn)", "1 at turn (ended by its next turn)",
                "1 begin turn", "9223372036854775807 end",
            ])
        #expect(trace.texts("a/eth0 bytes sent").last == "1 is 9223372036854775807")
    }

    @Test func errorsAreOneLine() throws {
        let path = TraceFileTests.path()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let recorder = try TraceRecorder(path: path, header: Self.header(["a", "b"]), level: .full)
        TraceStatisticsTests.write(recorder)
        recorder.finish()
        func failure(_ output: String) -> String? {
            do throws(TraceError) {
                try PerfettoExport.write(TraceReader(path: path), to: output) { _ in [] }
                return nil
            } catch {
                return error.description
            }
        }
        #expect(failure("/nowhere/at/all") == "cannot write /nowhere/at/all: No such file or directory")
        #expect(failure("/dev/full") == "cannot write /dev/full: No space left on device")
        #expect(failure("/dev/null") == nil)
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes[bytes.count - 100] ^= 1
        try bytes.write(to: URL(fileURLWithPath: path))
        #expect(failure("/dev/null")?.hasPrefix("\(path) is damaged") == true)
    }
}

/// A small generator (Vigna, SplitMix64): the same numbers for the same seed.
private struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
