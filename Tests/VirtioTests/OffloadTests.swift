import Network
import Testing

@testable import Virtio

/// Checksums and segments left to the other side (virtio 1.2, 5.1.6).
struct OffloadTests {
    private static let profile = DeviceProfile.network(mac: [2, 0, 0, 0, 0, 9], mtu: 1500, offloads: true)

    /// An IPv4 TCP segment with this much payload.
    private static func segment(_ payload: Int) -> [UInt8] {
        let length = 40 + payload
        var bytes: [UInt8] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0]
        bytes += [0x45, 0, UInt8(length >> 8), UInt8(length & 255), 0, 1, 0x40, 0, 64, 6, 0, 0]
        bytes += [10, 0, 0, 1, 10, 0, 0, 2, 0, 1, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 1, 0, 0, 0, 0, 0]
        bytes += (0..<payload).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        return bytes
    }

    /// flags, type, hdr_len, gso_size, csum_start, csum_offset, num_buffers.
    private static func header(type: UInt8, size: Int) -> [UInt8] {
        [1, type, 54, 0, UInt8(size & 255), UInt8(size >> 8), 34, 0, 16, 0, 0, 0]
    }

    /// A segment that stands for four, from a guest.
    private func sent() throws -> Frame {
        let guest = try ScriptedFrontend(Self.profile)
        try guest.handshake()
        try guest.transmit(Self.segment(5500), header: Self.header(type: 1, size: 1448))
        #expect(try guest.ask(35, ScriptedFrontend.state(1, 0)) == ScriptedFrontend.u64(0))
        let frames = guest.backend.takeOutbox()
        #expect(frames.count == 1 && guest.backend.counters.dropped == 0)
        return try #require(frames.first)
    }

    @Test func aDriverThatMergesBuffersGetsItWhole() throws {
        let frame = try sent()
        #expect(frame.wireCount == 4)
        let guest = try ScriptedFrontend(Self.profile)
        try guest.handshake()
        guest.provide(3)
        // 5566 bytes do not fit three buffers of 1600: nothing is taken yet.
        #expect(try guest.backend.deliver(frame) == .queued)
        #expect(guest.receive.usedIndex == 0)
        // The driver kicks for the next chain it makes available, whatever waits already.
        #expect(guest.receive.kickEvent == guest.receive.availableIndex)
        guest.provide(3)
        #expect(try guest.ask(35, ScriptedFrontend.state(0, 0)) == ScriptedFrontend.u64(0))
        #expect(guest.backend.takeInterruptsWanted() == [0])
        #expect(guest.receive.usedIndex == 4)
        let bytes = (0..<4).flatMap { guest.received($0) }
        #expect(Array(bytes[..<12]) == [1, 1, 54, 0, 0xa8, 0x05, 34, 0, 16, 0, 4, 0])
        #expect(Array(bytes[12...]) == frame.bytes)
    }

    @Test(arguments: [1 << 7, 1 << 15, 1 << 1, 0b1000_0000_0000_0000 | 1 << 7 | 1 << 1] as [UInt64])
    func anotherDriverGetsTheFramesOfTheWire(refused: UInt64) throws {
        let frame = try sent()
        let guest = try ScriptedFrontend(Self.profile)
        try guest.handshake(refused: refused)
        guest.provide(8)
        #expect(try guest.backend.deliver(frame) == .delivered(interrupt: true))
        #expect(guest.receive.usedIndex == 4)
        let bytes = (0..<4).map { Array(guest.received($0)[12...]) }
        #expect(bytes == frame.wireFrames())
        #expect(guest.received(0)[..<10].allSatisfy { $0 == 0 })
    }

    /// What was not offered, or does not fit the frame, is dropped; the guest lives on.
    @Test(
        arguments: [
            [1, 3, 54, 0, 0xa8, 5, 34, 0, 16, 0, 0, 0], [0, 1, 54, 0, 0xa8, 5, 34, 0, 16, 0, 0, 0],
            [1, 1, 54, 0, 0, 0, 34, 0, 16, 0, 0, 0], [1, 1, 54, 0, 0xff, 0xff, 34, 0, 16, 0, 0, 0],
            [1, 0, 0, 0, 0, 0, 0xff, 0xff, 16, 0, 0, 0], [1, 4, 54, 0, 0xa8, 5, 34, 0, 16, 0, 0, 0],
        ] as [[UInt8]])
    func nonsenseIsDropped(header: [UInt8]) throws {
        let guest = try ScriptedFrontend(Self.profile)
        try guest.handshake()
        try guest.transmit(Self.segment(5500), header: header)
        #expect(try guest.ask(35, ScriptedFrontend.state(1, 0)) == ScriptedFrontend.u64(0))
        #expect(guest.backend.takeOutbox().isEmpty && guest.backend.counters.dropped == 1)
        #expect(guest.transmit.usedIndex == 1)
    }

    @Test func withoutOffloadsThereAreNone() throws {
        let guest = try ScriptedFrontend()
        try guest.handshake()
        try guest.transmit(Self.segment(1000), header: Self.header(type: 0, size: 0))
        #expect(try guest.ask(35, ScriptedFrontend.state(1, 0)) == ScriptedFrontend.u64(0))
        #expect(guest.backend.takeOutbox().isEmpty && guest.backend.counters.dropped == 1)
    }
}
