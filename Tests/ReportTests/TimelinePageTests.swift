import Foundation
import Testing
import Trace

@testable import Report

/// The page in a real browser.
struct TimelinePageTests {
    private static func summary(_ scene: TraceScene) -> RunSummary {
        var summary = RunSummary(
            name: "ping", seed: 7, kernel: .init(path: "/k", version: "6.12"), result: .failed,
            reason: "m1: something", virtualNanoseconds: 0, wallNanoseconds: 1_200_000_000,
            toolVersion: "0.1.0",
            machines: [])
        summary.repeatCommand = "almanac run ping.yaml --seed 7"
        summary.machines = scene.machines.enumerated().map { index, name in
            var machine = MachineSummary(name: name, id: index + 1, kernel: "/k", ended: "powered off")
            machine.wallNanoseconds = UInt64(index + 1) * 100_000_000
            machine.aloneNanoseconds = 7_000_000
            machine.turns = 10
            return machine
        }
        return summary
    }

    /// A page was loaded, requested nothing else and reported no error.
    private func expectHealthy(_ browser: Browser, _ comment: Comment? = nil) {
        #expect(browser.errors == [], comment)
        #expect(browser.requests.filter { !$0.hasPrefix("data:") }.count == 1, comment)
    }

    /// Number of colours in a screenshot.
    private func colours(_ browser: Browser) throws -> Int {
        let image = try browser.screenshot()
        return try browser.value(
            """
            (async () => {
                const image = new Image();
                image.src = 'data:image/png;base64,\(image)';
                await image.decode();
                const canvas = document.createElement('canvas');
                canvas.width = image.width;
                canvas.height = image.height;
                const context = canvas.getContext('2d');
                context.drawImage(image, 0, 0);
                const pixels = new Uint32Array(context.getImageData(0, 0, image.width, image.height).data.buffer);
                return new Set(pixels).size;
            })()
            """)
    }

    private func view(_ browser: Browser) throws -> (from: UInt64, to: UInt64) {
        let from: String = try browser.value("almanac.view().from")
        let to: String = try browser.value("almanac.view().to")
        return (try #require(UInt64(from)), try #require(UInt64(to)))
    }

    @Test func thePageShowsWhatTheTraceHolds() throws {
        let scene = try TraceScene.ping(lossPeriod: 50)
        let data = try scene.data()
        let browser = try Browser()
        try browser.open(page: scene.page(summary: Self.summary(scene)))
        expectHealthy(browser)
        let lanes: [[String: Any]] = try browser.value("almanac.lanes()")
        #expect(lanes.map { $0["name"] as? String } == ["m1", "m2"])
        #expect(lanes.map { $0["turns"] as? UInt64 } == data.lanes.map(\.turns))
        #expect(lanes.map { $0["freeRuns"] as? UInt64 } == data.lanes.map(\.freeRuns))
        #expect(lanes.map { $0["commands"] as? Int } == [1, 0])
        #expect(lanes.map { $0["framesLost"] as? UInt64 } == [20, 0])
        #expect(try browser.value("almanac.counts().frames", as: Int.self) == 2000)
        #expect(try browser.value("almanac.counts().shown.arrows", as: Int.self) == 2000)
        #expect(
            try browser.value("document.body.innerText", as: String.self).contains(
                "almanac run ping.yaml --seed 7"))
        let costs: [String] = try browser.value(
            "[...document.querySelectorAll('#costs tbody tr')].map((row) => row.innerText.replace(/\\s+/g, ' '))"
        )
        let (first, second) = (data.lanes[0], data.lanes[1])
        // The most expensive first: wall-clock time, share, time per turn, time others waited, turns.
        #expect(costs.count == 2)
        #expect(costs[0].hasPrefix("m2 200 ms 67 % 20 ms 7 ms \(TimelineText.number(second.turns)) "))
        #expect(costs[1].hasPrefix("m1 100 ms 33 % 10 ms 7 ms \(TimelineText.number(first.turns)) "))
        let all = try view(browser)
        #expect(all.from == 0 && all.to == data.end)
        #expect(try colours(browser) > 100)
        try browser.prefer(scheme: "dark")
        #expect(try colours(browser) > 100)
        expectHealthy(browser)
    }

