/// An Ethernet frame between two stations, perhaps with offloaded work: a checksum to complete, segments to split.
package struct Frame: Hashable, Sendable {
    /// What is left to do (virtio 1.2, 5.1.6: the fields of virtio_net_hdr, checked).
    package struct Offload: Hashable, Sendable {
        /// A checksum to complete: of everything from `start` on, stored at `start + offset`, where the pseudo header's
        /// is already.
        package struct Checksum: Hashable, Sendable {
            package var start: Int
            package var offset: Int

            package init(start: Int, offset: Int) {
                self.start = start
                self.offset = offset
            }
        }

        /// A TCP segment that stands for many.
        package struct Segments: Hashable, Sendable {
            package var isIPv6: Bool
            /// Bytes of TCP payload in each but the last.
            package var size: Int
            /// The sender takes part in explicit congestion notification (RFC 3168): CWR belongs to the first.
            package var notifiesCongestion: Bool

            package init(isIPv6: Bool, size: Int, notifiesCongestion: Bool) {
                self.isIPv6 = isIPv6
                self.size = size
                self.notifiesCongestion = notifiesCongestion
            }
        }

        package var checksum: Checksum?
        /// Only with a checksum to complete.
        package var segments: Segments?

        package init(checksum: Checksum?, segments: Segments?) {
            self.checksum = checksum
            self.segments = segments
        }
    }

    /// From the destination's address on, without the check sequence.
    package let bytes: [UInt8]
    package let offload: Offload?
    /// Bytes of headers that each segment repeats; 0 when there is one.
    private let headers: Int

    /// A frame as it is on the wire.
    package init(_ bytes: [UInt8]) {
        self.init(bytes, nil, headers: 0)
    }

    /// A frame with work left to do; nil when the work does not fit what the frame holds.
    package init?(_ bytes: [UInt8], offload: Offload) {
        guard let checksum = offload.checksum else {
            guard offload.segments == nil else { return nil }
            self.init(bytes, nil, headers: 0)
            return
        }
        guard checksum.start >= EthernetHeader.size, checksum.offset >= 0,
            checksum.start + checksum.offset + 2 <= bytes.count
        else { return nil }
        var headers = 0
        if let segments = offload.segments {
            guard Self.segmentSizes.contains(segments.size),
                let places = TCPPlaces(bytes, isIPv6: segments.isIPv6),
                places.tcp == checksum.start, checksum.offset == TCPPlaces.checksum,
                bytes.count > places.payload
            else { return nil }
            headers = places.payload
        }
        self.init(bytes, offload, headers: headers)
    }

    private init(_ bytes: [UInt8], _ offload: Offload?, headers: Int) {
        self.bytes = bytes
        self.offload = offload
        self.headers = headers
    }

    /// Bytes of headers that each segment repeats, when there are several.
    package var headerBytes: Int { headers }

    /// Payload of a segment, bytes: the kernel goes no lower (tcp_min_snd_mss), a frame must not become 65,000, and a
    /// driver's header has 16 bits for it.
    private static let segmentSizes = 48...65_535

    /// How many frames it is on the wire.
    package var wireCount: Int {
        guard let size = offload?.segments?.size else { return 1 }
        return (bytes.count - headers + size - 1) / size
    }

    /// Bytes of all those frames.
    package var wireBytes: Int { bytes.count + (wireCount - 1) * headers }

    /// Bytes of the longest of those frames.
    package var longestWireFrame: Int {
        guard let size = offload?.segments?.size else { return bytes.count }
        return min(bytes.count, headers + size)
    }

    /// The frames as they are on the wire: segmented, checksums complete.
    package func wireFrames() -> [[UInt8]] {
        guard let offload, let checksum = offload.checksum else { return [bytes] }
        guard let segments = offload.segments, let places = TCPPlaces(bytes, isIPv6: segments.isIPv6) else {
            var frame = bytes
            InternetChecksum.complete(&frame, checksum)
            return [frame]
        }
        return places.split(bytes, segments)
    }
}

/// Where the headers of a TCP segment are in a frame, and how one becomes many.
private struct TCPPlaces {
    /// Of the checksum in a TCP header (RFC 9293, 3.1).
    static let checksum = 16
    private static let sequence = 4
    private static let flags = 13
    /// FIN and PSH belong to the last segment, CWR to the first.
    private static let lastFlags: UInt8 = 0x09
    private static let firstFlags: UInt8 = 0x80
    private static let tcp: UInt8 = 6

