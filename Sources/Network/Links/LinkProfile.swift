/// What one direction of an interface does to frames: `out` from the machine into the network, or `in` to the machine.
///
/// A frame meets, in this order: the queue, the transmitter (`bandwidth`), then the wire: loss, corruption, duplication, and
/// delay (`latency` + `jitter`). docs/network-model.md has the formula of each.
package struct LinkProfile: Hashable, Sendable {
    /// On top of the network's own latency, ns.
    package var latency: UInt64 = 0
    /// On top of that, drawn for each frame.
    package var jitter: Jitter?
    /// Bits per second; nil: no serialisation time and no queue.
    package var bandwidth: UInt64?
    /// Bytes that each frame takes on the wire beside itself: on Ethernet preamble, check sequence and gap (8 + 4 + 12; IEEE
    /// 802.3, 3.1.1 and 4.4.2).
    package var overhead: Int = LinkProfile.ethernetOverhead
    /// What waits for the transmitter.
    package var queue = QueueProfile()
    package var loss = LossModel.none
    /// Share of frames that arrive twice.
    package var duplicate = Probability.never
    /// Frames that others may overtake.
    package var reorder = ReorderProfile()
    /// Share of frames in which one bit is flipped.
    package var corrupt = Probability.never

    package init() {}

    /// See `overhead`.
    package static let ethernetOverhead = 24

    /// It changes nothing and takes no time.
    package var isIdeal: Bool { self == LinkProfile() }
}

/// How likely something is, in parts of a billion: exact, as people write percentages.
package struct Probability: Hashable, Comparable, Sendable {
    /// 0 to 1,000,000,000.
    package let partsPerBillion: UInt32

    package init(partsPerBillion: UInt32) {
        precondition(partsPerBillion <= 1_000_000_000, "a probability is at most 1")
        self.partsPerBillion = partsPerBillion
    }

    package static let never = Probability(partsPerBillion: 0)
    package static let always = Probability(partsPerBillion: 1_000_000_000)

    package static func < (a: Probability, b: Probability) -> Bool { a.partsPerBillion < b.partsPerBillion }
}

/// A delay drawn for each frame, ns, never less than 0.
package struct Jitter: Hashable, Sendable {
    /// The density of the delay x, `scale` being s.
    package enum Distribution: String, CaseIterable, Sendable {
        /// Uniform in [0, s).
        case uniform
        /// Half of a normal distribution with standard deviation s: mean s * sqrt(2/pi).
        case normal
        /// Exponential with mean s.
        case exponential
        /// Lomax with shape 3 and mean s: a heavy tail.
        case pareto
    }

    package var distribution: Distribution
    /// ns. A draw is at most a thousand times that.
    package var scale: UInt64

    package init(distribution: Distribution = .uniform, scale: UInt64) {
        self.distribution = distribution
        self.scale = scale
    }
}

/// Which frames are lost on the wire.
package enum LossModel: Hashable, Sendable {
    case none
    /// Each with the same probability, whatever happened to others.
    case independent(Probability)
    /// Two states (Gilbert 1960, Elliott 1963). Before each frame the state changes with `toBad` or `toGood`; then the frame is
    /// lost with the probability of the state. Begins good.
    case gilbertElliott(
        toBad: Probability, toGood: Probability, lossInGood: Probability, lossInBad: Probability)
}

/// Frames that others may overtake; without it frames keep their order whatever the jitter.
package struct ReorderProfile: Hashable, Sendable {
    /// Share of frames that are held back by `by` while later ones pass.
    package var share = Probability.never
    /// ns.
    package var by: UInt64 = 10_000_000
    /// Jitter reorders: a frame with a short delay overtakes those before it.
    package var byJitter = false

    package init() {}
}

/// The queue in front of a transmitter.
package struct QueueProfile: Hashable, Sendable {
    /// Most that waits, the frame in transmission not counted.
    package enum Limit: Hashable, Sendable {
        case frames(Int)
        /// Of frames, without `overhead`.
        case bytes(Int)
    }

    /// Who is dropped, and when.
    package enum Discipline: Hashable, Sendable {
        /// Who finds the queue full.
        case dropTail
        /// Random early detection (Floyd, Jacobson 1993), gentle: thresholds in the unit of the limit.
        case red(minimum: Int, maximum: Int, probability: Probability, weightShift: Int)
        /// Controlled delay (RFC 8289).
        case codel(target: UInt64, interval: UInt64)
    }

    package var limit = Limit.frames(1000)
    package var discipline = Discipline.dropTail

    package init() {}
}

/// How frames find their way in a network.
package enum NetworkKind: String, CaseIterable, Hashable, Sendable {
    /// A learning switch (IEEE 802.1D).
    case `switch`
    /// Every frame goes to everybody else.
    case hub
    /// Two interfaces, one at each end.
    case pointToPoint = "point-to-point"
}

/// What lies between two interfaces of a network, one way.
package struct PathProfile: Hashable, Sendable {
    /// ns.
    package var latency: UInt64
    package var loss: Probability

    package init(latency: UInt64, loss: Probability = .never) {
        self.latency = latency
        self.loss = loss
    }
}
