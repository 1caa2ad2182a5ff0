/// An Ethernet II frame's header, 14 octets, without check sequence (IEEE 802.3-2018, 3.1).
package struct EthernetHeader: Hashable, Sendable {
    /// What a frame carries (IEEE 802 Numbers).
    package enum Kind {
        package static let ipv4: UInt16 = 0x0800
        package static let arp: UInt16 = 0x0806
        /// For experiments on one's own network (IEEE 802-2014, 9.2.4).
        package static let experimental: UInt16 = 0x88b5
    }

    /// Octets.
    package static let size = 14

    package var destination: MACAddress
    package var source: MACAddress
    package var kind: UInt16

    package init(destination: MACAddress, source: MACAddress, kind: UInt16) {
        self.destination = destination
        self.source = source
        self.kind = kind
    }

    /// Nil when the frame is shorter than a header.
    package init?(_ frame: [UInt8]) {
        guard frame.count >= Self.size else { return nil }
        destination = MACAddress.destination(of: frame)
        source = MACAddress.source(of: frame)
        kind = UInt16(bigEndian: frame, at: 12)
    }

    /// Appends the header.
    package func append(to frame: inout [UInt8]) {
        frame.append(destination)
        frame.append(source)
        frame.append(bigEndian: kind)
    }
}

extension UInt16 {
    /// The two octets at `index`, which are there, most significant first.
    init(bigEndian bytes: [UInt8], at index: Int) {
        self = UInt16(bytes[index]) << 8 | UInt16(bytes[index + 1])
    }
}

extension UInt32 {
    /// The four octets at `index`, which are there, most significant first.
    init(bigEndian bytes: [UInt8], at index: Int) {
        self =
            UInt32(UInt16(bigEndian: bytes, at: index)) << 16
            | UInt32(UInt16(bigEndian: bytes, at: index + 2))
    }
}

extension [UInt8] {
    mutating func append(bigEndian value: UInt16) {
        append(UInt8(truncatingIfNeeded: value >> 8))
        append(UInt8(truncatingIfNeeded: value))
    }

    mutating func append(bigEndian value: UInt32) {
        append(bigEndian: UInt16(truncatingIfNeeded: value >> 16))
        append(bigEndian: UInt16(truncatingIfNeeded: value))
    }

    mutating func append(_ address: MACAddress) {
        for shift in stride(from: 40, through: 0, by: -8) {
            append(UInt8(truncatingIfNeeded: address.value >> UInt64(shift)))
        }
    }
}
