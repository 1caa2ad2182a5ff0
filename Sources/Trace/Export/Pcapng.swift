package import Network

/// The file format of packet captures (draft-ietf-opsawg-pcapng), as far as Almanac writes it: one little-endian section,
/// Ethernet interfaces, times in ns, packets in whole. Pure: values in, octets appended, every call one whole block.
package enum Pcapng {
    /// What frames are captured at.
    package struct Interface: Hashable, Sendable {
        package var name: String
        package var description: String
        package var mac: MACAddress?

        package init(name: String, description: String, mac: MACAddress? = nil) {
            self.name = name
            self.description = description
            self.mac = mac
        }

        /// Where remarks are: an interface of no station, so that nothing counts or filters them as its frames.
        package static let remarks = Interface(
            name: "almanac", description: "Remarks in comments; nothing here was on a network")
    }

    /// Which way a packet passed its interface (4.3.1, bits 0 and 1).
    package enum Direction: UInt32, Sendable {
        case inbound = 1
        case outbound = 2
    }

    /// The type of a remark's frame (IEEE 802-2014, 9.2.4: the second of those for experiments; models speak in the first).
    private static let remarkKind: UInt16 = 0x88b6

    /// Most octets of an option's value: its length has 16 bits.
    private static let optionLimit = 65535

    /// Block types (section 4).
    private enum Block: UInt32 {
        case sectionHeader = 0x0a0d_0d0a
        case interfaceDescription = 1
        case enhancedPacket = 6
    }

    /// Option types (3.5, 4.1, 4.2, 4.3): one number means another thing in another block.
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

    /// Begins a section (4.1), whose length is left open: it grows. Its interfaces come next.
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

    /// Describes the section's next interface (4.2); they are numbered from 0.
    package static func append(_ interface: Interface, to bytes: inout [UInt8]) {
        let start = begin(.interfaceDescription, &bytes)
        // LINKTYPE_ETHERNET, a reserved 0, and no limit to a packet's length.
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

    /// A packet (4.3) that was captured whole.
    ///
    /// - Parameters:
    ///   - packet: an Ethernet frame without check sequence.
    ///   - interface: one of those described before.
    ///   - time: ns since the epoch.
    package static func appendPacket(
        _ packet: [UInt8], interface: UInt32, at time: UInt64, direction: Direction?, comment: String?,
        to bytes: inout [UInt8]
    ) {
        let start = begin(.enhancedPacket, &bytes)
        append(interface, &bytes)
        append(UInt32(time >> 32), &bytes)
        append(UInt32(truncatingIfNeeded: time), &bytes)
        // Captured and original.
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

    /// A remark that belongs to no packet: the comment of a frame from nobody to nobody that carries the same words, at an
    /// interface of its own.
    ///
    /// So the remark has its exact time and place among the packets, `frame.comment` finds it together with the comments
    /// of packets, programs that know no comments have its words, and all read the file. The format's other ways have none
    /// of that: an empty packet is malformed to Wireshark, a Custom Block has no time, a systemd Journal Export Block
    /// has µs and comes to stand before packets it followed, an interface of another link type is refused by libpcap.
    package static func appendRemark(
        _ remark: String, interface: UInt32, at time: UInt64, to bytes: inout [UInt8]
    ) {
        let nobody = [UInt8](repeating: 0, count: 12)
        let kind = [UInt8(remarkKind >> 8), UInt8(truncatingIfNeeded: remarkKind)]
        appendPacket(
            nobody + kind + text(remark), interface: interface, at: time, direction: nil, comment: remark,
            to: &bytes)
    }

    // MARK: Parts of blocks

    /// Begins a block (3.1); returns where, for `end`.
    private static func begin(_ block: Block, _ bytes: inout [UInt8]) -> Int {
        let start = bytes.count
        append(block.rawValue, &bytes)
        append(UInt32(0), &bytes)
        return start
    }

    /// Ends a block: its length is known now and stands at both ends.
    private static func end(_ start: Int, hasOptions: Bool, _ bytes: inout [UInt8]) {
        if hasOptions { append(Option.end, [], &bytes) }
        let length = UInt32(bytes.count - start + 4)
        append(length, &bytes)
        for index in 0..<4 { bytes[start + 4 + index] = UInt8(truncatingIfNeeded: length >> (8 * index)) }
    }

    /// An option with its value (3.5); the length does not count the padding.
    private static func append(_ option: UInt16, _ value: [UInt8], _ bytes: inout [UInt8]) {
        append(option, &bytes)
        append(UInt16(value.count), &bytes)
        bytes += value
        pad(value.count, &bytes)
    }

    /// UTF-8 that an option can hold: without zeros, which end a text for readers (3.5), and cut between two characters.
    private static func text(_ text: String) -> [UInt8] {
        var octets = text.utf8.filter { $0 != 0 }
        if octets.count > optionLimit {
            var length = optionLimit
            while octets[length] & 0xc0 == 0x80 { length -= 1 }
            octets.removeSubrange(length...)
        }
        return octets
    }

    /// Zeros up to the next multiple of four, after `count` octets from one.
    private static func pad(_ count: Int, _ bytes: inout [UInt8]) {
        for _ in 0..<(-count & 3) { bytes.append(0) }
    }

    private static func append<Value: FixedWidthInteger>(_ value: Value, _ bytes: inout [UInt8]) {
        for shift in stride(from: 0, to: Value.bitWidth, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> Value(shift)))
        }
    }
}
