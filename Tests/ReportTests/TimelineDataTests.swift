import Calendar
import Foundation
import Testing
import Trace

@testable import Report

/// The page's data of a trace.
struct TimelineDataTests {
    private let second = TraceScene.second
    private let millisecond = TraceScene.millisecond

    @Test func turnsAndFreeRunsAreThoseOfTheTrace() throws {
        let scene = try TraceScene(["a", "b"])
        scene.start(1)
        scene.start(2)
        scene.turn(1, at: 10, ran: 0)
        scene.turn(1, at: 500, ran: 1500)
        scene.turn(2, at: 3000, ran: 7)
        // Interrupted in its free run, which ends there.
        scene.turn(1, at: 4000, ran: 2_000_000)
        scene.turn(1, at: 5000, ran: 1)
        scene.event(.end, 1, at: 6000, "powered off")
        let data = try scene.data()
        #expect(
            data.turns == [
                [
                    .init(time: 10, ran: 0), .init(time: 500, ran: 1500), .init(time: 4000, ran: 1000),
                    .init(time: 5000, ran: 1),
                ],
                [.init(time: 3000, ran: 7)],
            ])
        #expect(data.lanes.map(\.name) == ["a", "b"])
        #expect(data.lanes.map(\.turns) == [4, 1])
        #expect(data.lanes.map(\.freeRuns) == [3, 1])
        #expect(data.lanes.map(\.freeNanoseconds) == [2501, 7])
        #expect(data.lanes[0].ended == 6000 && data.lanes[0].ending == "powered off")
        #expect(data.lanes[1].began == 0 && data.lanes[1].ended == nil)
        #expect(data.end == 6000)
        #expect(data.isFinished && data.hash == scene.recorder.hashText)
    }

    private func arrow(
        _ sent: UInt64, _ delay: UInt64, _ from: Int, _ to: Int?, _ bytes: UInt64,
        _ fate: TimelineData.Arrow.Fate, isFirst: Bool = true, reason: Int? = nil
    ) -> TimelineData.Arrow {
        TimelineData.Arrow(
            sent: sent, delay: delay, from: from, to: to, bytes: bytes, fate: fate, isFirst: isFirst,
            reason: reason)
    }

    @Test func framesHaveTheirFates() throws {
        let scene = try TraceScene(["a", "b", "c"])
        for machine in 1...3 { scene.start(machine) }
        // A broadcast, a frame without a receiver, one that is dropped, one without a fate in the trace.
        let broadcast = scene.send(1, at: 100, bytes: 42)
        let nowhere = scene.send(2, at: 150)
        scene.drop(2, from: 2, nowhere, at: 150, "nobody else is there for it")
        scene.deliver(2, from: 1, broadcast, at: 1100)
        scene.deliver(3, from: 1, broadcast, at: 1100)
        let refused = scene.send(1, at: 2000)
        scene.drop(3, from: 1, refused, at: 2500, "the receiver has no room")
        scene.send(3, at: 3000, bytes: 1514)
        let data = try scene.data()
        let arrows: [TimelineData.Arrow] = [
            arrow(100, 1000, 0, 1, 42, .arrived),
            arrow(100, 1000, 0, 2, 42, .arrived, isFirst: false),
            arrow(150, 0, 1, nil, 98, .lost, reason: 0),
            arrow(2000, 500, 0, 2, 98, .lost, reason: 1),
            arrow(3000, 0, 2, nil, 1514, .unknown),
        ]
        #expect(data.arrows == arrows)
        #expect(data.reasons == ["nobody else is there for it", "the receiver has no room"])
        #expect(data.totals.frames == 4 && data.totals.deliveries == 2 && data.totals.losses == 2)
        #expect(data.totals.unknownFates == 1)
        #expect(data.lanes.map(\.framesSent) == [2, 1, 1])
        #expect(data.lanes.map(\.framesReceived) == [0, 1, 1])
        #expect(data.lanes.map(\.framesLost) == [0, 1, 1])
        #expect(data.lanes.map(\.bytesSent) == [140, 98, 1514])
        #expect(data.lanes.map(\.bytesReceived) == [0, 42, 42])
    }

    @Test func commandsLinesAndMarksAreIncluded() throws {
        let scene = try TraceScene(["a", "b"], commands: [["date", "sleep 5", "true"], []])
        scene.start(1)
        scene.line(1, at: 1, "first")
        scene.event(.up, 1, at: 5)
        scene.command(1, 1, from: 10, to: 20, status: 3)
        scene.command(1, 2, from: 30, to: nil)
        scene.line(1, at: 40, "")
        scene.line(1, at: 41, "\u{1b}[31mred\u{1b}[0m \u{202e}x  ")
        scene.event(.fault, 2, at: 50, "link down")
        scene.event(.problem, 0, at: 60, "it went wrong")
        var summary = RunSummary(
            name: "s", seed: 7, kernel: nil, result: .failed, virtualNanoseconds: 100, wallNanoseconds: 5,
            toolVersion: "0", machines: [])
        summary.machines = [
            MachineSummary(
                name: "a", id: 1, kernel: nil, ended: "",
                commands: [
                    CommandSummary(
                        index: 1, command: "date", expectation: "exit 3", outcome: .passed, output: "")
                ])
        ]
        let data = try scene.data(summary: summary)
        // The lab has the first lane if it has events.
        #expect(data.lanes.map(\.name) == ["lab", "a", "b"])
        #expect(data.end == 100)
        #expect(
            data.commands == [
                .init(lane: 1, number: 1, text: "date", outcome: .passed, runs: 1),
                .init(lane: 1, number: 2, text: "sleep 5", runs: 1),
                .init(lane: 1, number: 3, text: "true"),
            ])
        #expect(
            data.runs == [.init(command: 0, start: 10, end: 20, status: 3), .init(command: 1, start: 30)])
        #expect(
            data.console == [
                .init(time: 1, lane: 1, source: .console, text: "first"),
                .init(time: 40, lane: 1, source: .console, text: ""),
                .init(time: 41, lane: 1, source: .console, text: "red  x"),
            ])
        #expect(
            data.marks == [
                .init(time: 5, lane: 1, kind: .up, text: ""),
                .init(time: 50, lane: 2, kind: .fault, text: "link down"),
                .init(time: 60, lane: 0, kind: .problem, text: "it went wrong"),
            ])
        #expect(scene.consoleReads == ["a": 1])
        #expect(data.notes == [])
    }

    @Test func whatCommandsWroteHasItsInstants() throws {
        let scene = try TraceScene(["a", "b"], commands: [["x", "y", "z"], []], checks: [1, 0])
        scene.output(1, 1, at: 10, "one\ntw")
        scene.output(1, 2, at: 15, "other\n")
        scene.output(1, 1, at: 20, "o\n\nthree")
        scene.output(1, 3, at: 20, "checked\n", file: "check-1.out")
        scene.line(1, at: 20, "console")
        // No command of the machine.
        scene.output(1, 4, at: 30, "nobody\n")
        let data = try scene.data()
        #expect(
            data.console == [
                .init(time: 10, lane: 0, source: .command(1), text: "one"),
                .init(time: 15, lane: 0, source: .command(2), text: "other"),
                .init(time: 20, lane: 0, source: .console, text: "console"),
                .init(time: 20, lane: 0, source: .command(1), text: "two"),
                .init(time: 20, lane: 0, source: .command(1), text: ""),
                .init(time: 20, lane: 0, source: .command(1), text: "three"),
                .init(time: 20, lane: 0, source: .check(1), text: "checked"),
            ])
        #expect(data.notes == ["There is no summary of the run, so its result is unknown."])
    }

    @Test func outputThatIsLeftOutOrMissingIsNoted() throws {
        let scene = try TraceScene(["a"], commands: [["x"]])
        for number in 0..<20 { scene.output(1, 1, at: UInt64(number), "line \(number)\n") }
        scene.outputs["a/1.out"]?[5] = UInt8(ascii: "?")
        var limits = TimelineLimits()
        limits.outputPieces = 5
        let data = try scene.data(limits: limits)
        #expect(data.console.map(\.text) == ["line ?", "line 1", "line 2", "line 18", "line 19"])
        #expect(data.notes.count { $0.hasPrefix("1 parts of what commands wrote differ") } == 1)
        #expect(data.notes.count { $0.hasPrefix("Of what commands wrote, the beginning") } == 1)
        limits.outputPieces = 100
        limits.outputLines = 2
        #expect(try scene.data(limits: limits).console.map(\.text) == ["line ?", "line 19"])
    }

    @Test func turnsThatOwnTimersCausedAreCounted() throws {
        let scene = try TraceScene(["a", "b"])
        scene.turn(1, at: 0, ran: 5)
        scene.turn(2, at: 1, ran: 5)
        scene.turn(1, at: 100, ran: 5)
        scene.frame(1, to: 2, at: 105, after: 50)
        scene.turn(2, at: 155, ran: 5)
        scene.turn(1, at: 200, ran: 0)
        #expect(try scene.data().lanes.map(\.ownWakes) == [2, 0])
    }

    @Test func replyTimesRunFromTheLastFrameThatHadArrived() throws {
        let scene = try TraceScene(["a", "b"])
        scene.frame(1, to: 2, at: 1000, after: 100)
        scene.frame(1, to: 2, at: 1050, after: 100)
        // Crosses the reply, so it is not what is answered.
        let late = scene.send(1, at: 1190)
        scene.frame(2, to: 1, at: 1200, after: 100)
        scene.deliver(2, from: 1, late, at: 1290)
        // Sent before that one arrived.
        let early = scene.send(2, at: 1280)
        scene.deliver(1, from: 2, early, at: 1380)
        let data = try scene.data()
        // No frame of a answers b: a sent its frame at 1190 before b's frame arrived.
        #expect(
            data.replies == [
                .init(
                    asker: 0, answerer: 1, count: 1, least: 250, most: 250,
                    samples: [.init(time: 1300, took: 250)])
            ])
        #expect(data.totals.replies == 1)
    }

    @Test func anUnfinishedTraceIsNoted() throws {
        let scene = try TraceScene(["a"])
        scene.start(1)
        scene.turn(1, at: 5, ran: 3)
        scene.recorder.flush(before: .init(nanoseconds: 6))
        let data = try scene.data(isFinished: false)
        #expect(!data.isFinished && data.hash == nil)
        #expect(data.notes.count == 2)
        #expect(data.notes[0].hasPrefix("The trace is not finished"))
        #expect(data.notes[1].hasPrefix("There is no summary"))
        // A free run ends at the last event.
        #expect(data.turns == [[.init(time: 5, ran: 0)]])
        #expect(try scene.page(isFinished: false).contains("The trace is not finished"))
    }

    @Test func aSummaryOfAnotherRunIsDetected() throws {
        let scene = try TraceScene(["a"])
        scene.line(1, at: 1, "as it was")
        scene.line(1, at: 2, "and this")
        scene.recorder.finish()
        var summary = RunSummary(
            name: "s", seed: 7, kernel: nil, result: .passed, virtualNanoseconds: 2, wallNanoseconds: 5,
            toolVersion: "0", machines: [])
        summary.hash = "0123456789abcdef"
        let data = try TimelineData(
            trace: scene.path, summary: summary, files: .init(console: { _ in ["as it was not"] }))
        #expect(data.notes.count == 2)
        #expect(data.notes[0].contains("another run") && data.notes[0].contains("0123456789abcdef"))
        #expect(data.notes[1].hasPrefix("2 console lines differ from what the trace recorded"))
    }

    @Test func aTraceOfEventsOnlyIsNoted() throws {
        let scene = try TraceScene(["a", "b"], level: .events)
        scene.start(1)
        scene.turn(1, at: 5, ran: 3)
        scene.frame(1, to: 2, at: 7)
        let data = try scene.data()
        #expect(data.turns == [[], []])
        #expect(data.arrows.count == 1)
        #expect(data.notes.contains { $0.contains("events only") })
    }
}

extension TraceRecorder {
    fileprivate var hashText: String { TraceHash.text(hash) }
}
