/// Shortest, mean and longest of some latencies.
struct LatencyTally {
    private(set) var count: UInt64 = 0
    private var shortest = Duration.seconds(Int64.max)
    private var longest = Duration.zero
    private var sum = Duration.zero

    mutating func add(_ latency: Duration) {
        count += 1
        shortest = min(shortest, latency)
        longest = max(longest, latency)
        sum += latency
    }

    /// `min/mean/max = 1.000000/1.500000/2.000000 ms`; empty when there are none.
    var text: String {
        guard count > 0 else { return "" }
        let times = [shortest, sum / Int(count), longest].map(ModelFormat.milliseconds)
        return "min/mean/max = \(times.joined(separator: "/")) ms"
    }
}
