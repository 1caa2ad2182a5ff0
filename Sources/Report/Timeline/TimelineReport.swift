package import Trace

/// `report.html`: the timeline of a run.
package enum TimelineReport {
    /// The page, a complete HTML document that loads nothing.
    ///
    /// The trace may be unfinished and the summary missing: the page says so. It has at most
    /// `TimelineLimits.pageBytes` and says what it leaves out. Memory does not depend on the length of the run.
    ///
    /// - Parameters:
    ///   - path: the trace, which is read twice.
    ///   - summary: the run's summary.
    ///   - files: what the run left beside its trace.
    package static func html(
        trace path: String, summary: RunSummary?, files: TimelineFiles
    ) throws(TraceError) -> String {
        try html(trace: path, summary: summary, most: TimelineLimits.pageBytes, files: files)
    }

    /// The page, of at most `most` bytes unless the lab alone takes more.
    static func html(
        trace path: String, summary: RunSummary?, most: Int, files: TimelineFiles
    ) throws(TraceError) -> String {
        var limits = TimelineLimits()
        let failures =
            summary.map { $0.result == .passed ? [] : TimelineFailure.all($0, output: files.lastLines) } ?? []
        while true {
            var data = try TimelineData(trace: path, summary: summary, limits: limits, files: files)
            data.failures = failures
            let page = TimelinePage.html(title: data.title, data: data.json(limits: limits))
            // The number of machines has no limit: a lab of thousands may exceed the limit by itself.
            if page.utf8.count <= most || limits.turns <= 16 { return page }
            limits = limits.halved()
        }
    }
}
