package import Trace

/// `report.html`: the timeline of a run, for people who see it for the first time.
package enum TimelineReport {
    /// The page, a whole HTML document that loads nothing.
    ///
    /// Works on a trace that is not finished and without a summary: the page says so. It has at most
    /// `TimelineLimits.pageBytes`, and says what it leaves out for that; memory does not depend on the length of the run.
    ///
    /// - Parameters:
    ///   - path: the trace, which is read twice.
    ///   - summary: how the run ended.
    ///   - console: the lines of a machine's `console.log`, by the machine's name; asked for once for each that has any.
    package static func html(
        trace path: String, summary: RunSummary?, console: (String) -> [String]
    ) throws(TraceError) -> String {
        try html(trace: path, summary: summary, most: TimelineLimits.pageBytes, console: console)
    }

    /// The page, of at most so many bytes if its lab leaves room for anything else.
    static func html(
        trace path: String, summary: RunSummary?, most: Int, console: (String) -> [String]
    ) throws(TraceError) -> String {
        var limits = TimelineLimits()
        while true {
            let data = try TimelineData(trace: path, summary: summary, limits: limits, console: console)
            let page = TimelinePage.html(data: data.json(limits: limits))
            // Names of machines have no limit; a lab of thousands with long names may stay above.
            if page.utf8.count <= most || limits.turns <= 16 { return page }
            limits = limits.halved()
        }
    }
}
