internal import Calendar
internal import LabPlan

/// What became of a check.
struct CheckState {
    /// Runs that have ended.
    var runs = 0
    /// Runs that have failed; of an eventual check, those before it passed.
    var failures = 0
    /// The first that failed: when it ended, and how.
    var firstFailure: (at: Instant, status: Int)?
    /// Of its last run.
    var status: Int?
    /// Where in its output its last run began, and the range that the failed run wrote, bytes.
    var outputStart = 0
    var failedOutput: Range<Int>?
    /// When an eventual check was first started, and when it passed.
    var begun: Instant?
    var passed: Instant?
    /// When it should have passed and had not.
    var missed: Instant?

    /// It has passed, or can no longer pass.
    ///
    /// - Parameter boot: when its machine booted last: what had its time before does not run any more.
    func isDecided(_ plan: CheckPlan, boot: Instant) -> Bool {
        switch plan.schedule {
        case .at(let at): runs > 0 || at < boot.nanoseconds
        case .every, .health: true
        case .eventually: passed != nil || missed != nil
        }
    }

    /// Why it has failed; nil when it has not.
    func failure(_ plan: CheckPlan) -> (reason: String, at: Instant)? {
        switch plan.schedule {
        case .eventually(let limit, _):
            guard let missed else { return nil }
            let last = status.map { "its last exit status is \($0)" } ?? "it never ended"
            return ("it has not passed within \(DurationText.format(limit)): \(last)", missed)
        case .health: return nil
        case .at, .every:
            guard let firstFailure else { return nil }
            let many = runs > 1 ? "; \(failures) of \(runs) runs failed" : ""
            return ("exit status \(firstFailure.status), not \(plan.status)\(many)", firstFailure.at)
        }
    }
}
