internal import Calendar
internal import LabPlan

/// Matches the lines that machines write against the lab's rules: patterns that no line may contain, patterns that some line must
/// contain, and the triggers of faults.
struct LogJudge {
    /// A line that a rule matched: whose, and when.
    struct Finding {
        let machine: Int
        let source: LogSource
        let line: String
        let at: Instant
    }

    private struct Rule {
        let plan: LogRule
        let regex: Regex<AnyRegexOutput>
        /// The first matching line of each machine.
        var findings: [Int: Finding] = [:]
    }

    private struct Trigger {
        let fault: Int
        let plan: FaultTrigger
        let regex: Regex<AnyRegexOutput>
        var isDone = false
    }

    private var rules: [Rule]
    private var triggers: [Trigger]
    private let looksForReports: Bool
    /// The first report of each machine.
    private(set) var reports: [Int: Finding] = [:]

    init(_ plan: LabPlan) {
        // The lab file's reader has compiled them once.
        rules = plan.logs.compactMap { rule in
            (try? Regex(rule.pattern)).map { Rule(plan: rule, regex: $0) }
        }
        triggers = plan.faults.enumerated().compactMap { index, fault in
            guard case .after(_, let trigger) = fault.start, let regex = try? Regex(trigger.pattern) else {
                return nil
            }
            return Trigger(fault: index, plan: trigger, regex: regex)
        }
        looksForReports = plan.failsOnReports
    }

    /// It needs the lines of this source.
    func listens(to source: LogSource) -> Bool {
        looksForReports || rules.contains { $0.plan.source.includes(source) }
            || triggers.contains { $0.plan.source.includes(source) }
    }

    /// A machine has written a line; returns the faults that it triggers.
    mutating func look(at line: String, of machine: Int, source: LogSource, at instant: Instant) -> [Int] {
        let finding = Finding(machine: machine, source: source, line: line, at: instant)
        if looksForReports, reports[machine] == nil, KernelReports.isReport(line, source) {
            reports[machine] = finding
        }
        for index in rules.indices where rules[index].plan.source.includes(source) {
            guard rules[index].findings[machine] == nil,
                rules[index].plan.machines?.contains(machine) ?? true,
                line.firstMatch(of: rules[index].regex) != nil
            else { continue }
            rules[index].findings[machine] = finding
        }
        var faults: [Int] = []
        for index in triggers.indices
        where !triggers[index].isDone && triggers[index].plan.source.includes(source) {
            guard triggers[index].plan.machine ?? machine == machine,
                line.firstMatch(of: triggers[index].regex) != nil
            else { continue }
            triggers[index].isDone = true
            faults.append(triggers[index].fault)
        }
        return faults
    }

    /// The rules, each with the line that broke it; nil where a required line is missing.
    func verdicts() -> [(rule: LogRule, isKept: Bool, finding: Finding?, silent: [Int])] {
        rules.map { rule in
            let first = rule.findings.values.min { ($0.at, $0.machine) < ($1.at, $1.machine) }
            guard rule.plan.isRequired else { return (rule.plan, first == nil, first, []) }
            guard let asked = rule.plan.machines else { return (rule.plan, first != nil, nil, []) }
            let silent = asked.filter { rule.findings[$0] == nil }
            return (rule.plan, silent.isEmpty, nil, silent)
        }
    }
}

/// Messages of kernels and sanitizers that report a defect.
enum KernelReports {
    /// Of a kernel, on its console (lib/bug.c, kernel/panic.c, mm/kasan/report.c, lib/ubsan.c, kernel/kcsan/report.c, kernel/hung_task.c,
    /// kernel/rcu/tree_stall.h, kernel/locking/lockdep.c).
    static let ofKernels = PhraseSet([
        "WARNING: CPU:", "WARNING: possible", "BUG: ", "kernel BUG at", "Kernel panic - not syncing",
        "Oops: ",
        "UBSAN: ", "INFO: task ", "INFO: rcu", "general protection fault", "Kernel mode fault",
    ])
    /// Of programs that were built with a sanitizer, in their outputs.
    static let ofPrograms = PhraseSet([
        "ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "ERROR: MemorySanitizer",
        "WARNING: MemorySanitizer",
        "WARNING: ThreadSanitizer", "UndefinedBehaviorSanitizer",
    ])

    static func isReport(_ line: String, _ source: LogSource) -> Bool {
        switch source {
        case .console: ofKernels.occurs(in: line)
        case .output, .all: ofPrograms.occurs(in: line)
        }
    }
}