    @Test func wheelAndKeysZoomAboutThePointer() throws {
        let scene = try TraceScene.ping()
        let browser = try Browser()
        try browser.open(page: scene.page())
        let left: Double = try browser.value("almanac.plot().left")
        let width: Double = try browser.value("almanac.plot().width")
        let top: Double = try browser.value("almanac.plot().top")
        let (x, y) = (left + width * 0.25, top + 20)
        try browser.move(to: x, y)
        let all = try view(browser)
        let pinned = Double(all.to) * 0.25
        for _ in 0..<20 { try browser.wheel(at: x, y, by: -200) }
        var zoomed = try view(browser)
        #expect(zoomed.to - zoomed.from < all.to / 1000)
        // The instant under the pointer stays, to a pixel of the first window.
        let place = Double(zoomed.from) + 0.25 * Double(zoomed.to - zoomed.from)
        #expect(abs(place - pinned) < 2 * Double(all.to) / width)
        let span = zoomed.to - zoomed.from
        try browser.key("+")
        zoomed = try view(browser)
        #expect(abs(Double(zoomed.to - zoomed.from) - Double(span) / 2) <= 2)
        try browser.key("-")
        let from = try view(browser).from
        try browser.key("ArrowRight")
        #expect(try view(browser).from > from)
        try browser.key("ArrowLeft")
        #expect(abs(Int64(try view(browser).from) - Int64(from)) <= 1)
        try browser.drag(from: (x, y), to: (x + 100, y))
        let dragged = try view(browser)
        #expect(abs(Double(from - dragged.from) - Double(span) * 100 / width) < Double(span) / width)
        try browser.key("0")
        #expect(try view(browser) == all)
        expectHealthy(browser)
    }

    @Test func searchAndTablesLeadToPlaces() throws {
        let scene = try TraceScene.ping()
        let browser = try Browser()
        try browser.open(page: scene.page())
        try browser.key("/")
        try browser.type("driver 17")
        try browser.key("Enter")
        // Line 17 was printed at 0.34 s, by both machines.
        var shown = try view(browser)
        #expect(shown.from <= 340_000_000 && 340_000_000 <= shown.to && shown.to < 200 * TraceScene.second)
        #expect(try browser.value("document.querySelectorAll('.hit').length", as: Int.self) == 2)
        try browser.key("Escape")
        try browser.key("0")
        _ = try browser.evaluate("document.querySelector('#commands tr.link').click()")
        try browser.paint()
        shown = try view(browser)
        #expect(shown.from < TraceScene.second && shown.to > 999 * TraceScene.second)
        expectHealthy(browser)
    }

    @Test func aViewCanBeLinkedToTheNanosecond() throws {
        // Beyond 2^53 ns, where doubles skip odd numbers.
        let late: UInt64 = (1 << 56) + 12345
        let scene = try TraceScene(["a", "b"])
        scene.start(1)
        scene.turn(1, at: late + 1)
        scene.frame(1, to: 2, at: late + 1, after: 2)
        scene.turn(2, at: late + 3)
        scene.event(.end, 1, at: late + 100_001, "powered off")
        let browser = try Browser()
        try browser.open(page: scene.page(), fragment: "from=\(late)&to=\(late + 31)")
        var shown = try view(browser)
        #expect(shown.from == late && shown.to == late + 31)
        // The frame is in view and so are both turns, each at its own nanosecond.
        #expect(try browser.value("almanac.counts().view.frames", as: Int.self) == 1)
        try browser.evaluate("almanac.zoom('\(late + 3)', '\(late + 100)')")
        try browser.paint()
        #expect(try browser.value("almanac.counts().view.frames", as: Int.self) == 1)
        try browser.evaluate("almanac.zoom('\(late + 50)', '\(late + 1001)')")
        try browser.paint()
        let address = "new Promise((done) => setTimeout(() => done(location.hash), 400))"
        #expect(try browser.value(address, as: String.self) == "#from=\(late + 50)&to=\(late + 1001)")
        try browser.evaluate("location.hash = '#from=\(late + 1)&to=\(late + 22)'")
        try browser.paint()
        shown = try view(browser)
        #expect(shown.from == late + 1 && shown.to == late + 22)
        expectHealthy(browser)
    }

    @Test func theTipDescribesWhatIsUnderThePointer() throws {
        let late: UInt64 = (1 << 56) + 12345
        let scene = try TraceScene(["a", "b"], commands: [["sleep"]])
        for machine in 1...2 { scene.start(machine) }
        scene.command(1, 1, from: late - 40, to: late + 40, status: 3)
        scene.frame(1, to: 2, at: late + 1, after: 30)
        scene.event(.end, 1, at: late + 100_001, "powered off")
        let browser = try Browser()
        try browser.open(page: scene.page(), fragment: "from=\(late - 50)&to=\(late + 50)")
        let left: Double = try browser.value("almanac.plot().left")
        let width: Double = try browser.value("almanac.plot().width")
        let top: Double = try browser.value("almanac.plot().top")
        let height: Double = try browser.value("almanac.lanes()[0].height")
        /// The tips at an instant, from top to bottom.
        func column(_ time: UInt64, _ pixels: Double = 0) throws -> [String] {
            let x = left + width * Double(time - (late - 50)) / 100 + pixels
            return try stride(from: top + 2, to: top + 2 * height, by: 3).map { y in
                try browser.move(to: x, y)
                return try browser.value("document.getElementById('tip').innerText")
            }
        }
        let isFrame = { (text: String) in text.contains("98 B from a eth0 to b eth0") }
        // The frame begins and ends at its exact nanoseconds, which are ten pixels wide.
        #expect(try column(late + 1, -10).contains(where: isFrame) == false)
        #expect(try column(late + 1, 1).contains(where: isFrame))
        #expect(try column(late + 31, -1).contains(where: isFrame))
        #expect(try column(late + 31, 10).contains(where: isFrame) == false)
        let texts = try column(late + 16) + column(late - 30)
        let seconds = { (time: UInt64) -> String in
            let (day, rest) = (time / 86_400_000_000_000, time % 86_400_000_000_000)
            let fraction = String(rest % 1_000_000_000 + 1_000_000_000).dropFirst()
            let parts = [rest / 3_600_000_000_000, rest / 60_000_000_000 % 60, rest / 1_000_000_000 % 60]
            let clock = parts.map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
            return "\(day) d \(clock).\(fraction)"
        }
        let frame = try #require(texts.first(where: isFrame))
        #expect(frame.contains("sent at \(seconds(late + 1))"))
        #expect(frame.contains("arrived at \(seconds(late + 31)), after 30 ns"))
        let command = try #require(texts.first { $0.contains("a ran command 1") })
        #expect(command.contains("\(seconds(late - 40)) to \(seconds(late + 40)) (80 ns)"))
        #expect(command.contains("exit 3"))
        expectHealthy(browser)
    }

