package import Calendar

/// A frame on its way to a port.
package struct Delivery: Hashable, Sendable {
    /// Where it arrives. The port may have been removed by then: the frame is then lost.
    package let port: Int
    /// When it arrives, never before it was sent + latency.
    package let at: Instant
    package let frame: Frame

    package init(port: Int, at: Instant, frame: Frame) {
        self.port = port
        self.at = at
        self.frame = frame
    }
}

/// What passed one port, as the switch sees it: `in` came from the station, `out` went to it. Frames and bytes are those of
/// the wire, however few the stations see them as.
package struct PortCounters: Hashable, Sendable {
    package var framesIn: UInt64 = 0
    package var bytesIn: UInt64 = 0
    /// Counted when the frame is sent on, one latency before it arrives.
    package var framesOut: UInt64 = 0
    package var bytesOut: UInt64 = 0
    /// Frames in that went to all other ports: broadcast, multicast, or nobody knew the destination.
    package var flooded: UInt64 = 0
    /// Frames in that went nowhere because the destination is behind the port they came from.
    package var filtered: UInt64 = 0
    /// Frames in that went nowhere because they were no Ethernet frames, or would arrive after the end of time.
    package var dropped: UInt64 = 0

    package init() {}

    package static func += (a: inout PortCounters, b: PortCounters) {
        a.framesIn += b.framesIn
        a.bytesIn += b.bytesIn
        a.framesOut += b.framesOut
        a.bytesOut += b.bytesOut
        a.flooded += b.flooded
        a.filtered += b.filtered
        a.dropped += b.dropped
    }
}

