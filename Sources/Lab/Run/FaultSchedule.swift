internal import Calendar
internal import LabPlan
internal import Network

/// What became of a fault.
struct FaultState {
    /// When it began and when it was over, in simulated time.
    var began: Instant?
    var ended: Instant?

    /// It began and is not over.
    var isActive: Bool { began != nil && ended == nil }
}

/// The faults of a plan and what became of each; says what those that are active do together. Pure.
struct FaultSchedule {
    let plan: [FaultPlan]
    /// By the plan's.
    private(set) var states: [FaultState]

    init(_ plan: [FaultPlan]) {
        self.plan = plan
        states = plan.map { _ in FaultState() }
    }

    // MARK: Begin and end

    /// A fault begins. One that lasts is active from now on; the others are moments.
    mutating func begin(_ fault: Int, at instant: Instant) {
        let lasts =
            switch plan[fault].action {
            case .partition, .cut, .link, .pause: true
            case .kill(_, let restartAfter): restartAfter != nil
            case .clock(_, _, let drift): drift != nil
            case .restart: false
            }
        states[fault] = FaultState(began: instant, ended: lasts ? nil : instant)
    }

    /// A fault is over. False if it was not active.
    mutating func end(_ fault: Int, at instant: Instant) -> Bool {
        guard states[fault].isActive else { return false }
        states[fault].ended = instant
        return true
    }

    /// A machine boots: the kills that it was off for are over.
    mutating func endKills(of machine: Int, at instant: Instant) {
        for (index, fault) in plan.enumerated() where states[index].isActive {
            if case .kill(machine, _) = fault.action { states[index].ended = instant }
        }
    }

    // MARK: What is active

    /// In the order of the plan.
    var activeActions: [FaultAction] { zip(plan, states).compactMap { $1.isActive ? $0.action : nil } }

    /// Every fault with a time is over, and every other one that has begun: nothing disturbs the lab any more.
    ///
    /// O(faults).
    var isQuiet: Bool {
        zip(plan, states).allSatisfy { fault, state in
            if state.isActive, fault.duration != nil { return false }
            guard state.began == nil else { return state.ended != nil || fault.duration == nil }
            if case .after = fault.start { return true }
            return false
        }
    }

    /// A machine is paused by at least one fault.
    func pauses(_ machine: Int) -> Bool { activeActions.contains(.pause(machine: machine)) }

    /// What the last of the active faults makes of a machine's clock, parts per billion.
    func drift(of machine: Int) -> Int64 {
        activeActions.reduce(0) { drift, active in
            if case .clock(machine, _, let own?) = active { own } else { drift }
        }
    }

    /// What the active faults make of a machine's link to a network.
    func link(of machine: Int, to network: Int, out: LinkProfile, in into: LinkProfile)
        -> (isDown: Bool, out: LinkProfile, in: LinkProfile)
    {
        var link = (isDown: false, out: out, in: into)
        for active in activeActions {
            guard case .link(network, machine, let change) = active else { continue }
            link.isDown = link.isDown || change.isDown
            if change.direction != .in { link.out = change.applied(to: link.out) }
            if change.direction != .out { link.in = change.applied(to: link.in) }
        }
        return link
    }

    /// The pairs of machines of which the first cannot reach the second.
    var cuts: Set<MachinePair> {
        var pairs: Set<MachinePair> = []
        for active in activeActions {
            switch active {
            case .partition(let groups):
                for (first, group) in groups.enumerated() {
                    for (second, other) in groups.enumerated() where first != second {
                        for from in group {
                            for to in other { pairs.insert(MachinePair(from: from, to: to)) }
                        }
                    }
                }
            case .cut(let from, let to):
                for from in from { for to in to { pairs.insert(MachinePair(from: from, to: to)) } }
            case .link, .pause, .kill, .restart, .clock: continue
            }
        }
        return pairs
    }

    // MARK: Afterwards

    /// The faults that began, each with the time at which it did, in the order of the plan.
    var happened: [FaultPlan] {
        zip(plan, states).compactMap { plan, state in
            guard let began = state.began else { return nil }
            var happened = plan
            happened.start = .at(began.nanoseconds)
            return happened
        }
    }
}
