internal import Network

/// What stands in front of each frame in a network device's buffers: virtio_net_hdr (virtio 1.2, 5.1.6), little-endian.
enum NetworkHeader {
    static let length = 12
    /// Where the number of merged buffers stands.
    static let buffersOffset = 10

    private enum Flags {
        static let needsChecksum: UInt8 = 1
    }

    private enum Kind {
        static let none: UInt8 = 0
        static let tcp4: UInt8 = 1
        static let tcp6: UInt8 = 4
        static let congestion: UInt8 = 0x80
    }

    /// The frame behind a driver's header; nil when the header requests a feature that was not offered, or does not fit the frame.
    static func frame(_ header: ArraySlice<UInt8>, _ bytes: [UInt8], features: UInt64) -> Frame? {
        let base = header.startIndex
        func number(_ offset: Int) -> Int { Int(header[base + offset]) | Int(header[base + offset + 1]) << 8 }
        var offload = Frame.Offload(checksum: nil, segments: nil)
        if header[base] & Flags.needsChecksum != 0 {
            guard features & DeviceProfile.Feature.networkChecksum != 0 else { return nil }
            offload.checksum = .init(start: number(6), offset: number(8))
        }
        let kind = header[base + 1]
        if kind != Kind.none {
            let isIPv6 = kind & ~Kind.congestion == Kind.tcp6
            guard isIPv6 || kind & ~Kind.congestion == Kind.tcp4 else { return nil }
            let needed =
                isIPv6 ? DeviceProfile.Feature.networkHostTSO6 : DeviceProfile.Feature.networkHostTSO4
            guard features & needed != 0 else { return nil }
            offload.segments = .init(
                isIPv6: isIPv6, size: number(4), notifiesCongestion: kind & Kind.congestion != 0)
        }
        return Frame(bytes, offload: offload)
    }

    /// The header of a frame for a driver that takes its offloads.
    static func bytes(for frame: Frame) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: length)
        header[buffersOffset] = 1
        func set(_ value: Int, at offset: Int) {
            header[offset] = UInt8(truncatingIfNeeded: value)
            header[offset + 1] = UInt8(truncatingIfNeeded: value >> 8)
        }
        guard let checksum = frame.offload?.checksum else { return header }
        header[0] = Flags.needsChecksum
        set(checksum.start, at: 6)
        set(checksum.offset, at: 8)
        guard let segments = frame.offload?.segments else { return header }
        header[1] =
            (segments.isIPv6 ? Kind.tcp6 : Kind.tcp4) | (segments.notifiesCongestion ? Kind.congestion : 0)
        set(frame.headerBytes, at: 2)
        set(segments.size, at: 4)
        return header
    }

    /// Whether the driver takes the frame with its offloads. Otherwise it needs the frames of the wire.
    static func takes(_ frame: Frame, features: UInt64) -> Bool {
        guard let offload = frame.offload else { return true }
        var needed = DeviceProfile.Feature.networkGuestChecksum
        if let segments = offload.segments {
            needed |= DeviceProfile.Feature.networkMergedBuffers
            needed |=
                segments.isIPv6
                ? DeviceProfile.Feature.networkGuestTSO6 : DeviceProfile.Feature.networkGuestTSO4
            if segments.notifiesCongestion { needed |= DeviceProfile.Feature.networkGuestECN }
        }
        return features & needed == needed
    }
}
