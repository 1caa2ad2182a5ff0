internal import Network

/// A `random:` entry: what may go wrong, how often, for how long and how much.
struct RandomFaults {
    enum Kind: String, CaseIterable {
        case partition
        case cut
        case kill
        case pause
        case down
        case loss
        case latency
        case corrupt
        case clock

        /// Models have neither a power supply nor a clock of their own.
        var needsKernel: Bool { self == .kill || self == .pause || self == .clock }
    }

    /// What becomes of faults at the end of the time in which they begin.
    enum Ending: String, CaseIterable {
        /// All are over by then; who was killed is up again.
        case heal
        /// They last as long as was drawn.
        case leave
    }

    /// From one beginning to the next, ns.
    var every: ClosedRange<UInt64>
    var kinds: [Kind]
    /// When they begin, ns.
    var window: Range<UInt64>
    /// How long each lasts, ns: of a killed machine until it boots again, of a clock until it steps back.
    var duration: ClosedRange<UInt64>
    var ending: Ending
    /// Who may be hit: indices in the plan.
    var machines: [Int]
    var loss: ClosedRange<Probability>
    var latency: ClosedRange<UInt64>
    var corrupt: ClosedRange<Probability>
    var clock: ClosedRange<UInt64>
}