    /// Offsets in the frame.
    let network: Int
    let tcp: Int
    let payload: Int
    private let isIPv6: Bool

    init?(_ frame: [UInt8], isIPv6: Bool) {
        var network = EthernetHeader.size
        guard frame.count >= network + 4 else { return nil }
        var kind = UInt16(bigEndian: frame, at: 12)
        if kind == 0x8100 || kind == 0x88a8 {
            kind = UInt16(bigEndian: frame, at: 16)
            network += 4
        }
        let tcp: Int
        if isIPv6 {
            // Without extension headers: what has them is not offloaded.
            guard kind == 0x86dd, frame.count >= network + 40, frame[network + 6] == Self.tcp else {
                return nil
            }
            tcp = network + 40
        } else {
            guard kind == EthernetHeader.Kind.ipv4, frame.count >= network + IPv4Packet.headerSize,
                frame[network] >> 4 == 4, frame[network + 9] == Self.tcp, frame[network] & 15 >= 5
            else { return nil }
            tcp = network + Int(frame[network] & 15) * 4
        }
        guard frame.count >= tcp + 20, frame[tcp + 12] >> 4 >= 5 else { return nil }
        self.network = network
        self.tcp = tcp
        self.isIPv6 = isIPv6
        payload = tcp + Int(frame[tcp + 12] >> 4) * 4
        guard payload <= frame.count else { return nil }
    }

    func split(_ frame: [UInt8], _ segments: Frame.Offload.Segments) -> [[UInt8]] {
        let first = UInt32(bigEndian: frame, at: tcp + Self.sequence)
        let identification = UInt16(bigEndian: frame, at: network + 4)
        let flags = frame[tcp + Self.flags]
        var frames: [[UInt8]] = []
        var start = payload
        while start < frame.count {
            let end = min(start + segments.size, frame.count)
            var part = Array(frame[..<payload])
            part += frame[start..<end]
            part.set(first &+ UInt32(start - payload), at: tcp + Self.sequence)
            var ownFlags = flags
            if end < frame.count { ownFlags &= ~Self.lastFlags }
            if start > payload, segments.notifiesCongestion { ownFlags &= ~Self.firstFlags }
            part[tcp + Self.flags] = ownFlags
            if isIPv6 {
                part.set(UInt16(truncatingIfNeeded: part.count - tcp), at: network + 4)
            } else {
                part.set(UInt16(truncatingIfNeeded: part.count - network), at: network + 2)
                part.set(identification &+ UInt16(truncatingIfNeeded: frames.count), at: network + 4)
                part.set(UInt16(0), at: network + 10)
                part.set(InternetChecksum.of(part[network..<tcp]), at: network + 10)
            }
            complete(&part)
            frames.append(part)
            start = end
        }
        return frames
    }

    /// The TCP checksum over pseudo header and segment (RFC 9293, 3.1; RFC 8200, 8.1).
    private func complete(_ frame: inout [UInt8]) {
        let addresses = isIPv6 ? frame[network + 8..<network + 40] : frame[network + 12..<network + 20]
        var sum = UInt64(Self.tcp) + UInt64(frame.count - tcp)
        sum += UInt64(~InternetChecksum.of(addresses))
        frame.set(UInt16(0), at: tcp + Self.checksum)
        frame.set(InternetChecksum.of(frame[tcp...], initial: sum), at: tcp + Self.checksum)
    }
}

extension InternetChecksum {
    /// Completes a checksum that holds the pseudo header's.
    fileprivate static func complete(_ frame: inout [UInt8], _ checksum: Frame.Offload.Checksum) {
        let value = of(frame[checksum.start...])
        // 0 means "none" to UDP; 0xffff is the same number.
        frame.set(value == 0 ? 0xffff : value, at: checksum.start + checksum.offset)
    }
}

extension [UInt8] {
    fileprivate mutating func set(_ value: UInt16, at place: Int) {
        self[place] = UInt8(value >> 8)
        self[place + 1] = UInt8(truncatingIfNeeded: value)
    }

    fileprivate mutating func set(_ value: UInt32, at place: Int) {
        set(UInt16(value >> 16), at: place)
        set(UInt16(truncatingIfNeeded: value), at: place + 2)
    }
}
