/// What a device is: its number, what it offers, its configuration space (virtio 1.2, section 5).
package struct DeviceProfile: Sendable {
    /// Feature bits (virtio 1.2, sections 5.1.3 and 6; vhost-user for bit 30).
    enum Feature {
        static let networkMTU: UInt64 = 1 << 3
        static let networkMAC: UInt64 = 1 << 5
        static let networkStatus: UInt64 = 1 << 16
        static let indirectDescriptors: UInt64 = 1 << 28
        static let eventIndex: UInt64 = 1 << 29
        static let protocolFeatures: UInt64 = 1 << 30
        static let version1: UInt64 = 1 << 32
    }

    /// Both kinds have two queues: device to guest, guest to device.
    static let queueCount = 2
    static let receiveQueue = 0
    package static let transmitQueue = 1

    let features: UInt64
    /// The configuration space, read-only.
    let config: [UInt8]
    /// Bytes in front of each frame in a buffer (virtio_net_hdr).
    let headerLength: Int
    /// Longest frame the guest may send, bytes.
    let frameLimit: Int

    private static let common =
        Feature.version1 | Feature.protocolFeatures | Feature.eventIndex | Feature.indirectDescriptors

    /// A network interface (section 5.1) without offloads.
    ///
    /// - Parameters:
    ///   - mac: six octets.
    ///   - mtu: bytes of payload, 68 to 65521.
    package static func network(mac: [UInt8], mtu: UInt16) -> DeviceProfile {
        precondition(mac.count == 6)
        // struct virtio_net_config: mac[6], status, max_virtqueue_pairs, mtu; little-endian.
        let linkUp: [UInt8] = [1, 0]
        let config = mac + linkUp + [1, 0] + [UInt8(truncatingIfNeeded: mtu), UInt8(mtu >> 8)]
        return DeviceProfile(
            features: common | Feature.networkMAC | Feature.networkMTU | Feature.networkStatus,
            config: config,
            // Ethernet header, one VLAN tag, payload.
            headerLength: 12, frameLimit: 14 + 4 + Int(mtu))
    }

    /// A console (section 5.3) with one port: a stream of bytes each way.
    package static func console() -> DeviceProfile {
        DeviceProfile(features: common, config: [], headerLength: 0, frameLimit: Virtqueue.chainLimit)
    }
}
