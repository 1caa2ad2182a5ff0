/// A UDP datagram (RFC 768).
package struct UDPDatagram: Hashable, Sendable {
    /// Octets before the data.
    package static let headerSize = 8

    package var sourcePort: UInt16
    package var destinationPort: UInt16
    package var data: [UInt8]

    package init(sourcePort: UInt16, destinationPort: UInt16, data: [UInt8]) {
        self.sourcePort = sourcePort
        self.destinationPort = destinationPort
        self.data = data
    }

    /// Reads a packet's payload; nil for a wrong length or checksum. A checksum of 0 was not computed.
    package init?(_ packet: IPv4Packet) {
        let payload = packet.payload
        guard payload.count >= Self.headerSize else { return nil }
        let length = Int(UInt16(bigEndian: payload, at: 4))
        guard length >= Self.headerSize, length <= payload.count else { return nil }
        if UInt16(bigEndian: payload, at: 6) != 0 {
            let sum = Self.pseudoHeader(packet.source, packet.destination, length)
            guard InternetChecksum.of(payload[..<length], initial: sum) == 0 else { return nil }
        }
        sourcePort = UInt16(bigEndian: payload, at: 0)
        destinationPort = UInt16(bigEndian: payload, at: 2)
        data = Array(payload[Self.headerSize..<length])
    }

    /// The datagram as the payload of a packet between these two.
    package func payload(from source: IPv4Address, to destination: IPv4Address) -> [UInt8] {
        let length = Self.headerSize + data.count
        var bytes: [UInt8] = []
        bytes.reserveCapacity(length)
        bytes.append(bigEndian: sourcePort)
        bytes.append(bigEndian: destinationPort)
        bytes.append(bigEndian: UInt16(truncatingIfNeeded: length))
        bytes.append(bigEndian: 0 as UInt16)
        bytes += data
        let sum = Self.pseudoHeader(source, destination, length)
        let checksum = InternetChecksum.of(bytes[...], initial: sum)
        // 0 would say that there is none.
        let said = checksum == 0 ? 0xffff : checksum
        bytes[6] = UInt8(truncatingIfNeeded: said >> 8)
        bytes[7] = UInt8(truncatingIfNeeded: said)
        return bytes
    }

    private static func pseudoHeader(_ source: IPv4Address, _ destination: IPv4Address, _ length: Int)
        -> UInt64
    {
        var sum = UInt64(IPv4Packet.Carried.udp) + UInt64(length)
        for address in [source.value, destination.value] {
            sum += UInt64(address >> 16) + UInt64(address & 0xffff)
        }
        return sum
    }
}