    @Test(arguments: [1, 3, 20, 200])
    func anyNumberOfMachinesHasRoom(count: Int) throws {
        let scene = try TraceScene.ring(count)
        let browser = try Browser()
        try browser.open(page: scene.page())
        expectHealthy(browser)
        #expect(try browser.value("almanac.lanes().length", as: Int.self) == count)
        // The number of arrows is bounded.
        #expect(try browser.value("almanac.counts().view.arrows", as: Int.self) <= 3000)
        let scrolls: Bool = try browser.value(
            "document.getElementById('scroller').scrollHeight > document.getElementById('scroller').clientHeight + 2"
        )
        #expect(scrolls == (count > 20))
        #expect(try colours(browser) > 50)
        try browser.evaluate("document.getElementById('scroller').scrollTop = 1e6")
        try browser.paint()
        let bottom: Double = try browser.value(
            "(() => { const lane = almanac.lanes().at(-1); return lane.top + lane.height; })()")
        #expect(try bottom <= browser.value("almanac.plot().height", as: Double.self) + 1)
        expectHealthy(browser)
    }

    @Test func hostileTextDoesNothing() throws {
        let hostile =
            "</script><script>window.hacked = 1</script><img src=http://127.0.0.1:9/ onerror=hacked=1>"
        let scene = try TraceScene([hostile, "b"], lab: hostile, commands: [[hostile]])
        scene.start(1)
        scene.command(1, 1, from: 1, to: 2000)
        scene.line(1, at: 1000, hostile)
        scene.event(.problem, 1, at: 1500, hostile)
        scene.event(.end, 1, at: 2000, hostile)
        var summary = Self.summary(scene)
        summary.reason = hostile
        let browser = try Browser()
        try browser.open(page: scene.page(summary: summary))
        for part in [0.01, 0.25, 0.5, 0.75, 0.99] {
            let x: Double = try browser.value("almanac.plot().left + \(part) * almanac.plot().width")
            let y: Double = try browser.value("almanac.plot().top + almanac.lanes()[0].height / 2")
            for offset in stride(from: -40.0, through: 40, by: 8) { try browser.move(to: x, y + offset) }
        }
        try browser.key("/")
        try browser.type("script")
        let hits: String = try browser.value("document.getElementById('hits').textContent")
        #expect(hits.contains("<script>window.hacked = 1</script>"))
        #expect(try browser.value("typeof window.hacked", as: String.self) == "undefined")
        #expect(try browser.value("document.querySelectorAll('img').length", as: Int.self) == 0)
        expectHealthy(browser)
    }

    @Test func missingSourcesAndSamplesAreNoted() throws {
        let empty = try TraceScene(["a"])
        let browser = try Browser()
        try browser.open(page: empty.page(isFinished: false))
        expectHealthy(browser, "an empty trace")
        var text: String = try browser.value("document.body.innerText")
        #expect(text.contains("The trace is not finished"))
        #expect(text.contains("There is no summary"))
        let none = try TraceScene([])
        try browser.open(page: none.page())
        expectHealthy(browser, "a lab of nobody")
        let big = try TraceScene.ring(40, seconds: 600)
        try browser.open(page: big.page())
        expectHealthy(browser, "a sample")
        text = try browser.value("document.body.innerText")
        #expect(text.contains("Of 73,600 turns"))
        try browser.evaluate("almanac.zoom('500000000000', '501000000000')")
        try browser.paint()
        text = try browser.value("document.body.innerText")
        #expect(text.contains("are sampled from"))
        expectHealthy(browser)
    }

    @Test func theBrowserIsInstalled() {
        #expect(Browser.isInstalled, "install the package chromium-headless-shell (tools/prepare)")
    }
}
