/// Which of a lane's items the page holds: all, or its first and its last ones where lanes have too many.
struct KeptEnds {
    /// Most items of a lane.
    private let room: UInt64

    /// What lanes with few items leave free of `limit` is divided among those with many.
    ///
    /// - Parameter counts: items by lane.
    init(_ counts: [UInt64], limit: Int) {
        guard counts.reduce(0, &+) > UInt64(limit) else {
            room = .max
            return
        }
        var left = UInt64(limit)
        var waiting = UInt64(counts.count)
        var room: UInt64 = 0
        for count in counts.sorted() {
            room = left / waiting
            if count > room { break }
            left -= count
            waiting -= 1
        }
        self.room = max(1, room)
    }

    /// How many of the first and of the last items of a lane that has too many.
    var first: UInt64 { room / 2 + room % 2 }
    var last: UInt64 { room / 2 }

    /// - Parameters:
    ///   - number: the item's place in its lane, from 1.
    ///   - count: of the lane.
    func keeps(_ number: UInt64, of count: UInt64) -> Bool {
        count <= room || number <= first || number > count - last
    }
}
