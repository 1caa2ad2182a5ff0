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
                "model", .word(["gilbert-elliott"]), "Two states, of which one loses more.",
                default: Key.required, example: "gilbert-elliott"),
            Key("to-bad", .share, "Chance to become bad, a frame.", default: Key.required, example: "1%"),
            Key(
                "to-good", .share, "Chance to become good again, a frame.", default: Key.required,
                example: "20%"),
            Key("loss-in-bad", .share, "Loss in the bad state.", default: "100%", example: "50%"),
            Key("loss-in-good", .share, "Loss in the good state.", default: "0%", example: "0.1%"),
        ])

    static let reorder = KeyTable(
        "reorder",
        [
            Key("share", .share, "Share of frames that are held back.", default: "0%", example: "1%"),
            Key("by", .time(LabLimits.delays), "For how long.", default: "10ms", example: "5ms"),
            Key(
                "jitter", .boolean,
                "Whether jitter reorders too: a frame with a short delay overtakes others.",
                default: "false", example: "true"),
        ])

    static let queue = KeyTable(
        "queue",
        [
            Key("limit", .queueLimit, "Most that waits.", default: "1000 frames", example: "64K"),
            Key(
                "discipline", .word(LinkValues.disciplines.map(\.word)),
                "Which frames are dropped, and when.", default: "drop-tail", example: "codel"),
            Key(
                "minimum", .queueLimit, "`red`: below this mean nothing is dropped.",
                default: "a sixth of the limit", example: "20 frames"),
            Key(
                "maximum", .queueLimit, "`red`: from this mean on drops get more frequent.",
                default: "half of the limit", example: "600 frames"),
            Key(
                "probability", .share, "`red`: of a drop when the mean is `maximum`.", default: "10%",
                example: "5%"),
            Key(
                "weight-shift", .integer(0...30), "`red`: a new sample counts 2^-n in the mean.",
                default: "9",
                example: "7"),
            Key(
                "target", .time(1...LabLimits.longestDelay), "`codel`: waiting time to keep below.",
                default: "5ms", example: "10ms"),
            Key(
                "interval", .time(1...LabLimits.longestDelay),
                "`codel`: how long it may be above before frames are dropped.", default: "100ms",
                example: "50ms"),
        ])
}
