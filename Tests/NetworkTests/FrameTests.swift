import Testing

@testable import Network

/// A TCP segment in a frame, its checksum left to do.
private func segment(isIPv6: Bool, vlan: Bool, options: Int, payload: Int, flags: UInt8 = 0x99, seed: Int = 1)
    -> (
        bytes: [UInt8], tcp: Int
    )
{
    var bytes: [UInt8] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2]
    if vlan { bytes += [0x81, 0, 0, 7] }
    let length = 20 + options + payload
    if isIPv6 {
        bytes += [0x86, 0xdd, 0x60, 0, 0, 0, UInt8(length >> 8), UInt8(length & 255), 6, 64]
        bytes += (0..<32).map { UInt8($0 + seed) }
    } else {
        let total = 20 + length
        bytes += [0x08, 0, 0x45, 0, UInt8(total >> 8), UInt8(total & 255), 0xff, 0xfe, 0x40, 0, 64, 6, 0, 0]
        bytes += [10, 0, 0, 1, 10, 0, 0, 2]
    }
    let tcp = bytes.count
    bytes += [
        0x12, 0x34, 0, 80, 0xff, 0xff, 0xff, 0xf0, 0, 0, 0, 9, UInt8((20 + options) / 4) << 4, flags, 1, 0, 0,
        0, 0, 0,
    ]
    bytes += [UInt8](repeating: 1, count: options)
    bytes += (0..<payload).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ seed) }
    return (bytes, tcp)
}

/// The checksum over pseudo header and segment: 0 when it is right.
private func tcpChecksum(_ frame: [UInt8], tcp: Int, isIPv6: Bool) -> UInt16 {
    let addresses = isIPv6 ? frame[(tcp - 32)..<tcp] : frame[(tcp - 8)..<tcp]
    let sum = UInt64(~InternetChecksum.of(addresses)) + 6 + UInt64(frame.count - tcp)
    return InternetChecksum.of(frame[tcp...], initial: sum)
}

struct FrameTests {
    @Test(arguments: [false, true], [false, true])
    func segmentsBecomeTheFramesOfTheWire(isIPv6: Bool, vlan: Bool) throws {
        for (options, payload, size) in [(12, 64_000, 1448), (0, 1460, 1460), (12, 1449, 1448), (40, 97, 48)]
        {
            let (bytes, tcp) = segment(isIPv6: isIPv6, vlan: vlan, options: options, payload: payload)
            let frame = try #require(
                Frame(
                    bytes,
                    offload: .init(
                        checksum: .init(start: tcp, offset: 16),
                        segments: .init(isIPv6: isIPv6, size: size, notifiesCongestion: true))))
            let headers = tcp + 20 + options
            let frames = frame.wireFrames()
            #expect(frames.count == (payload + size - 1) / size && frames.count == frame.wireCount)
            #expect(frames.reduce(0) { $0 + $1.count } == frame.wireBytes)
            #expect(frames.map(\.count).max() == frame.longestWireFrame)
            #expect(frames.flatMap { $0[headers...] } == Array(bytes[headers...]))
            for (number, part) in frames.enumerated() {
                #expect(tcpChecksum(part, tcp: tcp, isIPv6: isIPv6) == 0)
                let sequence = UInt32(bigEndian: part, at: tcp + 4)
                #expect(sequence == 0xffff_fff0 &+ UInt32(number * size))
                // FIN and PSH on the last, CWR on the first.
                #expect((part[tcp + 13] & 0x09 != 0) == (number == frames.count - 1))
                #expect((part[tcp + 13] & 0x80 != 0) == (number == 0))
                if isIPv6 {
                    #expect(Int(UInt16(bigEndian: part, at: tcp - 36)) == part.count - tcp)
                } else {
                    #expect(InternetChecksum.of(part[(tcp - 20)..<tcp]) == 0)
                    #expect(Int(UInt16(bigEndian: part, at: tcp - 18)) == part.count - tcp + 20)
                    #expect(UInt16(bigEndian: part, at: tcp - 16) == 0xfffe &+ UInt16(number))
                }
            }
        }
    }

    @Test func aChecksumIsCompleted() throws {
        var (bytes, tcp) = segment(isIPv6: false, vlan: false, options: 0, payload: 77)
        // The driver leaves the pseudo header's sum in the field.
        let pseudo = ~InternetChecksum.of(bytes[(tcp - 8)..<tcp], initial: UInt64(6 + bytes.count - tcp))
        bytes[tcp + 16] = UInt8(pseudo >> 8)
        bytes[tcp + 17] = UInt8(pseudo & 255)
        let frame = try #require(
            Frame(bytes, offload: .init(checksum: .init(start: tcp, offset: 16), segments: nil)))
        let wire = try #require(frame.wireFrames().first)
        #expect(frame.wireCount == 1 && frame.wireBytes == bytes.count)
        #expect(tcpChecksum(wire, tcp: tcp, isIPv6: false) == 0)
        #expect(wire.count == bytes.count)
    }

    /// What does not fit the frame is no frame: a driver may ask for anything.
    @Test func workThatDoesNotFitIsRefused() {
        let (bytes, tcp) = segment(isIPv6: false, vlan: false, options: 0, payload: 3000)
        let headers = Array(bytes[..<(tcp + 20)])
        let checksum = Frame.Offload.Checksum(start: tcp, offset: 16)
        let segments = Frame.Offload.Segments(isIPv6: false, size: 1448, notifiesCongestion: false)
        func refuses(
            _ bytes: [UInt8], _ checksum: Frame.Offload.Checksum?, _ segments: Frame.Offload.Segments?
        ) -> Bool {
            Frame(bytes, offload: .init(checksum: checksum, segments: segments)) == nil
        }
        #expect(Frame(bytes, offload: .init(checksum: checksum, segments: segments)) != nil)
        #expect(refuses(bytes, nil, segments))
        for size in [0, 47, 65_536, .max] {
            #expect(refuses(bytes, checksum, .init(isIPv6: false, size: size, notifiesCongestion: false)))
        }
        #expect(refuses(bytes, .init(start: bytes.count - 10, offset: 16), nil))
        let early = Frame.Offload.Checksum(start: 0, offset: 16)
        #expect(refuses(bytes, early, nil))
        #expect(refuses(bytes, .init(start: tcp + 2, offset: 16), segments))
        #expect(refuses(bytes, .init(start: tcp, offset: 6), segments))
        #expect(refuses(bytes, checksum, .init(isIPv6: true, size: 1448, notifiesCongestion: false)))
        #expect(refuses(bytes, checksum, .init(isIPv6: false, size: 0, notifiesCongestion: false)))
        #expect(refuses(headers, checksum, segments))
        var short = bytes
        short[tcp + 12] = 0xf0
        let cut = Array(short[..<(tcp + 40)])
        #expect(refuses(cut, checksum, segments))
        for length in 0..<54 {
            let cut = Array(bytes[..<length])
            #expect(refuses(cut, checksum, segments))
        }
    }
}
