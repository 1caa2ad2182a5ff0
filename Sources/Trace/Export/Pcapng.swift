package import Network

/// The part of the capture format pcapng (draft-ietf-opsawg-pcapng) that Almanac writes: one little-endian section,
/// Ethernet interfaces, times in ns, complete packets. Pure: each call appends one block.
package enum Pcapng {
    /// An interface of the capture.
    package struct Interface: Hashable, Sendable {
        package var name: String
        package var description: String
        package var mac: MACAddress?

        package init(name: String, description: String, mac: MACAddress? = nil) {
            self.name = name
            self.description = description
            self.mac = mac
        }

        /// The interface of remarks. It belongs to no machine, so remarks are not counted or filtered as a machine's
        /// frames.
        package static let remarks = Interface(
            name: "almanac", description: "Remarks in comments, not frames of a network")
    }

    /// The direction of a packet at its interface (4.3.1, bits 0 and 1).
    package enum Direction: UInt32, Sendable {
        case inbound = 1
        case outbound = 2
    }

    /// The EtherType of remarks (IEEE 802-2014, 9.2.4: the second experimental one; models use the first).
    private static let remarkKind: UInt16 = 0x88b6

    /// Longest value of an option, bytes: its length has 16 bits.
    private static let optionLimit = 65535

    /// Block types (section 4).
    private enum Block: UInt32 {
        case sectionHeader = 0x0a0d_0d0a
        case interfaceDescription = 1
        case enhancedPacket = 6
    }

    /// Option types (3.5, 4.1, 4.2, 4.3). A number has different meanings in different blocks.
    private enum Option {
        static let end: UInt16 = 0
        static let comment: UInt16 = 1
        static let sectionApplication: UInt16 = 4
        static let interfaceName: UInt16 = 2
        static let interfaceDescription: UInt16 = 3
        static let interfaceMAC: UInt16 = 6
        static let interfaceTimeResolution: UInt16 = 9
        static let packetFlags: UInt16 = 2
    }

    // MARK: Blocks

    /// Begins a section (4.1) of unspecified length. Its interfaces follow.
    package static func appendSection(comment: String?, to bytes: inout [UInt8]) {
        let start = begin(.sectionHeader, &bytes)
        append(UInt32(0x1a2b_3c4d), &bytes)
        // Version 1.0.
        append(UInt16(1), &bytes)
        append(UInt16(0), &bytes)
        append(UInt64.max, &bytes)
        if let comment { append(Option.comment, text(comment), &bytes) }
        append(Option.sectionApplication, Array("almanac".utf8), &bytes)
        end(start, hasOptions: true, &bytes)
    }

    /// Describes the next interface of the section (4.2); interfaces are numbered from 0.
    package static func append(_ interface: Interface, to bytes: inout [UInt8]) {
        let start = begin(.interfaceDescription, &bytes)
        // LINKTYPE_ETHERNET, reserved, no limit for packet lengths.
        append(UInt16(1), &bytes)
        append(UInt16(0), &bytes)
        append(UInt32(0), &bytes)
        append(Option.interfaceName, text(interface.name), &bytes)
        append(Option.interfaceDescription, text(interface.description), &bytes)
        if let mac = interface.mac { append(Option.interfaceMAC, mac.octets, &bytes) }
        // Units of 10^-9 s.
        append(Option.interfaceTimeResolution, [9], &bytes)
        end(start, hasOptions: true, &bytes)
    }

    /// A complete packet (4.3).
    ///
    /// - Parameters:
    ///   - packet: an Ethernet frame without frame check sequence.
    ///   - interface: the number of an interface that was described before.
    ///   - time: ns since the epoch.
    package static func appendPacket(
        _ packet: [UInt8], interface: UInt32, at time: UInt64, direction: Direction?, comment: String?,
        to bytes: inout [UInt8]
    ) {
        let start = begin(.enhancedPacket, &bytes)
        append(interface, &bytes)
        append(UInt32(time >> 32), &bytes)
        append(UInt32(truncatingIfNeeded: time), &bytes)
        // Captured and original length.
        append(UInt32(packet.count), &bytes)
        append(UInt32(packet.count), &bytes)
        bytes += packet
        pad(packet.count, &bytes)
        if let direction {
            append(Option.packetFlags, &bytes)
            append(UInt16(4), &bytes)
            append(direction.rawValue, &bytes)
        }
        if let comment { append(Option.comment, text(comment), &bytes) }
        end(start, hasOptions: direction != nil || comment != nil, &bytes)
    }

    /// A remark that belongs to no packet: a frame with zero addresses, at an interface of its own, with the remark
    /// as its payload and as its comment.
    ///
    /// The remark has its exact time and position among the packets, the filter `frame.comment` finds it, programs
    /// without comments show its text, and all programs read the file. The format's alternatives fail: Wireshark
    /// reports an empty packet as malformed, a Custom Block has no time, a systemd Journal Export Block has µs and is
    /// sorted before packets that it followed, and libpcap rejects an interface of another link type.
    package static func appendRemark(
        _ remark: String, interface: UInt32, at time: UInt64, to bytes: inout [UInt8]
    ) {
        let addresses = [UInt8](repeating: 0, count: 12)
        let kind = [UInt8(remarkKind >> 8), UInt8(truncatingIfNeeded: remarkKind)]
        appendPacket(
            addresses + kind + text(remark), interface: interface, at: time, direction: nil, comment: remark,
            to: &bytes)
    }

    // MARK: Parts of blocks

    /// Begins a block (3.1). Returns its start, for `end`.
    private static func begin(_ block: Block, _ bytes: inout [UInt8]) -> Int {
        let start = bytes.count
        append(block.rawValue, &bytes)
        append(UInt32(0), &bytes)
        return start
    }

    /// Ends a block: sets its length at both ends.
    private static func end(_ start: Int, hasOptions: Bool, _ bytes: inout [UInt8]) {
        if hasOptions { append(Option.end, [], &bytes) }
        let length = UInt32(bytes.count - start + 4)
        append(length, &bytes)
        for index in 0..<4 { bytes[start + 4 + index] = UInt8(truncatingIfNeeded: length >> (8 * index)) }
    }

    /// An option with its value (3.5); the length excludes the padding.
    private static func append(_ option: UInt16, _ value: [UInt8], _ bytes: inout [UInt8]) {
        append(option, &bytes)
        append(UInt16(value.count), &bytes)
        bytes += value
        pad(value.count, &bytes)
    }

    /// UTF-8 for an option: without NUL, which ends a text (3.5), and cut between characters if it is too long.
    private static func text(_ text: String) -> [UInt8] {
        var octets = text.utf8.filter { $0 != 0 }
        if octets.count > optionLimit {
            var length = optionLimit
            while octets[length] & 0xc0 == 0x80 { length -= 1 }
            octets.removeSubrange(length...)
        }
        return octets
    }

    /// Zeros that pad `count` bytes to a multiple of four.
    private static func pad(_ count: Int, _ bytes: inout [UInt8]) {
        for _ in 0..<(-count & 3) { bytes.append(0) }
    }

    private static func append<Value: FixedWidthInteger>(_ value: Value, _ bytes: inout [UInt8]) {
        for shift in stride(from: 0, to: Value.bitWidth, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> Value(shift)))
        }
    }
}
