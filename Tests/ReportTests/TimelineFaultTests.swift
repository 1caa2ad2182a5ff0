import Calendar
import Testing
import Trace

@testable import Report

/// Faults, machines that boot again, checks and verdicts on the page.
struct TimelineFaultTests {
    private let second = TraceScene.second
    private let millisecond = TraceScene.millisecond

    @Test func faultsBeginAndEndAndSomeAreMomentary() throws {
        let data = try TraceScene.faulty().data(summary: TraceScene.faultySummary())
        #expect(data.lanes.map(\.name) == ["lab", "a", "b", "c"])
        func fault(
            _ text: String, _ began: UInt64, _ ended: UInt64?, lane: Int? = nil,
            _ effect: FaultHistory.Effect = .none, isMoment: Bool = false
        ) -> TimelineData.Fault {
            .init(
                began: began * second, ended: ended.map { $0 * second }, isMoment: isMoment, lane: lane,
                effect: effect, text: text)
        }
        #expect(
            data.faults == [
                fault("partition a b | c", 5, 10), fault("b is paused", 20, 23, lane: 2, .paused),
                fault("c is killed", 25, 30, lane: 3, .off),
                fault("a: clock +3s", 40, nil, lane: 1, isMoment: true),
                fault("lan/b: loss 20%", 50, nil, lane: 2),
            ])
        #expect(data.totals.faults == 5)
        // No fault is a mark too.
        #expect(data.marks.allSatisfy { $0.kind != .fault })
        #expect(data.lanes[3].began == 0 && data.lanes[3].ended == 60 * second)
        #expect(data.lanes[3].ending == "powered off")
        #expect(data.losses == [.init(reason: 0, frames: 5, first: 5 * second + 2, last: 9 * second + 2)])
        #expect(data.notes == [])
    }

    @Test func everyRunOfACheckIsIncluded() throws {
        let data = try TraceScene.faulty().data(summary: TraceScene.faultySummary())
        #expect(
            data.commands == [
                .init(lane: 1, number: 1, text: "ping c", runs: 1),
                .init(
                    lane: 1, number: 1, text: "./healthy", isCheck: true, outcome: .failed, expected: 0,
                    runs: 58),
                .init(lane: 3, number: 1, text: "serve", runs: 2),
            ])
        #expect(data.runs.count == 61 && data.totals.runs == 61)
        let failed = data.runs.filter { $0.status.map { $0 != 0 } == true }
        #expect(failed.map(\.start) == (5..<10).map { $0 * second + 1 })
        #expect(
            data.runs.filter { $0.command == 2 } == [
                // Its machine was killed during the run.
                .init(command: 2, start: second, end: 25 * second),
                .init(command: 2, start: 31 * second, end: 60 * second),
            ])
    }

    @Test func failedRunsAreKeptWhereThereAreTooMany() throws {
        let scene = try TraceScene(["a"], commands: [["./healthy"]], checks: [1])
        scene.start(1)
        for step: UInt64 in 0..<10_000 {
            let time = (step + 2) * second
            scene.command(1, 1, from: time, to: time + 5 * millisecond, status: step % 1000 == 999 ? 1 : 0)
        }
        var limits = TimelineLimits()
        limits.runs = 200
        let data = try scene.data(limits: limits, summary: TraceScene.faultySummary())
        #expect((120...300).contains(data.runs.count))
        #expect(data.runs.count { $0.status == 1 } == 10)
        #expect(data.runs.map(\.start) == data.runs.map(\.start).sorted())
        #expect(data.commands[0].runs == 10_000)
        #expect(data.notes.count { $0.hasPrefix("Of 10,000 runs of commands and checks") } == 1)
    }

    @Test func textsDetermineTheKindOfAFault() {
        let header = TraceHeader(
            lab: "x", seed: 1, start: 0, level: .full,
            participants: ["m1", "partition"].enumerated().map { index, name in
                .init(
                    id: UInt32(index + 1), name: name, model: nil, island: 0, interfaces: [], commands: [])
            }, networks: [])
        func changes(_ texts: [String]) -> (changes: [FaultHistory.Change?], faults: [FaultHistory.Fault]) {
            var history = FaultHistory(header)
            let changes = texts.map { text in
                history.take(
                    TraceEvent(time: .init(nanoseconds: 1), participant: 0, kind: .fault, text: text))
            }
            return (changes, history.faults)
        }
        // Of two equal faults the first to begin is the first to end.
        let link = "lan/m1 in: loss 5%"
        #expect(
            changes([link, link, "\(link) is over", "\(link) is over"]).changes == [
                .began(0), .began(1), .ended(0), .ended(1),
            ])
        #expect(changes([link]).faults[0].machine == 1)
        #expect(changes(["partition is killed", "partition boots again"]).changes == [.began(0), .ended(0)])
        #expect(changes(["partition is killed"]).faults[0].machine == 2)
        #expect(changes(["m1 restarts", "m1 boots again"]).changes == [.moment(0), .moment(1)])
        #expect(changes(["m1: clock +3s"]).changes == [.moment(0)])
        #expect(changes(["m1: clock +3s, drift 50ppm"]).changes == [.began(0)])
        #expect(changes(["cut m1 > m2", "nobody is killed"]).changes == [.began(0), .moment(1)])
        // A text of another version is momentary unless it ends.
        let other = changes(["the moon falls", "the moon falls is over"])
        #expect(other.changes == [.moment(0), .ended(0)] && !other.faults[0].isMoment)
        #expect(changes(["never begun is over"]).changes == [.moment(0)])
        var history = FaultHistory(header)
        let strange = TraceEvent(
            time: .init(nanoseconds: 1), participant: 1, kind: .fault, text: "m1 is killed")
        #expect(history.take(strange) == nil)
    }

    @Test(arguments: [0, 1 << 56])
    func thePageShowsThem(start: UInt64) throws {
        let browser = try Browser()
        let fragment = "from=\(start)&to=\(start + 60 * second)"
        try browser.open(
            page: TraceScene.faulty(from: start).page(summary: TraceScene.faultySummary()), fragment: fragment
        )
        #expect(browser.errors == [])
        func bars(_ kind: String) throws -> [[String: Any]] {
            try browser.value("almanac.bars().filter((bar) => bar.kind === '\(kind)')")
        }
        let faults = try bars("fault")
        #expect(
            faults.map { $0["text"] as? String } == [
                "partition a b | c", "b is paused", "c is killed", "lan/b: loss 20%",
            ])
        let width: Double = try browser.value("almanac.plot().width")
        for (bar, (from, to)) in zip(faults, [(5, 10), (20, 23), (25, 30), (50, 60)]) {
            let (x, length) = (bar["x"] as? Double ?? 0, bar["width"] as? Double ?? 0)
            #expect(abs(x - width * Double(from) / 60) < 1)
            // The last one lasts to the end, slightly beyond the window.
            #expect(abs(length - width * Double(to - from) / 60) < (to == 60 ? 16 : 1))
        }
        // Each failed run of the check has its own bar.
        let failed = try bars("bad")
        #expect(failed.count == 5 && failed.allSatisfy { $0["text"] as? String == "./healthy" })
        func rows(_ table: String) throws -> [String] {
            try browser.value(
                "[...document.querySelectorAll('#\(table) tbody tr')].map((row) => row.innerText.replace(/\\s+/g, ' ').trim())"
            )
        }
        #expect(try rows("verdicts").count == 2 && rows("faults").count == 5)
        #expect(try rows("verdicts")[0].hasPrefix("failed check a ./healthy 58 "))
        #expect(try rows("verdicts")[1] == "passed log all never panic")
        #expect(try rows("faults")[3].hasPrefix("a: clock +3s ") && rows("faults")[3].hasSuffix(" momentary"))
        #expect(try rows("losses")[0].hasPrefix("cut off 5 100 % "))
        // The check is in the table of verdicts.
        #expect(try rows("commands").count == 2)
        #expect(try browser.value("document.body.innerText", as: String.self).contains("1 verdict failed"))
        if start == 0 {
            #expect(try rows("faults")[0] == "partition a b | c 5.000 s 10.000 s 5 s")
            #expect(try rows("verdicts")[0].contains(" 5.020 s exit status 1, not 0; 5 of 58"))
        }
    }

    @Test func theTipDescribesFaults() throws {
        let browser = try Browser()
        try browser.open(page: TraceScene.faulty().page(summary: TraceScene.faultySummary()))
        func texts(lane: Int, _ seconds: Double) throws -> String {
            let x: Double = try browser.value("almanac.plot().left + almanac.plot().width * \(seconds) / 60")
            let top: Double = try browser.value("almanac.plot().top + almanac.lanes()[\(lane)].top")
            let height: Double = try browser.value("almanac.lanes()[\(lane)].height")
            return try stride(from: top + 2, to: top + height, by: 4).map { y in
                try browser.move(to: x, y)
                return try browser.value("document.getElementById('tip').innerText", as: String.self)
            }.joined(separator: "\n")
        }
        #expect(try texts(lane: 0, 7).contains("partition a b | c\n5.000000000 s to 10.000000000 s (5 s)"))
        #expect(try texts(lane: 0, 40).contains("a: clock +3s\nat 40.000000000 s"))
        #expect(try texts(lane: 1, 40).contains("a: clock +3s"))
        #expect(try texts(lane: 2, 21.5).contains("b is paused"))
        #expect(try texts(lane: 3, 27.5).contains("c is killed\n25.000000000 s to 30.000000000 s (5 s)"))
        #expect(try texts(lane: 1, 6.005).contains("a ran check 1, run 5 of 58"))
        let cut = try texts(lane: 3, 15)
        #expect(cut.contains("run 1 of 2") && cut.contains("cut off: its machine ended"))
        _ = try browser.evaluate("document.querySelectorAll('#faults tr.link')[2].click()")
        try browser.paint()
        let from: String = try browser.value("almanac.view().from")
        #expect((UInt64(from) ?? 0) > 24 * second && (UInt64(from) ?? 0) < 25 * second)
        try browser.key("/")
        try browser.type("loss 20")
        #expect(try browser.value("document.querySelectorAll('.hit').length", as: Int.self) == 1)
        #expect(browser.errors == [])
    }

    @Test func theLaneOfFaultsStaysAtTheTop() throws {
        let scene = try TraceScene((1...60).map { "m\($0)" })
        for machine in 1...60 { scene.start(machine) }
        scene.fault("m1 is killed", at: second)
        scene.event(.end, 1, at: 10 * second)
        let browser = try Browser()
        try browser.open(page: scene.page())
        try browser.evaluate("document.getElementById('scroller').scrollTop = 1e6")
        try browser.paint()
        #expect(try browser.value("almanac.lanes()[0].top", as: Double.self) == 0)
        #expect(try browser.value("almanac.lanes()[1].top", as: Double.self) < -100)
        #expect(try browser.value("almanac.bars()[0].text", as: String.self) == "m1 is killed")
        #expect(browser.errors == [])
    }
}
