internal import Network

/// Keys of values of links that are mappings.
enum LinkValueKeys {
    static let all = [jitter, loss, reorder, queue]

    static let jitter = KeyTable(
        "jitter",
        [
            Key(
                "distribution", .words(of: Jitter.Distribution.self),
                "`uniform` in [0, scale), `normal` (half of one, standard deviation `scale`), `exponential` or `pareto` (mean `scale`).",
                default: "uniform", example: "normal"),
            Key(
                "scale", .time(LabLimits.jitters), "Scale, at most 1h.", default: Key.required,
                example: "2ms"),
        ])

    static let loss = KeyTable(
        "loss",
        [
            Key(
                "model", .word(["gilbert-elliott"]), "The model; `gilbert-elliott` is the only one.",
                default: Key.required, example: "gilbert-elliott"),
            Key(
                "to-bad", .share, "Probability, at each frame, of changing to the bad state.",
                default: Key.required, example: "1%"),
            Key(
                "to-good", .share, "Probability, at each frame, of changing back to the good state.",
                default: Key.required, example: "20%"),
            Key(
                "loss-in-bad", .share, "Share of frames lost in the bad state.", default: "100%",
                example: "50%"),
            Key(
                "loss-in-good", .share, "Share of frames lost in the good state.", default: "0%",
                example: "0.1%"),
        ])

    static let reorder = KeyTable(
        "reorder",
        [
            Key("share", .share, "Share of frames that are held back.", default: "0%", example: "1%"),
            Key(
                "by", .time(LabLimits.delays), "How long they are held back.", default: "10ms", example: "5ms"
            ),
            Key(
                "jitter", .boolean,
                "Whether jitter reorders frames too: one with a short delay then overtakes others.",
                default: "false", example: "true"),
        ])

    static let queue = KeyTable(
        "queue",
        [
            Key(
                "limit", .queueLimit, "Largest amount that may wait.", default: "1000 frames", example: "64K"),
            Key(
                "discipline", .word(LinkValues.disciplines.map(\.word)),
                "Which frames are dropped, and when.", default: "drop-tail", example: "codel"),
            Key(
                "minimum", .queueLimit, "`red`: mean queue length below which nothing is dropped.",
                default: "a sixth of the limit", example: "20 frames"),
            Key(
                "maximum", .queueLimit,
                "`red`: mean queue length from which the drop probability rises more steeply.",
                default: "half of the limit", example: "600 frames"),
            Key(
                "probability", .share, "`red`: drop probability at `maximum`.", default: "10%",
                example: "5%"),
            Key(
                "weight-shift", .integer(0...30), "`red`: the weight of a new sample in the mean is 2^-n.",
                default: "9",
                example: "7"),
            Key(
                "target", .time(1...LabLimits.longestDelay), "`codel`: waiting time that is acceptable.",
                default: "5ms", example: "10ms"),
            Key(
                "interval", .time(1...LabLimits.longestDelay),
                "`codel`: how long the waiting time may exceed `target` before frames are dropped.",
                default: "100ms",
                example: "50ms"),
        ])
}
