/// An IPv4 address.
package struct IPv4Address: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// In host order: 10.0.0.1 is 0x0a000001.
    package let value: UInt32

    package init(value: UInt32) { self.value = value }

    /// Reads dotted decimal with four parts and no leading zeros; nil for anything else.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.utf8.count), part.utf8.allSatisfy({ (48...57).contains($0) }),
                let octet = UInt8(part), part.utf8.count == 1 || part.first != "0"
            else { return nil }
            value = value << 8 | UInt32(octet)
        }
        self.value = value
    }

    package static func < (a: IPv4Address, b: IPv4Address) -> Bool { a.value < b.value }

    package var description: String {
        "\(value >> 24).\(value >> 16 & 255).\(value >> 8 & 255).\(value & 255)"
    }
}

/// An IPv4 network in CIDR notation.
package struct IPv4Subnet: Hashable, Sendable, CustomStringConvertible {
    /// The network's own address: host bits are zero.
    package let address: IPv4Address
    /// Bits of the network part, 0 to 32.
    package let prefix: Int

    /// Nil when host bits are set.
    package init?(address: IPv4Address, prefix: Int) {
        guard (0...32).contains(prefix) else { return nil }
        self.address = address
        self.prefix = prefix
        guard address.value & ~mask == 0 else { return nil }
    }

    /// Reads `10.0.0.0/24`; nil for anything else, and when host bits are set.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPv4Address(parts[0]),
            (1...2).contains(parts[1].utf8.count), parts[1].utf8.allSatisfy({ (48...57).contains($0) }),
            let prefix = Int(parts[1])
        else { return nil }
        self.init(address: address, prefix: prefix)
    }

    private var mask: UInt32 { prefix == 0 ? 0 : ~0 << UInt32(32 - prefix) }

    /// The last address, to which broadcasts go.
    package var broadcast: IPv4Address { IPv4Address(value: address.value | ~mask) }

    package func contains(_ other: IPv4Address) -> Bool { other.value & mask == address.value }

    /// The addresses that machines can have: without the network's own and the broadcast address, unless the
    /// network has no others (RFC 3021).
    package var hosts: ClosedRange<UInt32> {
        prefix >= 31 ? address.value...broadcast.value : address.value + 1...broadcast.value - 1
    }

    package var description: String { "\(address)/\(prefix)" }
}
