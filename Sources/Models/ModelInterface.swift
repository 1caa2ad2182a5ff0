package import Network

/// A model machine's connection to a network.
package struct ModelInterface: Hashable, Sendable {
    package var mac: MACAddress
    package var address: IPv4Address
    package var subnet: IPv4Subnet

    package init(mac: MACAddress, address: IPv4Address, subnet: IPv4Subnet) {
        self.mac = mac
        self.address = address
        self.subnet = subnet
    }
}

/// A frame that a model machine sends.
package struct ModelFrame: Sendable {
    /// Which of its interfaces it leaves by.
    package let interface: Int
    package let bytes: [UInt8]
}
