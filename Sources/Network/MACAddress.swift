/// The address of an Ethernet interface, 48 bits (IEEE 802-2014, section 8.2).
package struct MACAddress: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The six octets in transmission order, in the low 48 bits.
    package let value: UInt64

    package init(value: UInt64) {
        self.value = value & 0xffff_ffff_ffff
    }

    /// Reads `02:00:00:00:00:01`; nil for anything else.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 6 else { return nil }
        var value: UInt64 = 0
        for part in parts {
            // Swift's own reading takes a sign.
            guard part.utf8.count == 2, part.allSatisfy(\.isHexDigit), let octet = UInt8(part, radix: 16)
            else { return nil }
            value = value << 8 | UInt64(octet)
        }
        self.value = value
    }

    package static let broadcast = MACAddress(value: 0xffff_ffff_ffff)

    /// Broadcast and multicast addresses have the lowest bit of the first octet set.
    package var isGroup: Bool { value >> 40 & 1 == 1 }

    /// Assigned locally and not by a manufacturer.
    package var isLocal: Bool { value >> 41 & 1 == 1 }

    /// The octets in transmission order.
    package var octets: [UInt8] {
        (0..<6).map { UInt8(truncatingIfNeeded: value >> (40 - 8 * $0)) }
    }

    package static func < (a: MACAddress, b: MACAddress) -> Bool { a.value < b.value }

    package var description: String {
        octets.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
    }
}
