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

    /// Ethernet pads short frames: what is behind the packet is not part of it. Options are ignored.
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

    /// Frames of every kind with a few changed, missing or added octets. Whatever a reader accepts lies within the frame, and
    /// is read again from the frame that it is written to.
    @Test(arguments: 0..<20 as Range<UInt64>) func whatIsAcceptedIsWrittenAndReadAgain(_ seed: UInt64) throws
    {
        var random = SplitMix64(seed: seed, name: "packets")
        func below(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }
        var accepted = [0, 0, 0, 0]
        for _ in 0..<2000 {
            var frame = someFrame(&random)
            for _ in 0..<below(3) where !frame.isEmpty {
                frame[below(frame.count)] = UInt8(truncatingIfNeeded: random.next())
            }
            switch below(8) {
            case 0: frame.removeLast(below(frame.count + 1))
            case 1: frame += (0..<below(30)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            default: break
            }
            let header = EthernetHeader(frame)
            #expect((header == nil) == (frame.count < EthernetHeader.size))
            guard let header else { continue }
            if let packet = ARPPacket(frame: frame) {
                accepted[0] += 1
                #expect(ARPPacket(frame: packet.frame) == packet)
            }
            guard let packet = IPv4Packet(frame: frame) else { continue }
            accepted[1] += 1
            let room = frame.count - EthernetHeader.size - IPv4Packet.headerSize
            #expect(packet.payload.count <= room)
            #expect(IPv4Packet(frame: packet.frame(from: header.source, to: header.destination)) == packet)
            if let echo = ICMPEcho(packet.payload) {
                accepted[2] += 1
                #expect(ICMPEcho(echo.payload) == echo)
            }
            if let datagram = UDPDatagram(packet) {
                accepted[3] += 1
                var again = packet
                again.payload = datagram.payload(from: packet.source, to: packet.destination)
                #expect(again.payload.count <= packet.payload.count)
                #expect(UDPDatagram(again) == datagram)
            }
        }
        // Of each kind some are accepted, and some are not.
        #expect(accepted.allSatisfy { (100..<1500).contains($0) }, "\(accepted)")
    }

    private func someFrame(_ random: inout SplitMix64) -> [UInt8] {
        let data = (0..<Int(random.next() % 40)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        switch random.next() % 4 {
        case 0: return data
        case 1: return ARPPacket(.request, senderMAC: here, sender: one, targetMAC: there, target: two).frame
        case 2:
            let echo = ICMPEcho(isReply: random.next() % 2 == 0, identifier: 1, sequence: 2, data: data)
            return IPv4Packet(
                source: one, destination: two, carried: IPv4Packet.Carried.icmp, payload: echo.payload
            ).frame(from: here, to: there)
        default:
            let datagram = UDPDatagram(sourcePort: 1, destinationPort: 2, data: data)
            return IPv4Packet(
                source: one, destination: two, carried: IPv4Packet.Carried.udp,
                payload: datagram.payload(from: one, to: two)
            ).frame(from: here, to: there)
        }
    }
}
