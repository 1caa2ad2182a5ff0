/// Who has this IPv4 address? (RFC 826, for IPv4 over Ethernet.)
package struct ARPPacket: Hashable, Sendable {
    package enum Operation: UInt16, Sendable {
        case request = 1
        case reply = 2
    }

    /// Octets.
    package static let size = 28

    package var operation: Operation
    package var senderMAC: MACAddress
    package var sender: IPv4Address
    package var targetMAC: MACAddress
    package var target: IPv4Address

    package init(
        _ operation: Operation, senderMAC: MACAddress, sender: IPv4Address, targetMAC: MACAddress,
        target: IPv4Address
    ) {
        self.operation = operation
        self.senderMAC = senderMAC
        self.sender = sender
        self.targetMAC = targetMAC
        self.target = target
    }

    /// Reads what follows the Ethernet header of `frame`; nil for anything but a request or reply for IPv4.
    package init?(frame: [UInt8]) {
        let start = EthernetHeader.size
        guard frame.count >= start + Self.size, UInt16(bigEndian: frame, at: start) == 1,
            UInt16(bigEndian: frame, at: start + 2) == EthernetHeader.Kind.ipv4, frame[start + 4] == 6,
            frame[start + 5] == 4,
            let operation = Operation(rawValue: UInt16(bigEndian: frame, at: start + 6))
        else { return nil }
        self.operation = operation
        senderMAC = MACAddress(frame: frame, at: start + 8)
        sender = IPv4Address(value: UInt32(bigEndian: frame, at: start + 14))
        targetMAC = MACAddress(frame: frame, at: start + 18)
        target = IPv4Address(value: UInt32(bigEndian: frame, at: start + 24))
    }

    /// The whole frame: a request goes to everybody.
    package var frame: [UInt8] {
        var frame: [UInt8] = []
        frame.reserveCapacity(EthernetHeader.size + Self.size)
        EthernetHeader(
            destination: operation == .request ? .broadcast : targetMAC, source: senderMAC,
            kind: EthernetHeader.Kind.arp
        ).append(to: &frame)
        frame.append(bigEndian: 1 as UInt16)
        frame.append(bigEndian: EthernetHeader.Kind.ipv4)
        frame += [6, 4]
        frame.append(bigEndian: operation.rawValue)
        frame.append(senderMAC)
        frame.append(bigEndian: sender.value)
        frame.append(targetMAC)
        frame.append(bigEndian: target.value)
        return frame
    }
}
