import Foundation
import Testing
import Trace

@testable import Report

/// What helps where a lab has many machines, in a real browser.
struct TimelineManyTests {
    private func shown(_ browser: Browser) throws -> [String] {
        try browser.value(
            "almanac.lanes().filter((lane) => lane.row >= 0).sort((a, b) => a.row - b.row).map((lane) => lane.name)"
        )
    }

    private func filter(_ text: String, _ browser: Browser) throws {
        try browser.evaluate(
            """
            document.getElementById('machines').value = '\(text)';
            document.getElementById('machines').dispatchEvent(new Event('input'));
            """)
        try browser.paint()
    }

    /// Part of the heat strip's pixels, in shares of its width and height, that are not the page's background.
    private func heat(_ browser: Browser) throws -> Double {
        try browser.value(
            """
            (() => {
                const canvas = document.getElementById('heat');
                const context = canvas.getContext('2d');
                const left = Math.ceil(canvas.width * 0.2);
                const image = context.getImageData(left, 0, canvas.width - left, canvas.height).data;
                let count = 0;
                for (let i = 3; i < image.length; i += 4) if (image[i] > 0) count += 1;
                return count / (image.length / 4);
            })()
            """)
    }

    @Test func filtersAndGroupsChooseRows() throws {
        let scene = try TraceScene.ring(40)
        let browser = try Browser()
        try browser.open(page: scene.page())
        let all = try shown(browser)
        #expect(all.count == 40)
        try filter("m1, m20", browser)
        #expect(try shown(browser) == all.filter { $0.contains("m1") || $0.contains("m20") })
        #expect(
            try browser.value("document.getElementById('shown').textContent", as: String.self).hasSuffix(
                " of 40"))
        try filter("m1", browser)
        // What is searched for is shown, whatever the filter.
        try browser.key("/")
        try browser.type("m33")
        try browser.key("Enter")
        #expect(try shown(browser).count == 40)
        try browser.key("Escape")
        let groups: [String] = try browser.value(
            "[...document.querySelectorAll('#groups button')].map((button) => button.textContent)")
        #expect(groups == ["m# (40)"])
        try filter("nobody", browser)
        #expect(try shown(browser).isEmpty)
        #expect(browser.errors == [])
    }

    @Test func theHeatStripShowsAllRowsAtOnce() throws {
        let browser = try Browser()
        try browser.open(page: TraceScene.ring(20).page())
        #expect(try browser.value("document.getElementById('heat').hidden", as: Bool.self))
        try browser.open(page: TraceScene.ring(200).page())
        #expect(try browser.value("document.getElementById('heat').hidden", as: Bool.self) == false)
        #expect(try heat(browser) > 0.05)
        // A press scrolls to the row.
        try browser.evaluate(
            """
            (() => {
                const box = document.getElementById('heat').getBoundingClientRect();
                const place = { clientX: box.left + 300, clientY: box.bottom - 1, bubbles: true };
                document.getElementById('heat').dispatchEvent(new PointerEvent('pointerdown', place));
            })()
            """)
        try browser.paint()
        #expect(try browser.value("document.getElementById('scroller').scrollTop", as: Double.self) > 1000)
        // With few rows left there is no strip.
        try filter("m1*", browser)
        try filter("m1", browser)
        #expect(browser.errors == [])
    }

    @Test func whatSetThePaceIsNamed() throws {
        let scene = try TraceScene(["quiet", "busy"], commands: [[], ["poll --often", "rest"]])
        for step in 0..<600 { scene.turn(2, at: UInt64(step) * 200 * TraceScene.millisecond, ran: 1) }
        var summary = RunSummary(
            name: "s", seed: 7, kernel: nil, result: .passed, virtualNanoseconds: 120 * TraceScene.second,
            wallNanoseconds: 5, toolVersion: "0", machines: [])
        summary.machines = [
            MachineSummary(
                name: "busy", id: 2, kernel: nil, ended: "",
                commands: [
                    CommandSummary(
                        index: 1, command: "poll --often", expectation: "any", outcome: .passed, output: "",
                        sleeps: 1234),
                    CommandSummary(
                        index: 2, command: "rest", expectation: "any", outcome: .passed, output: "", sleeps: 0
                    ),
                ])
        ]
        let browser = try Browser()
        try browser.open(page: scene.page(summary: summary))
        let rows: [String] = try browser.value(
            "[...document.querySelectorAll('#pace tbody tr')].map((row) => row.innerText.replace(/\\s+/g, ' '))"
        )
        #expect(rows == ["busy 599 300 poll --often (1,234)"])
        #expect(browser.errors == [])
    }

    @Test func outputOfCommandsStandsAmongTheConsoleLines() throws {
        let scene = try TraceScene(["a"], commands: [["x"]])
        scene.line(1, at: 5, "booted")
        scene.output(1, 1, at: 10, "elected leader\n")
        let browser = try Browser()
        try browser.open(page: scene.page())
        #expect(try browser.value("almanac.counts().shown.output", as: Int.self) == 1)
        try browser.evaluate("document.getElementById('consolebox').open = true")
        try browser.evaluate("new Promise((done) => setTimeout(done, 400))")
        let rows: [String] = try browser.value(
            "[...document.querySelectorAll('#console tr')].map((row) => row.innerText.replace(/\\s+/g, ' '))")
        #expect(rows.map { $0.hasSuffix("a console booted") } == [true, false])
        #expect(rows.last?.hasSuffix("a command 1 elected leader") == true)
        try browser.key("/")
        try browser.type("leader")
        #expect(
            try browser.value("document.querySelector('.hit .kind').textContent", as: String.self) == "output"
        )
        #expect(browser.errors == [])
    }
}
