internal import Calendar

/// Which port a station was last heard on; bounded, and forgetful in simulated time.
///
/// Entries hang in a list in the order they were last heard, which is also the order they age in, because time never
/// goes back. So the entry to evict at the bound is the head of the list, and it depends on the traffic alone: the
/// dictionary is only looked up, never iterated. All operations are O(1) except `forget(port:)`.
struct LearningTable: Sendable {
    private struct Entry {
        var address: MACAddress
        var port: Int
        var heard: Instant
        /// Neighbours in the list, `none` at its ends. An unused entry has the next unused one in `newer`.
        var older = none
        var newer = none
    }

    private static let none = -1

    private let capacity: Int
    private let aging: UInt64
    private var places: [MACAddress: Int] = [:]
    private var entries: [Entry] = []
    private var oldest = none
    private var newest = none
    private var unused = none

    /// - Parameters:
    ///   - capacity: most entries held; one more evicts the one heard longest ago.
    ///   - aging: nanoseconds after which an entry that was not refreshed expires; at exactly that age it has expired.
    init(capacity: Int, aging: UInt64) {
        precondition(capacity > 0, "a learning table has room for an entry")
        self.capacity = capacity
        self.aging = aging
    }

    /// Entries held, those aged out and not looked up since included.
    var count: Int { places.count }

    /// The port `address` was last heard on, nil when it is unknown or has aged out. An aged entry is removed.
    mutating func port(of address: MACAddress, at now: Instant) -> Int? {
        guard let place = places[address] else { return nil }
        if now.since(entries[place].heard) >= aging {
            remove(place)
            return nil
        }
        return entries[place].port
    }

    /// Notes that `address` was heard on `port`; returns true when another station was evicted for it, one that had
    /// not aged out.
    mutating func learn(_ address: MACAddress, port: Int, at now: Instant) -> Bool {
        if let place = places[address] {
            entries[place].port = port
            entries[place].heard = now
            if place != newest {
                unlink(place)
                append(place)
            }
            return false
        }
        var evicted = false
        if places.count == capacity {
            evicted = now.since(entries[oldest].heard) < aging
            remove(oldest)
        }
        let entry = Entry(address: address, port: port, heard: now)
        let place: Int
        if unused == Self.none {
            place = entries.count
            entries.append(entry)
        } else {
            place = unused
            unused = entries[place].newer
            entries[place] = entry
        }
        places[address] = place
        append(place)
        return evicted
    }

    /// Forgets every station heard on `port`. O(count).
    mutating func forget(port: Int) {
        var place = oldest
        while place != Self.none {
            let next = entries[place].newer
            if entries[place].port == port { remove(place) }
            place = next
        }
    }

    private mutating func remove(_ place: Int) {
        unlink(place)
        places[entries[place].address] = nil
        entries[place].newer = unused
        unused = place
    }

    private mutating func unlink(_ place: Int) {
        let (older, newer) = (entries[place].older, entries[place].newer)
        if older == Self.none { oldest = newer } else { entries[older].newer = newer }
        if newer == Self.none { newest = older } else { entries[newer].older = older }
    }

    private mutating func append(_ place: Int) {
        assert(
            newest == Self.none || entries[newest].heard <= entries[place].heard,
            "the list is in order of time")
        entries[place].older = newest
        entries[place].newer = Self.none
        if newest == Self.none { oldest = place } else { entries[newest].newer = place }
        newest = place
    }
}
