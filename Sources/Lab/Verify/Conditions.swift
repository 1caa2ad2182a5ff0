/// A condition that must not affect a run, and is varied to check that.
package enum Condition: String, CaseIterable, Sendable {
    /// How many machines may run at the same time.
    case jobs
    /// On which cores they run, or that the host's scheduler chooses.
    case cores
    /// Other programs compute on every core.
    case load
    /// The run folder, the working folder and the user's environment.
    case folder
    /// The user whose processes they are: nobody's instead of root's.
    case user
    /// Almanac and its machines are stopped and continued (SIGSTOP, SIGCONT) at random moments.
    case stop
}

/// Under which conditions one of several runs happens.
package struct RunConditions: Hashable, Sendable, CustomStringConvertible {
    package var jobs: Int?
    package var cores: String?
    package var isUnpinned = false
    package var hasLoad = false
    package var hasOtherFolder = false
    package var isNobody = false
    package var isStopped = false

    /// The conditions of run `number`, from 0, which has none varied: the odd ones have all of `varied`, the even ones some.
    package init(run number: Int, varied: Set<Condition>, cores: [Int]) {
        guard number > 0 else { return }
        let isOdd = !number.isMultiple(of: 2)
        if varied.contains(.jobs) { jobs = isOdd ? 1 : max(2, cores.count) }
        if varied.contains(.cores) {
            switch number % 3 {
            case 1: isUnpinned = true
            case 2: self.cores = String(cores[number % cores.count])
            default: break
            }
        }
        hasLoad = varied.contains(.load) && isOdd
        hasOtherFolder = varied.contains(.folder)
        isNobody = varied.contains(.user) && isOdd
        isStopped = varied.contains(.stop) && (isOdd || number.isMultiple(of: 4))
    }

    package var description: String {
        var parts: [String] = []
        if let jobs { parts.append("jobs \(jobs)") }
        if let cores { parts.append("core \(cores)") }
        if isUnpinned { parts.append("not pinned") }
        if hasLoad { parts.append("all cores loaded") }
        if hasOtherFolder { parts.append("another folder and environment") }
        if isNobody { parts.append("as user nobody") }
        if isStopped { parts.append("stopped at random") }
        return parts.isEmpty ? "as usual" : parts.joined(separator: ", ")
    }

    /// The arguments of `almanac run` for these conditions.
    var arguments: [String] {
        (jobs.map { ["--jobs", "\($0)"] } ?? []) + (cores.map { ["--cores", $0] } ?? [])
            + (isUnpinned ? ["--no-pin"] : [])
    }
}