/// A learning Ethernet switch with one latency (IEEE 802.1D-2004, 7.7 to 7.9, without spanning tree). Pure: a frame in
/// with an instant, deliveries out with theirs; what it does depends on its inputs alone.
///
/// VLAN tags pass untouched, and learning ignores them: a station has one port whatever VLAN it speaks in. Addresses
/// reserved for neighbours (01:80:c2:00:00:0x) are flooded as other multicasts are, so that LLDP, LACP and spanning
/// tree run between machines as on a wire.
package struct Switch: Sendable {
    /// Destination, source and type.
    package static let headerSize = 14
    /// IEEE 802.1D-2004, table 7-5.
    package static let defaultAging: UInt64 = 300_000_000_000
    /// Stations remembered by default.
    package static let defaultTableSize = 8192

    private struct Port {
        let number: Int
        var counters = PortCounters()
    }

    /// From a frame's being sent to its arrival, ns.
    package let latency: UInt64
    /// Stations pushed out of the full table before they had aged.
    package private(set) var evictions: UInt64 = 0

    /// A station that takes of what is flooded only frames to its MAC address and ARP about its IPv4 address, as a network
    /// interface does: it need not be woken for others.
    package struct SelectiveStation: Sendable {
        package let mac: MACAddress
        package let address: IPv4Address

        package init(mac: MACAddress, address: IPv4Address) {
            self.mac = mac
            self.address = address
        }
    }

    private var table: LearningTable
    /// In order of their numbers, which is the order of flooding.
    private var ports: [Port] = []
    /// Numbers of the ports that hear all that is flooded, ascending.
    private var hearers: [Int] = []
    /// The others, by what they hear.
    private var portOfMAC: [MACAddress: Int] = [:]
    private var portOfAddress: [IPv4Address: Int] = [:]
    private var nextPort = 0
    private var latest = Instant.zero

    /// - Parameters:
    ///   - latency: ns from sending to arrival, the same between all ports.
    ///   - aging: ns after which a silent station is forgotten; at exactly that age it is.
    ///   - tableSize: most stations remembered. One more evicts the station that has been silent longest.
    package init(
        latency: UInt64, aging: UInt64 = Switch.defaultAging, tableSize: Int = Switch.defaultTableSize
    ) {
        self.latency = latency
        table = LearningTable(capacity: tableSize, aging: aging)
    }

    /// Stations in the table, those aged out and not looked up since included.
    package var stationCount: Int { table.count }

    /// The numbers of all ports, ascending.
    package var portNumbers: [Int] { ports.map(\.number) }

    /// A new port. Numbers go up from 0 and are never used again: what is under way to a removed port must not reach
    /// another.
    ///
    /// - Parameter station: who is there, if it need not hear all that is flooded. Its port stays.
    package mutating func addPort(for station: SelectiveStation? = nil) -> Int {
        defer { nextPort += 1 }
        ports.append(Port(number: nextPort))
        if let station {
            portOfMAC[station.mac] = nextPort
            portOfAddress[station.address] = nextPort
        } else {
            hearers.append(nextPort)
        }
        return nextPort
    }

    /// Removes a port and forgets the stations behind it; returns what had passed it.
    @discardableResult
    package mutating func removePort(_ port: Int) -> PortCounters {
        table.forget(port: port)
        hearers.removeAll { $0 == port }
        return ports.remove(at: place(of: port)).counters
    }

    /// Whether `port` was added and not removed: who delivers a frame late asks this first.
    package func hasPort(_ port: Int) -> Bool {
        let place = firstPlace(from: port)
        return place < ports.count && ports[place].number == port
    }

    /// What has passed `port`, which exists.
    package func counters(of port: Int) -> PortCounters { ports[place(of: port)].counters }

    /// A station sends a frame at `now`, which is not before any earlier call's; appends where and when it arrives,
    /// in port order. O(1) for a known station, O(ports) when flooded.
    package mutating func send(
        _ frame: Frame, from port: Int, at now: Instant, into deliveries: inout [Delivery]
    ) {
        precondition(now >= latest, "a network's time never goes back")
        latest = now
        let sender = place(of: port)
        ports[sender].counters.framesIn += UInt64(frame.wireCount)
        ports[sender].counters.bytesIn += UInt64(frame.wireBytes)
        let arrival = now.advanced(by: latency)
        guard frame.bytes.count >= Self.headerSize, arrival < .never else {
            ports[sender].counters.dropped += 1
            return
        }
        assert(arrival.since(now) >= latency, "a frame is never seen before its latency is over")

        let source = MACAddress.source(of: frame.bytes)
        if !source.isGroup, table.learn(source, port: port, at: now) { evictions += 1 }

        let destination = MACAddress.destination(of: frame.bytes)
        if !destination.isGroup, let known = table.port(of: destination, at: now) {
            if known == port {
                ports[sender].counters.filtered += 1
            } else {
                deliver(frame, to: place(of: known), at: arrival, into: &deliveries)
            }
            return
        }
        ports[sender].counters.flooded += 1
        // Those who hear only this, in port order among those who hear all.
        var selected = selectedPorts(for: frame, to: destination)
        for hearer in hearers {
            while let next = selected.first, next < hearer {
                selected.removeFirst()
                if next != port { deliver(frame, to: place(of: next), at: arrival, into: &deliveries) }
            }
            if hearer != port { deliver(frame, to: place(of: hearer), at: arrival, into: &deliveries) }
        }
        for next in selected where next != port {
            deliver(frame, to: place(of: next), at: arrival, into: &deliveries)
        }
    }

    /// Selective stations that a flooded frame is for, ascending: one or none.
    private func selectedPorts(for frame: Frame, to destination: MACAddress) -> [Int] {
        guard !portOfMAC.isEmpty else { return [] }
        if let port = portOfMAC[destination] { return [port] }
        guard destination.isGroup, let packet = ARPPacket(frame: frame.bytes),
            let port = portOfAddress[packet.target]
        else { return [] }
        return [port]
    }

    private mutating func deliver(
        _ frame: Frame, to place: Int, at arrival: Instant, into deliveries: inout [Delivery]
    ) {
        ports[place].counters.framesOut += UInt64(frame.wireCount)
        ports[place].counters.bytesOut += UInt64(frame.wireBytes)
        deliveries.append(Delivery(port: ports[place].number, at: arrival, frame: frame))
    }

    /// Where a port that exists stands in `ports`.
    private func place(of port: Int) -> Int {
        // Nobody was removed before it in most labs: it stands at its own number.
        if port >= 0, port < ports.count, ports[port].number == port { return port }
        let place = firstPlace(from: port)
        precondition(place < ports.count && ports[place].number == port, "the switch has no such port")
        return place
    }

    /// Where the first port with this number or a higher one stands.
    private func firstPlace(from number: Int) -> Int {
        var (low, high) = (0, ports.count)
        while low < high {
            let middle = (low + high) / 2
            if ports[middle].number < number { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
