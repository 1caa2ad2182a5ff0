internal import Calendar

/// What passed one port, as the switch sees it: `in` came from the station, `out` went to it. Frames and bytes are those of
/// the wire, however few the stations see them as.
package struct PortCounters: Hashable, Sendable {
    package var framesIn: UInt64 = 0
    package var bytesIn: UInt64 = 0
    /// Counted when it is settled that the frame arrives, which is before it does.
    package var framesOut: UInt64 = 0
    package var bytesOut: UInt64 = 0
    /// Frames in that went to all other ports: broadcast, multicast, or an unknown destination.
    package var flooded: UInt64 = 0
    /// Frames in that went nowhere because the destination is behind the port they came from.
    package var filtered: UInt64 = 0
    /// Frames in that went nowhere because they were no Ethernet frames, or would arrive after the end of time.
    package var dropped: UInt64 = 0
    /// Frames that links, paths, cuts and limits lost: at the sender's port those that did not get away from it, at the
    /// receiver's those that did not get to it.
    package var lost: UInt64 = 0

    package init() {}

    package static func += (a: inout PortCounters, b: PortCounters) {
        a.framesIn += b.framesIn
        a.bytesIn += b.bytesIn
        a.framesOut += b.framesOut
        a.bytesOut += b.bytesOut
        a.flooded += b.flooded
        a.filtered += b.filtered
        a.dropped += b.dropped
        a.lost += b.lost
    }
}

/// A learning Ethernet switch (IEEE 802.1D-2004, 7.7 to 7.9, without spanning tree). Pure: a frame in with an instant, ports
/// out; what it does depends on its inputs alone.
///
/// VLAN tags pass untouched, and learning ignores them: a station has one port whatever VLAN it speaks in. Addresses
/// reserved for neighbours (01:80:c2:00:00:0x) are flooded as other multicasts are, so that LLDP, LACP and spanning
/// tree run between machines as on a wire.
///
/// A hub and a cable are switches that learn nothing and send everything to everybody else.
package struct Switch: Sendable {
    /// IEEE 802.1D-2004, table 7-5.
    package static let defaultAging: UInt64 = 300_000_000_000
    /// Stations remembered by default.
    package static let defaultTableSize = 8192

    private struct Port {
        let number: Int
        var counters = PortCounters()
    }

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

    private let kind: NetworkKind
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
    ///   - kind: with less in it than a switch, it floods everything, selective stations included.
    ///   - aging: ns after which a silent station is forgotten; at exactly that age it is.
    ///   - tableSize: most stations remembered. One more evicts the station that has been silent longest.
    package init(
        _ kind: NetworkKind = .switch, aging: UInt64 = Switch.defaultAging,
        tableSize: Int = Switch.defaultTableSize
    ) {
        self.kind = kind
        table = LearningTable(capacity: tableSize, aging: aging)
    }

    /// Stations in the table, those aged out and not looked up since included.
    package var stationCount: Int { table.count }

    /// The numbers of all ports, ascending.
    package var portNumbers: [Int] { ports.map(\.number) }

    /// A new port. Numbers go up from 0 and are never used again: what is under way to a removed port must not reach
    /// another.
    ///
    /// - Parameter station: who is there, if it need not hear all that is flooded.
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
    package mutating func removePort(_ port: Int) -> PortCounters {
        table.forget(port: port)
        hearers.removeAll { $0 == port }
        portOfMAC = portOfMAC.filter { $0.value != port }
        portOfAddress = portOfAddress.filter { $0.value != port }
        return ports.remove(at: place(of: port)).counters
    }

    /// Whether `port` was added and not removed.
    package func hasPort(_ port: Int) -> Bool { optionalPlace(of: port) != nil }

    /// What has passed `port`, which exists.
    package func counters(of port: Int) -> PortCounters { ports[place(of: port)].counters }

    /// Learns from a frame, which has a header, that came from `port` at `now`, not before any earlier one; appends whom it goes
    /// on to, in port order. The port may be gone by now: then nothing is learnt.
    mutating func choose(_ frame: Frame, from port: Int, at now: Instant, into receivers: inout [Int]) {
        precondition(now >= latest, "a network's time never goes back")
        latest = now
        let sender = optionalPlace(of: port)
        guard kind == .switch else {
            if let sender { ports[sender].counters.flooded += 1 }
            for other in ports where other.number != port { receivers.append(other.number) }
            return
        }
        let source = MACAddress.source(of: frame.bytes)
        if !source.isGroup, sender != nil, table.learn(source, port: port, at: now) { evictions += 1 }

        let destination = MACAddress.destination(of: frame.bytes)
        if !destination.isGroup, let known = table.port(of: destination, at: now) {
            if known != port {
                receivers.append(known)
            } else if let sender {
                ports[sender].counters.filtered += 1
            }
            return
        }
        if let sender { ports[sender].counters.flooded += 1 }
        // Those who hear only this, in port order among those who hear all.
        var selected = selectedPorts(for: frame, to: destination)
        for hearer in hearers {
            while let next = selected.first, next < hearer {
                selected.removeFirst()
                if next != port { receivers.append(next) }
            }
            if hearer != port { receivers.append(hearer) }
        }
        for next in selected where next != port { receivers.append(next) }
    }

    // MARK: Counting

    mutating func countSent(_ frame: Frame, by port: Int) {
        let place = place(of: port)
        ports[place].counters.framesIn += UInt64(frame.wireCount)
        ports[place].counters.bytesIn += UInt64(frame.wireBytes)
    }

    mutating func countReceived(_ frame: Frame, by port: Int) {
        let place = place(of: port)
        ports[place].counters.framesOut += UInt64(frame.wireCount)
        ports[place].counters.bytesOut += UInt64(frame.wireBytes)
    }

    mutating func countDropped(by port: Int) { ports[place(of: port)].counters.dropped += 1 }

    /// Frames lost on the way from or to a port that may have been removed.
    mutating func countLost(_ frame: Frame, at port: Int) {
        guard let place = optionalPlace(of: port) else { return }
        ports[place].counters.lost += UInt64(frame.wireCount)
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

    /// Where a port that exists stands in `ports`.
    private func place(of port: Int) -> Int {
        // Most labs remove no port, so its index is its number.
        if port >= 0, port < ports.count, ports[port].number == port { return port }
        guard let place = optionalPlace(of: port) else { preconditionFailure("the switch has no such port") }
        return place
    }

    /// A port's index in `ports`; nil when it was removed.
    private func optionalPlace(of port: Int) -> Int? {
        if port >= 0, port < ports.count, ports[port].number == port { return port }
        let place = firstPlace(from: port)
        return place < ports.count && ports[place].number == port ? place : nil
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
