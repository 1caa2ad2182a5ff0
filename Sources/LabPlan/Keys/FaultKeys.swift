/// Keys of `faults:`.
extension KeyTable {
    /// A fault's own keys; those of links are beside them.
    static let faultOnly = KeyTable(
        "fault",
        exactlyOne: [["partition", "link", "machine", "random"], ["at", "when", "random"]],
        [
            Key(
                "at", .time(LabLimits.times), "Simulated time at which the fault begins, 1s or later.",
                default: "`at` or `when` is required", example: "10s"),
            Key(
                "when", .keys(trigger),
                "The fault begins when a machine first prints a line, see [Events](#events).",
                default: "`at` or `when` is required", example: "{ machine: m1, output: \"elected leader\" }"),
            Key(
                "after", .time(LabLimits.times), "With `when`: this long after the line.", default: "0s",
                example: "2s"),
            Key(
                "for", .time(LabLimits.positiveTimes),
                "How long the fault lasts. Kills, restarts and clock steps take no time and have none; a pause needs it.",
                default: "to the end of the run", example: "30s"),
            Key(
                "partition", .either([.list(.machineNames), .keys(cut)]),
                "Groups of machines that cannot reach each other on any network; machines in no group reach all. Or [one way](#one-way-cuts).",
                default: "none", example: "[[m1, m2], [m3]]"),
            Key(
                "link", .link,
                "The interface of a machine, written NETWORK/MACHINE. What happens to it: `down`, or [link keys](#faults-of-links).",
                default: "none", example: "lan/m2"),
            Key(
                "machine", .text,
                "Name of a machine with a kernel. What happens to it is one of the keys below.",
                default: "none", example: "m3"),
            Key(
                "random", .keys(random), "Faults drawn from the seed, see [Random faults](#random-faults).",
                default: "none", example: "{ every: 20s..60s, kinds: [partition, kill], until: 5min }"),
            Key(
                "kill", .onlyTrue, "With `machine`: power loss.", default: "none", example: "true"),
            Key(
                "pause", .onlyTrue, "With `machine`: its time stops, then goes on where it was.",
                default: "none", example: "true"),
            Key(
                "restart", .either([.onlyTrue, .form("^(after )?\(ValueShape.timeForm)$")]),
                "With `kill`: how long after the kill the machine boots again. With `machine` alone: `true` boots a machine that was killed.",
                default: "none", example: "after 10s"),
            Key(
                "clock", .step, "With `machine`: a step of its wall clock.", default: "none", example: "+3s"),
            Key(
                "drift", .drift,
                "With `machine`: all its clocks, and so its timers, run faster by this much; with `-`, slower.",
                default: "none", example: "50ppm"),
            Key(
                "down", .onlyTrue, "With `link`: the carrier is lost, which the machine sees.",
                default: "none",
                example: "true"),
            Key(
                "direction", .words(of: LinkChange.Direction.self),
                "With `link` and link keys: frames from the machine (`out`), to it (`in`), or both.",
                default: "both", example: "out"),
        ])

    package static let fault = faultOnly.with(linksAt: .fault)

    /// A partition one way.
    package static let cut = KeyTable(
        "cut",
        [
            Key(
                "from", .machineNames, "Frames from these machines are lost …", default: Key.required,
                example: "[m1]"),
            Key(
                "to", .machineNames, "… if they are addressed to these machines.", default: Key.required,
                example: "[m2, m3]"),
        ])

    package static let trigger = KeyTable(
        "event", exactlyOne: [LogSource.allCases.map(\.rawValue)],
        [
            Key(
                "machine", .text, "The machine whose lines are searched.", default: "any machine's",
                example: "m1"),
            Key(
                "console", .text, "Regular expression that a line of the kernel's console matches.",
                default: "none", example: "\"link is down\""),
            Key(
                "output", .text, "Regular expression that a line of a command or check matches.",
                default: "none", example: "\"elected leader\""),
            Key(
                "all", .text, "Regular expression that a line of either matches.", default: "none",
                example: "\"out of memory\""),
        ])

    /// `random:` of a fault.
    package static let random = KeyTable(
        "random",
        [
            Key(
                "every", .timeRange(1...LabLimits.longestDelay), "From the start of one fault to the next.",
                default: Key.required, example: "20s..60s"),
            Key(
                "kinds", .list(.words(of: RandomFaults.Kind.self)), "Kinds of faults, equally likely.",
                default: Key.required, example: "[partition, kill]"),
            Key(
                "from", .time(LabLimits.times), "The first instant at which one may begin, 1s or later.",
                default: "1s",
                example: "10s"),
            Key(
                "until", .time(LabLimits.positiveTimes), "None begins at this instant or later.",
                default: "the lab's `until`",
                example: "2min"),
            Key(
                "for", .timeRange(1...LabLimits.longestDelay),
                "How long each lasts; of a kill: until the machine boots again; of a clock: until it steps back.",
                default: "5s..20s", example: "1s..3s"),
            Key(
                "then", .words(of: RandomFaults.Ending.self),
                "`heal`: all are over by `until`. `leave`: each lasts as long as was drawn, even beyond `until`.",
                default: "heal",
                example: "leave"),
            Key(
                "machines", .machineNames, "Machines that may be hit.", default: "all", example: "[m1, m2]"),
            Key(
                "loss", .shareRange, "How much a `loss` loses.", default: "5%..50%", example: "10%..20%"),
            Key(
                "latency", .timeRange(1...LabLimits.longestDelay), "The latency that a `latency` sets.",
                default: "10ms..200ms", example: "50ms..80ms"),
            Key(
                "corrupt", .shareRange, "How much a `corrupt` corrupts.", default: "0.1%..5%",
                example: "1%"),
            Key(
                "clock", .timeRange(1...LabLimits.longestDelay),
                "How far a `clock` steps, forward or back.", default: "1s..10s", example: "100ms..1s"),
        ])
}
