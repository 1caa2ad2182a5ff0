/// An unfragmented IPv4 packet without options (RFC 791, 3.1).
package struct IPv4Packet: Hashable, Sendable {
    /// What a packet carries (IANA Protocol Numbers).
    package enum Carried {
        package static let icmp: UInt8 = 1
        package static let udp: UInt8 = 17
    }

    /// Octets of a header without options.
    package static let headerSize = 20

    package var source: IPv4Address
    package var destination: IPv4Address
    package var carried: UInt8
    package var timeToLive: UInt8
    package var payload: [UInt8]

    package init(
        source: IPv4Address, destination: IPv4Address, carried: UInt8, timeToLive: UInt8 = 64,
        payload: [UInt8]
    ) {
        self.source = source
        self.destination = destination
        self.carried = carried
        self.timeToLive = timeToLive
        self.payload = payload
    }

    /// Reads what follows the Ethernet header of `frame`. Nil for a fragment, a wrong length or checksum; options are
    /// ignored.
    package init?(frame: [UInt8]) {
        let start = EthernetHeader.size
        guard frame.count >= start + Self.headerSize, frame[start] >> 4 == 4 else { return nil }
        let headerLength = Int(frame[start] & 15) * 4
        let length = Int(UInt16(bigEndian: frame, at: start + 2))
        // More fragments, or an offset.
        let isFragment = UInt16(bigEndian: frame, at: start + 6) & 0x3fff != 0
        guard headerLength >= Self.headerSize, length >= headerLength, frame.count >= start + length,
            !isFragment,
            InternetChecksum.of(frame[start..<start + headerLength]) == 0
        else { return nil }
        timeToLive = frame[start + 8]
        carried = frame[start + 9]
        source = IPv4Address(value: UInt32(bigEndian: frame, at: start + 12))
        destination = IPv4Address(value: UInt32(bigEndian: frame, at: start + 16))
        payload = Array(frame[start + headerLength..<start + length])
    }

    /// The whole frame from one interface to another, with "don't fragment" set.
    package func frame(from sender: MACAddress, to receiver: MACAddress) -> [UInt8] {
        var frame: [UInt8] = []
        frame.reserveCapacity(EthernetHeader.size + Self.headerSize + payload.count)
        EthernetHeader(destination: receiver, source: sender, kind: EthernetHeader.Kind.ipv4).append(
            to: &frame)
        frame += [0x45, 0]
        frame.append(bigEndian: UInt16(truncatingIfNeeded: Self.headerSize + payload.count))
        frame += [0, 0, 0x40, 0, timeToLive, carried, 0, 0]
        frame.append(bigEndian: source.value)
        frame.append(bigEndian: destination.value)
        let checksum = InternetChecksum.of(frame[EthernetHeader.size...])
        frame[EthernetHeader.size + 10] = UInt8(truncatingIfNeeded: checksum >> 8)
        frame[EthernetHeader.size + 11] = UInt8(truncatingIfNeeded: checksum)
        frame += payload
        return frame
    }
}

/// The checksum of IPv4, ICMP and UDP (RFC 1071).
package enum InternetChecksum {
    /// Of some octets and what `initial` adds up to already; 0 for octets that hold their own right checksum.
    package static func of(_ bytes: ArraySlice<UInt8>, initial: UInt64 = 0) -> UInt16 {
        var sum = initial
        var index = bytes.startIndex
        while index + 1 < bytes.endIndex {
            sum &+= UInt64(bytes[index]) << 8 | UInt64(bytes[index + 1])
            index += 2
        }
        if index < bytes.endIndex { sum &+= UInt64(bytes[index]) << 8 }
        while sum >> 16 != 0 { sum = sum & 0xffff &+ sum >> 16 }
        return ~UInt16(truncatingIfNeeded: sum)
    }
}
