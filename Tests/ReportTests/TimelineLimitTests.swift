import Foundation
import Testing
import Trace

@testable import Report

/// The page stays small, notes what it leaves out, and keeps times exact.
struct TimelineLimitTests {
    private static func summary(_ name: String = "s") -> RunSummary {
        RunSummary(
            name: name, seed: 7, kernel: nil, result: .passed, virtualNanoseconds: 0, wallNanoseconds: 5,
            toolVersion: "0", machines: [])
    }

    @Test func whatIsLeftOutIsStated() throws {
        let scene = try TraceScene.ping(seconds: 300, lossPeriod: 10)
        var limits = TimelineLimits()
        limits.turns = 200
        limits.frames = 100
        limits.losses = 20
        limits.replies = 50
        limits.consoleLines = 31
        let data = try scene.data(limits: limits, summary: Self.summary())
        let turns = data.turns.reduce(0) { $0 + $1.count }
        let arrived = data.arrows.count { $0.fate == .arrived }
        let lost = data.arrows.count { $0.fate == .lost }
        let replies = data.replies.reduce(0) { $0 + $1.samples.count }
        // The hash takes about the expected share; half of the limit is for the beginning.
        #expect((120...300).contains(turns) && (60...150).contains(arrived) && (12...30).contains(lost))
        #expect(replies <= 50 && replies > 10)
        #expect(data.console.count == 30)
        let notes = data.notes
        #expect(notes.count == 5)
        #expect(
            notes[0]
                == "Of 980 turns, \(turns) are here: all before 7.002 s, then about 1 in 9, chosen by a hash."
        )
        #expect(
            notes[1].hasPrefix(
                "Of 570 arrivals of frames, \(arrived) are here: all before 27.001 s, then about 1 in 11"))
        #expect(notes[2].hasPrefix("Of 30 lost frames, \(lost) are here: all before"))
        #expect(
            notes[3]
                == "Of 80 console lines, 30 are here: the first 8 and the last 7 of each machine that has more."
        )
        #expect(notes[4].hasPrefix("Of \(data.totals.replies) reply times, \(replies) are here: about 1 in"))
        // Before the sample everything is included.
        let whole = try scene.data()
        let until = try #require(data.sampledFrom.turns)
        #expect(data.turns[0].filter { $0.time < until } == whole.turns[0].filter { $0.time < until })
        #expect(Set(data.arrows).isSubset(of: Set(whole.arrows)))
        #expect(whole.notes.count == 1)
    }

    @Test func sumsHoldWhatSamplesLeaveOut() throws {
        let scene = try TraceScene.ping(seconds: 300)
        var limits = TimelineLimits()
        limits.turns = 10
        limits.frames = 10
        let data = try scene.data(limits: limits)
        let activity = try #require(data.activity)
        #expect(activity.turns.map { $0.reduce(0, +) } == data.lanes.map(\.turns))
        let series = try #require(data.series)
        #expect(series.sent.map { $0.reduce(0, +) } == data.lanes.map(\.bytesSent))
        #expect(series.received.map { $0.reduce(0, +) } == data.lanes.map(\.bytesReceived))
        #expect(data.networkSeries.map { $0.reduce(0, +) } == [600 * 98])
        // Free runs of 0.702 s in each second, over complete parts in the middle of the run.
        let width = activity.buckets.width
        let part = activity.free[0][activity.buckets.count / 2]
        #expect(width > 300_000_000 && part > 0 && part <= 255)
    }

    @Test func nothingIsSampledWithoutNeed() throws {
        let scene = try TraceScene.ping()
        let data = try scene.data(summary: Self.summary())
        #expect(data.notes == [])
        #expect(data.activity == nil && data.series == nil)
        #expect(data.arrows.count == 2000)
        let page = try scene.page(summary: Self.summary())
        #expect(page.utf8.count < 2_000_000)
    }

    @Test func hugeRunsMakePagesOfAFewMegabytes() throws {
        // Long times and texts, and everything at its limit.
        let names = (1...300).map { "machine-with-a-long-name-\($0)" }
        let scene = try TraceScene(
            names, commands: names.map { name in (0..<40).map { "\(name) \($0) <<<<&&&&" } })
        let text = String(repeating: "<&\"", count: 80)
        for step in 0..<400 {
            for machine in 1...300 {
                let time = UInt64(step) * 86400 * TraceScene.second + UInt64(machine) * 123_456_789
                scene.turn(machine, at: time, ran: 100_000_007)
                scene.frame(machine, to: machine % 300 + 1, at: time, after: 98_765_432)
                if step < 40 { scene.command(machine, UInt64(step + 1), from: time, to: time + 9_999_999) }
                if step % 4 == 0 { scene.line(machine, at: time, text) }
                if step % 20 == 0 { scene.event(.problem, machine, at: time, text) }
            }
        }
        let page = try scene.page(summary: Self.summary())
        #expect(page.utf8.count <= TimelineLimits.pageBytes)
        #expect(page.utf8.count > 2_000_000)
        #expect(page.contains("Of 120,000 turns"))
    }

    @Test func limitsAreHalvedUntilThePageFits() throws {
        let scene = try TraceScene.ping(seconds: 3000)
        let whole = try scene.page(summary: Self.summary())
        let most = 250_000
        #expect(whole.utf8.count > most && !whole.contains("chosen by a hash"))
        let page = try TimelineReport.html(
            trace: scene.path, summary: Self.summary(), most: most, files: .init())
        #expect(page.utf8.count <= most)
        #expect(page.contains("Of 9,080 turns"))
    }

    @Test func timesAreExactBeyondWhatADoubleHolds() throws {
        // More than a year, with odd nanoseconds: 2^53 ns are 104 days.
        let year = 365 * 86400 * TraceScene.second
        let scene = try TraceScene(["a", "b"])
        scene.start(1)
        scene.turn(1, at: 1, ran: year + 1)
        scene.turn(1, at: year + 3, ran: 5)
        scene.frame(1, to: 2, at: year + 7, after: year + 9)
        scene.command(1, 1, from: 3, to: 2 * year + 17)
        scene.event(.problem, 2, at: 2 * year + 21, "late")
        let data = try scene.data()
        #expect(data.turns[0] == [.init(time: 1, ran: year + 1), .init(time: year + 3, ran: 5)])
        let page = try scene.page()
        #expect(page.contains("\"turns\":[{\"t\":[1,\"\(year + 2)\"],\"r\":[\"\(year + 1)\",5]}"))
        #expect(page.contains("\"arrows\":{\"t\":[\"\(year + 7)\"],\"d\":[\"\(year + 9)\"]"))
    }

    @Test(arguments: [UInt64.max - 1, UInt64(1) << 63])
    func noTimeIsTooLate(time: UInt64) throws {
        let scene = try TraceScene(["a", "b"])
        scene.start(1)
        scene.turn(1, at: time - 5, ran: .max)
        scene.frame(1, to: 2, at: time - 4, after: 4)
        var limits = TimelineLimits()
        limits.turns = 0
        limits.frames = 0
        limits.losses = 0
        let data = try scene.data(limits: limits)
        #expect(data.end == time)
        #expect(
            data.series?.sent == [Array(repeating: 0, count: (data.series?.buckets.count ?? 1) - 1) + [98]])
        #expect(data.lanes[0].freeNanoseconds == 5)
    }

    @Test func hostileTextStaysText() throws {
        let hostile =
            "</script><script>window.hacked = 1</script><img src=x onerror=hacked=1>\u{2028}\u{202e}\"\\"
        let scene = try TraceScene([hostile, "b"], lab: hostile, commands: [[hostile]])
        scene.start(1)
        scene.command(1, 1, from: 1, to: 2)
        scene.line(1, at: 1, hostile)
        scene.event(.problem, 1, at: 2, hostile)
        scene.event(.end, 1, at: 3, hostile)
        let number = scene.send(1, at: 1)
        scene.drop(2, from: 1, number, at: 2, hostile)
        var summary = Self.summary(hostile)
        summary.reason = hostile
        summary.repeatCommand = hostile
        let page = try scene.page(summary: summary)
        #expect(page.components(separatedBy: "</script>").count == 3)
        #expect(!page.contains("window.hacked = 1</script>") && !page.contains("<img"))
        #expect(page.contains(#"\u003c/script\u003e"#))
    }

    @Test func aFileThatIsNotATraceIsAnError() {
        #expect(throws: TraceError.self) {
            try TimelineReport.html(trace: "/etc/passwd", summary: nil, files: .init())
        }
    }
}
