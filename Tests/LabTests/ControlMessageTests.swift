import Lab
import Testing

struct ControlMessageTests {
    private let stream: [UInt8] =
        [0, 0, 0, 0, 9]
        + [4, 0, 0, 0, 1, 1, 0, 0, 0] + [0, 0, 0, 0, 2] + [6, 0, 0, 0, 4, 2, 0, 0, 0, 104, 105]
        + [17, 0, 0, 0, 5, 2, 0, 0, 0, 137, 0, 0, 0, 0x70, 0x11, 1, 0, 0, 0, 0, 0, 9] + [0, 0, 0, 0, 6] + [
            2, 0, 0, 0, 7, 110, 111,
        ]
        + [22, 0, 0, 0, 8, 0, 1, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 115, 104]
        + [20, 0, 0, 0, 8] + [UInt8](repeating: 255, count: 8) + [UInt8](repeating: 0, count: 12)
        + [19, 0, 0, 0, 12, 2, 0xa4, 0x81, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 47, 102]
        + [21, 0, 0, 0, 12, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 47, 102, 46, 46]

    @Test func everySplit() throws {
        let expected: [ControlMessage] = [
            .stored, .hello(version: 1), .ready, .output(command: 2, bytes: [104, 105]),
            .ended(command: 2, status: 137, signal: 9, sleeps: 70_000),
            .bye, .problem("no"), .outlook(next: 256, switches: 7, runnable: 3, programs: "sh"),
            .outlook(next: nil, switches: 0, runnable: 0, programs: ""),
            .artifact(.file(path: [47, 102], mode: 0o100644, changed: 1)),
            .artifact(.link(path: [47, 102], target: [46, 46])),
        ]
        for split in 0...stream.count {
            var decoder = ControlDecoder()
            let messages =
                try decoder.decode(Array(stream[..<split])) + decoder.decode(Array(stream[split...]))
            #expect(messages == expected)
        }
    }

    @Test func whatIsNoMessage() {
        var decoder = ControlDecoder()
        #expect(throws: ControlDecoder.Failure.tooLong(65537)) { _ = try decoder.decode([1, 0, 1, 0, 4]) }
        decoder = ControlDecoder()
        #expect(throws: ControlDecoder.Failure.malformed(type: 10, length: 0)) {
            _ = try decoder.decode([0, 0, 0, 0, 10])
        }
        decoder = ControlDecoder()
        #expect(throws: ControlDecoder.Failure.malformed(type: 1, length: 1)) {
            _ = try decoder.decode([1, 0, 0, 0, 1, 1])
        }
        // A path that is longer than the message, and an unknown kind of entry.
        for payload: [UInt8] in [[2] + zeros(12) + [1, 0, 0, 0], [6] + zeros(16), [5]] {
            decoder = ControlDecoder()
            #expect(throws: ControlDecoder.Failure.malformed(type: 12, length: payload.count)) {
                _ = try decoder.decode([UInt8(payload.count), 0, 0, 0, 12] + payload)
            }
        }
    }

    private func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

    @Test func requests() {
        let artifacts = ControlRequest.artifacts(patterns: ["/a", "/b*"], bytes: 1, entries: 2)
        #expect(
            artifacts.frame == [23, 0, 0, 0, 15, 1] + zeros(7) + [2] + zeros(7) + [47, 97, 0, 47, 98, 42, 0])
        #expect(ControlRequest.go.frame == [0, 0, 0, 0, 2])
        #expect(ControlRequest.shutDown.frame == [0, 0, 0, 0, 3])
        #expect(ControlRequest.look.frame == [0, 0, 0, 0, 6])
        let piece = ControlRequest.file(path: "/f", mode: 0o644, bytes: [7, 8], isFirst: true)
        #expect(piece.frame == [13, 0, 0, 0, 7, 0xa4, 1, 0, 0, 1, 2, 0, 0, 0, 47, 102, 7, 8])
        var command = CommandRecord(index: 1, text: "x", stopSignal: 15)
        command.isBackground = true
        let plan = ControlRequest.plan([.hostName("m"), .command(command)])
        let always = [UInt8](repeating: 255, count: 8)
        let zero = [UInt8](repeating: 0, count: 8)
        let fields: [[UInt8]] = [
            [43, 0, 0, 0, 1], [1, 1, 0, 0, 0, 109], [8, 32, 0, 0, 0], [1, 0, 0, 0], always, zero, always,
            [1, 15, 0, 120],
        ]
        #expect(plan.frame == Array(fields.joined()))
    }
}
