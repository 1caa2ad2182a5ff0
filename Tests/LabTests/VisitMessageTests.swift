import Foundation
import Testing

@testable import Lab

/// What visitors and runs say to each other, and recorded input.
struct VisitMessageTests {
    private static let requests: [VisitRequest] = [
        .look(
            LookPlan(
                machine: "m1", command: "top", hasInput: true, terminal: TerminalSize(rows: 24, columns: 80),
                drivesTime: true)),
        .input([0, 255, 10]), .input([]), .resize(TerminalSize(rows: 1, columns: 2)), .drive(.pass(5)),
        .drive(.debug), .drive(.go), .drive(.halt), .drive(.resume), .drive(.end), .state,
    ]

    private static let replies: [VisitReply] = [
        .output([1, 2]), .errors([3]), .ended(-1), .failed(VisitFailure(RunError(.usage, "no"))),
        .state(
            VisitState(nanoseconds: 1, isHeld: true, machines: [.init(name: "m1", obstacle: "it is off")])),
    ]

    @Test(arguments: [1, 3, 1000]) func messagesComeInAnyParts(_ size: Int) throws {
        let bytes = Self.requests.flatMap(\.frame) + Self.replies.flatMap(\.frame)
        var rest = bytes[...]
        var received: [UInt8] = []
        var frames: [(type: UInt8, payload: [UInt8])] = []
        while !rest.isEmpty {
            received += rest.prefix(size)
            rest = rest.dropFirst(size)
            frames += try #require(VisitFrame.take(from: &received, limit: 1 << 20))
        }
        #expect(received.isEmpty)
        let requests = frames.prefix(Self.requests.count).map {
            VisitRequest(type: $0.type, payload: $0.payload)
        }
        #expect(requests == Self.requests)
        let replies = frames.dropFirst(Self.requests.count).map {
            VisitReply(type: $0.type, payload: $0.payload)
        }
        #expect(replies == Self.replies)
    }

    @Test func whatIsNoMessageIsNone() {
        var long: [UInt8] = [0xff, 0xff, 0xff, 0x7f, 1]
        #expect(VisitFrame.take(from: &long, limit: VisitRequest.payloadLimit) == nil)
        #expect(VisitRequest(type: 9, payload: []) == nil)
        #expect(VisitRequest(type: 1, payload: Array("{".utf8)) == nil)
        #expect(VisitReply(type: 3, payload: []) == nil)
    }

    @Test func inputIsReadAsItWasWritten() throws {
        let path = NSTemporaryDirectory() + "/almanac-input-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let inputs = [
            RecordedInput(at: 1, action: .hold),
            RecordedInput(
                at: 1, machine: "m1", look: 1, action: .start(look: LookPlan(machine: "m1", command: "sh"))),
            RecordedInput(
                at: 2, machine: "m1", look: 1, action: RecordedInput.action(input: Array("ls\r".utf8))),
            RecordedInput(at: 2, machine: "m1", look: 1, action: RecordedInput.action(input: [0xff, 0])),
            RecordedInput(at: 3, machine: "m1", look: 1, action: RecordedInput.action(input: [])),
            RecordedInput(
                at: 4, machine: "m1", look: 1, action: .resize(to: TerminalSize(rows: 3, columns: 4))),
            RecordedInput(at: 4, machine: "m1", look: 1, action: .hangUp),
            RecordedInput(at: 5, machine: "m1", look: 1, action: .ask), RecordedInput(at: 6, action: .resume),
        ]
        let recorder = InputRecorder(path: path)
        for input in inputs { try recorder.record(input) }
        #expect(try RecordedInput.read(path) == inputs)
        #expect(
            inputs.map { $0.request == nil } == [true, false, false, false, false, false, false, false, true])
        try "{\"at\":2,\"action\":{\"hold\":{}}}\n{\"at\":1,\"action\":{\"hold\":{}}}\n".write(
            toFile: path, atomically: true, encoding: .utf8)
        #expect { try RecordedInput.read(path) } throws: { "\($0)".contains(":2: it is earlier") }
        try "x\n".write(toFile: path, atomically: true, encoding: .utf8)
        #expect { try RecordedInput.read(path) } throws: { "\($0)".contains(":1: this is no recorded input") }
        #expect { try RecordedInput.read("/nowhere") } throws: { "\($0)" == "cannot read the input /nowhere" }
    }
}
