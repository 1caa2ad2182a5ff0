import LabPlan
import Testing

@testable import Lab

struct MomentTests {
    @Test(arguments: [
        ("12.345s", Moment.time(12_345_000_000)),
        ("1h30min", .time(5_400_000_000_000)),
        ("end", .end),
        ("first FAIL", .failure),
        ("fault:2", .fault(2)),
        ("m2: elected leader", .line(machine: "m2", text: "elected leader", number: 1)),
        ("m2:elected leader #3", .line(machine: "m2", text: "elected leader", number: 3)),
        // Only a number at the end says which.
        ("m2: issue #3 is open", .line(machine: "m2", text: "issue #3 is open", number: 1)),
        ("m2: a: b", .line(machine: "m2", text: "a: b", number: 1)),
    ])
    func textIsRead(text: String, moment: Moment) throws {
        let read = try Moment(text)
        #expect(read == moment)
    }

    @Test(arguments: ["", "12", "later", "fault:0", "fault:x", "m2:", ": text", "m2: text #0", "-1s"])
    func otherTextIsRefused(text: String) {
        #expect(throws: TextError.self) { try Moment(text) }
    }

    @Test func stepsAreRead() throws {
        let read = try ["event", "frame", "turn", "10ms"].map(MomentStep.init)
        #expect(read == [.event, .frame, .turn, .time(10_000_000)])
        #expect(throws: TextError.self) { try MomentStep("line") }
    }
}
