/// An echo request or reply (RFC 792, "Echo or Echo Reply Message").
package struct ICMPEcho: Hashable, Sendable {
    /// Octets before the data.
    package static let headerSize = 8

    package var isReply: Bool
    package var identifier: UInt16
    package var sequence: UInt16
    package var data: [UInt8]

    package init(isReply: Bool, identifier: UInt16, sequence: UInt16, data: [UInt8]) {
        self.isReply = isReply
        self.identifier = identifier
        self.sequence = sequence
        self.data = data
    }

    /// Reads a packet's payload; nil for any other message, and for a wrong checksum.
    package init?(_ payload: [UInt8]) {
        guard payload.count >= Self.headerSize, payload[0] == 0 || payload[0] == 8, payload[1] == 0,
            InternetChecksum.of(payload[...]) == 0
        else { return nil }
        isReply = payload[0] == 0
        identifier = UInt16(bigEndian: payload, at: 4)
        sequence = UInt16(bigEndian: payload, at: 6)
        data = Array(payload[Self.headerSize...])
    }

    /// The message as a packet's payload.
    package var payload: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.headerSize + data.count)
        bytes += [isReply ? 0 : 8, 0, 0, 0]
        bytes.append(bigEndian: identifier)
        bytes.append(bigEndian: sequence)
        bytes += data
        let checksum = InternetChecksum.of(bytes[...])
        bytes[2] = UInt8(truncatingIfNeeded: checksum >> 8)
        bytes[3] = UInt8(truncatingIfNeeded: checksum)
        return bytes
    }
}
