internal import Calendar

/// Random early detection (Floyd, Jacobson, "Random early detection gateways for congestion avoidance", 1993, figure 2), gentle
/// (Floyd, "Recommendation on using the gentle variant of RED", 2000). Which frames are dropped does not depend on their
/// sizes (RFC 7141, 2.2).
struct RandomEarlyDetection: Sendable {
    /// Bytes of the frame whose time an idle link's average ages by: the "typical" one of the paper.
    static let typicalFrame = 1000

    /// In the unit of the queue's limit.
    let minimum: Double
    let maximum: Double
    let probability: Double
    /// Of one arrival in the average: 2^-weightShift.
    let weight: Double
    private(set) var average = 0.0
    /// Arrivals between the thresholds since the last drop; -1 when there are none.
    private var count = -1.0
    private var random: SplitMix64

    init(minimum: Int, maximum: Int, probability: Probability, weightShift: Int, random: SplitMix64) {
        self.minimum = Double(minimum)
        self.maximum = Double(maximum)
        self.probability = probability.value
        weight = 1 / Double(1 << weightShift)
        self.random = random
    }

    /// A frame arrives.
    ///
    /// - Parameters:
    ///   - queued: what waits, in the unit of the limit.
    ///   - idle: how many typical frames could have been sent since the link fell idle; nil when it is busy.
    ///   - isFull: there is no room: it is dropped whatever the average.
    /// - Returns: whether it is dropped.
    mutating func drops(queued: Int, idle: UInt64?, isFull: Bool) -> Bool {
        if let idle {
            average *= ReproducibleMath.power(1 - weight, idle)
        } else {
            average += weight * (Double(queued) - average)
        }
        if isFull || average >= 2 * maximum {
            count = 0
            return true
        }
        guard average >= minimum else {
            count = -1
            return false
        }
        count += 1
        let base =
            average < maximum
            ? probability * (average - minimum) / (maximum - minimum)
            : probability + (1 - probability) * (average - maximum) / maximum
        // Uniform gaps between drops instead of geometric ones.
        let likely = count * base < 1 ? base / (1 - count * base) : 1
        guard Double(random.next() >> 11) * 0x1p-53 < likely else { return false }
        count = 0
        return true
    }
}
