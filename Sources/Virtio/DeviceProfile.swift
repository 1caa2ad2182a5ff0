package import Network

/// What a device offers, and its configuration space (virtio 1.2, section 5).
package struct DeviceProfile: Sendable {
    /// Feature bits (virtio 1.2, sections 5.1.3 and 6; vhost-user for bit 30).
    enum Feature {
        static let networkChecksum: UInt64 = 1 << 0
        static let networkGuestChecksum: UInt64 = 1 << 1
        static let networkGuestTSO4: UInt64 = 1 << 7
        static let networkGuestTSO6: UInt64 = 1 << 8
        static let networkGuestECN: UInt64 = 1 << 9
        static let networkHostTSO4: UInt64 = 1 << 11
        static let networkHostTSO6: UInt64 = 1 << 12
        static let networkHostECN: UInt64 = 1 << 13
        static let networkMergedBuffers: UInt64 = 1 << 15
        /// Checksum and segmentation offloads, in both directions.
        static let networkOffloads =
            networkChecksum | networkGuestChecksum | networkGuestTSO4 | networkGuestTSO6 | networkGuestECN
            | networkHostTSO4 | networkHostTSO6 | networkHostECN | networkMergedBuffers
        static let networkMTU: UInt64 = 1 << 3
        static let networkMAC: UInt64 = 1 << 5
        static let networkStatus: UInt64 = 1 << 16
        static let blockSizeMaximum: UInt64 = 1 << 1
        static let blockSegmentMaximum: UInt64 = 1 << 2
        static let blockReadOnly: UInt64 = 1 << 5
        static let blockFlush: UInt64 = 1 << 9
        static let indirectDescriptors: UInt64 = 1 << 28
        static let eventIndex: UInt64 = 1 << 29
        static let protocolFeatures: UInt64 = 1 << 30
        static let version1: UInt64 = 1 << 32
    }

    /// Two: device to guest, guest to device; an entropy device and a disk have one.
    let queueCount: Int
    static let receiveQueue = 0
    package static let transmitQueue = 1

    let features: UInt64
    /// The configuration space, read-only.
    let config: [UInt8]
    /// Bytes in front of each frame in a buffer (virtio_net_hdr).
    let headerLength: Int
    /// Longest frame the guest may send, bytes.
    let frameLimit: Int
    /// The source of an entropy device's bytes.
    let randomness: SplitMix64?
    /// The file of a disk.
    let disk: DiskImage?

    private init(
        features: UInt64, config: [UInt8], headerLength: Int, frameLimit: Int, randomness: SplitMix64? = nil,
        disk: DiskImage? = nil
    ) {
        queueCount = randomness == nil && disk == nil ? 2 : 1
        self.disk = disk
        self.features = features
        self.config = config
        self.headerLength = headerLength
        self.frameLimit = frameLimit
        self.randomness = randomness
    }

    /// Whether the driver kicks when it adds to this queue.
    func wantsKicks(_ queue: Int) -> Bool { queue == Self.transmitQueue || queueCount == 1 }

    /// Simulated time from a request to its completion, ns; nil for devices that complete when they can.
    package var completionTime: UInt64? { disk == nil ? nil : Self.diskLatency }

    /// Typical of a solid state disk.
    static let diskLatency: UInt64 = 100_000

    private static let common =
        Feature.version1 | Feature.protocolFeatures | Feature.eventIndex | Feature.indirectDescriptors

    /// In a network interface's configuration space: 1 while it has a carrier.
    static let linkStatusOffset = 6

    /// Longest TCP segment that stands for many, bytes: an IP packet's length has 16 bits.
    static let segmentsLimit = 14 + 4 + 65_535

    /// A network interface (section 5.1).
    ///
    /// - Parameters:
    ///   - mac: six octets.
    ///   - mtu: bytes of payload, 68 to 65521.
    ///   - offloads: offers checksum and segmentation offload and merged receive buffers.
    package static func network(mac: [UInt8], mtu: UInt16, offloads: Bool) -> DeviceProfile {
        precondition(mac.count == 6)
        // struct virtio_net_config: mac[6], status, max_virtqueue_pairs, mtu; little-endian.
        let linkUp: [UInt8] = [1, 0]
        assert(mac.count == Self.linkStatusOffset)
        let config = mac + linkUp + [1, 0] + [UInt8(truncatingIfNeeded: mtu), UInt8(mtu >> 8)]
        return DeviceProfile(
            features: common | Feature.networkMAC | Feature.networkMTU | Feature.networkStatus
                | (offloads ? Feature.networkOffloads : 0),
            config: config,
            // Ethernet header, one VLAN tag, payload.
            headerLength: 12, frameLimit: 14 + 4 + Int(mtu))
    }

    /// An entropy device (section 5.4) whose bytes are `randomness`'s.
    package static func entropy(_ randomness: SplitMix64) -> DeviceProfile {
        DeviceProfile(features: common, config: [], headerLength: 0, frameLimit: 0, randomness: randomness)
    }

    /// The profile of the next connection: after a reboot, an entropy device gives different random numbers.
    package func forNextConnection() -> DeviceProfile {
        guard var randomness else { return self }
        return .entropy(randomness.split())
    }

    /// A disk (section 5.2).
    package static func disk(_ image: DiskImage) -> DeviceProfile {
        // struct virtio_blk_config: capacity in sectors, size_max, seg_max; little-endian.
        let numbers: [(value: UInt64, bytes: Int)] = [
            (image.size / UInt64(DiskImage.sectorSize), 8), (UInt64(segmentSize), 4), (UInt64(segments), 4),
        ]
        let config = numbers.flatMap { number in
            (0..<number.bytes).map { UInt8(truncatingIfNeeded: number.value >> (8 * $0)) }
        }
        return DeviceProfile(
            features: common | Feature.blockSizeMaximum | Feature.blockSegmentMaximum | Feature.blockFlush
                | (image.isReadOnly ? Feature.blockReadOnly : 0),
            config: config, headerLength: 0, frameLimit: 0, disk: image)
    }

    /// Bytes in a segment of a request to a disk, and segments in a request: less than a chain may hold.
    private static let segmentSize = 64 * 1024
    private static let segments = 14

    /// A console (section 5.3) with one port: a stream of bytes each way.
    package static func console() -> DeviceProfile {
        DeviceProfile(features: common, config: [], headerLength: 0, frameLimit: Virtqueue.chainLimit)
    }
}
