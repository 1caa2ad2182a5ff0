/// Sums over parts of a run, all of the same length.
struct BucketRow: Sendable {
    let width: UInt64
    private(set) var values: [UInt64]

    init(_ buckets: TimelineData.Buckets) {
        width = buckets.width
        values = Array(repeating: 0, count: buckets.count)
    }

    private func place(_ time: UInt64) -> Int { min(Int(time / width), values.count - 1) }

    mutating func add(_ value: UInt64, at time: UInt64) { values[place(time)] &+= value }

    /// Adds to each part the ns of [start, end) inside it.
    mutating func add(from start: UInt64, to end: UInt64) {
        guard end > start else { return }
        var time = start
        for index in place(start)...place(end - 1) {
            let next = index == values.count - 1 ? end : min(end, UInt64(index + 1) * width)
            values[index] &+= next - time
            time = next
        }
    }

    /// Each value as a share of its part's length, 0 to 255.
    var shares: [UInt64] {
        values.map { min(255, UInt64(Double($0) / Double(width) * 255 + 0.5)) }
    }
}

extension TimelineData.Buckets {
    /// Divides a run into parts so that `rows` rows have at most `cells` values in total; at most 1000 parts.
    ///
    /// - Parameter isRound: whether a part's length must be 1, 2 or 5 times a power of ten ns.
    init(end: UInt64, rows: Int, cells: Int, isRound: Bool) {
        let most = UInt64(max(1, min(1000, cells / max(1, rows))))
        // Saturates: a run may last 2^64 ns.
        let least = end / most == .max ? .max : end / most + 1
        width = isRound ? Self.rounded(least) : least
        count = Int(end / width) + 1
    }

    private static func rounded(_ least: UInt64) -> UInt64 {
        var unit: UInt64 = 1
        while unit <= least / 10 { unit *= 10 }
        for factor: UInt64 in [1, 2, 5, 10] {
            let (width, isTooLong) = unit.multipliedReportingOverflow(by: factor)
            if isTooLong { return .max }
            if width >= least { return width }
        }
        return least
    }
}
