import Testing

@testable import Network

/// Packets against bytes from the specifications and from real kernels, there and back, and broken in every way.
struct PacketTests {
    private let here = MACAddress(value: 0x0200_0000_0001)
    private let there = MACAddress(value: 0x0200_0000_0002)
    private let one = IPv4Address("10.0.0.1")!
    private let two = IPv4Address("10.0.0.2")!

    private func bytes(_ text: String) -> [UInt8] {
        text.split(whereSeparator: \.isWhitespace).map { UInt8($0, radix: 16)! }
    }

    /// RFC 1071, section 3: the numerical example; the sum there is ddf2.
    @Test func checksumOfTheSpecification() {
        let data = bytes("00 01 f2 03 f4 f5 f6 f7")
        #expect(InternetChecksum.of(data[...]) == ~0xddf2)
        #expect(InternetChecksum.of(data[...] + [0x22, 0x0d]) == 0)
        #expect(InternetChecksum.of([0xff]) == ~0xff00)
        #expect(InternetChecksum.of([]) == 0xffff)
    }

    /// A request as Linux sends it.
    @Test func arpRequest() throws {
        let frame = bytes(
            """
            ff ff ff ff ff ff 02 00 00 00 00 01 08 06
            00 01 08 00 06 04 00 01 02 00 00 00 00 01 0a 00 00 01 00 00 00 00 00 00 0a 00 00 02
            """)
        let packet = try #require(ARPPacket(frame: frame))
        let expected = ARPPacket(
            .request, senderMAC: here, sender: one, targetMAC: MACAddress(value: 0), target: two)
        #expect(packet == expected)
        #expect(expected.frame == frame)
        let reply = ARPPacket(.reply, senderMAC: there, sender: two, targetMAC: here, target: one)
        #expect(MACAddress.destination(of: reply.frame) == here)
        #expect(ARPPacket(frame: reply.frame) == reply)
    }

    /// An echo request as ping of iputils sends it with -s 0.
    @Test func echoRequest() throws {
        let frame = bytes(
            """
            02 00 00 00 00 02 02 00 00 00 00 01 08 00
            45 00 00 1c 00 00 40 00 40 01 26 df 0a 00 00 01 0a 00 00 02
            08 00 f7 fb 00 01 00 03
            """)
        let packet = try #require(IPv4Packet(frame: frame))
        #expect(packet.source == one && packet.destination == two && packet.timeToLive == 64)
        let echo = try #require(ICMPEcho(packet.payload))
        #expect(echo == ICMPEcho(isReply: false, identifier: 1, sequence: 3, data: []))
        #expect(packet.frame(from: here, to: there) == frame)
        #expect(echo.payload == Array(frame.suffix(8)))
    }

    @Test(arguments: [0, 1, 2, 3, 56, 1472]) func udpThereAndBack(_ size: Int) throws {
        let datagram = UDPDatagram(
            sourcePort: 1234, destinationPort: 7, data: (0..<size).map { UInt8(truncatingIfNeeded: $0) })
        let packet = IPv4Packet(
            source: one, destination: two, carried: IPv4Packet.Carried.udp,
            payload: datagram.payload(from: one, to: two))
        let read = try #require(IPv4Packet(frame: packet.frame(from: here, to: there)))
        #expect(UDPDatagram(read) == datagram)
        // Another address: the pseudo header does not fit.
        var stranger = read
        stranger.source = IPv4Address("10.0.0.9")!
        #expect(UDPDatagram(stranger) == nil)
        // No checksum at all is allowed.
        var plain = stranger
        plain.payload[6] = 0
        plain.payload[7] = 0
        #expect(UDPDatagram(plain) == datagram)
    }

    /// A computed checksum of 0 is sent as ffff (RFC 768).
    @Test func udpNeverSaysZero() {
        for number in 0...UInt16.max {
            let datagram = UDPDatagram(
                sourcePort: 0, destinationPort: 0, data: [UInt8(number >> 8), UInt8(number & 255)])
            let payload = datagram.payload(from: one, to: two)
            if payload[6] == 0, payload[7] == 0 {
                Issue.record("data \(number) has no checksum")
                return
            }
        }
    }

    /// Every single bit of header or checksum counts, except those that nothing is read from.
    @Test func brokenBitsAreSeen() {
        let echo = ICMPEcho(isReply: false, identifier: 1, sequence: 2, data: [1, 2, 3])
        let packet = IPv4Packet(
            source: one, destination: two, carried: IPv4Packet.Carried.icmp, payload: echo.payload)
        let frame = packet.frame(from: here, to: there)
        for bit in EthernetHeader.size * 8..<frame.count * 8 {
            var broken = frame
            broken[bit / 8] ^= 1 << UInt8(bit % 8)
            let read = IPv4Packet(frame: broken)
            #expect(read.flatMap { ICMPEcho($0.payload) } == nil, "bit \(bit)")
        }
    }

    @Test func fragmentsAreRefused() {
        for flags: UInt16 in [0x2000, 0x0001, 0x1fff] {
            var frame = IPv4Packet(source: one, destination: two, carried: 1, payload: [1, 2, 3, 4])
                .frame(from: here, to: there)
            frame[20] = UInt8(flags >> 8)
            frame[21] = UInt8(flags & 255)
            frame[24] = 0
            frame[25] = 0
            let checksum = InternetChecksum.of(frame[14..<34])
            frame[24] = UInt8(checksum >> 8)
            frame[25] = UInt8(checksum & 255)
            #expect(IPv4Packet(frame: frame) == nil)
        }
    }

    /// Ethernet pads short frames: what is behind the packet is not part of it. Options are passed over.
    @Test func paddingAndOptions() throws {
        let packet = IPv4Packet(source: one, destination: two, carried: 17, payload: [1, 2, 3])
        let padded = packet.frame(from: here, to: there) + [UInt8](repeating: 0, count: 23)
        #expect(IPv4Packet(frame: padded) == packet)
        var frame = bytes(
            "02 00 00 00 00 02 02 00 00 00 00 01 08 00 46 00 00 1a 00 00 00 00 40 11 00 00 0a 00 00 01 0a 00 00 02"
        )
        frame += [1, 1, 1, 0, 9, 8]
        let checksum = InternetChecksum.of(frame[14..<38])
        frame[24] = UInt8(checksum >> 8)
        frame[25] = UInt8(checksum & 255)
        #expect(try #require(IPv4Packet(frame: frame)).payload == [9, 8])
    }

    /// No length, and no random bytes, make a reader trap.
    @Test(arguments: 0..<20) func nothingTraps(_ seed: UInt64) {
        var state = seed &* 0x9e37_79b9_7f4a_7c15 | 1
        func random() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
        for _ in 0..<2000 {
            var frame = (0..<Int(random() % 80)).map { _ in UInt8(truncatingIfNeeded: random()) }
            if frame.count > 15, random() % 2 == 0 { frame[14] = 0x45 }
            _ = EthernetHeader(frame)
            _ = ARPPacket(frame: frame)
            _ = ICMPEcho(frame)
            if let packet = IPv4Packet(frame: frame) { _ = UDPDatagram(packet) }
            _ = UDPDatagram(IPv4Packet(source: one, destination: two, carried: 17, payload: frame))
        }
    }
}
