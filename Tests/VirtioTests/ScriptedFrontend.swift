import Foundation
import Posix
import SystemPackage
import Testing

@testable import Virtio

/// A guest's side of a device connection, as User Mode Linux speaks it.
final class ScriptedFrontend {
    let backend: Backend
    let ram: GuestRAM
    let receive: DriverRing
    let transmit: DriverRing
    private var socket: Descriptor?
    /// The guest's end of the back channel.
    private(set) var interrupts: Descriptor?

    init(_ profile: DeviceProfile = .network(mac: [2, 0, 0, 0, 0, 9], mtu: 1500, offloads: false)) throws {
        ram = try GuestRAM()
        receive = DriverRing(ram, at: GuestRAM.guestBase + 0x1000)
        transmit = DriverRing(ram, at: GuestRAM.guestBase + 0x8000)
        let ends = Self.pair()
        let mine = Descriptor(owning: ends.0)
        let theirs = Descriptor(owning: ends.1)
        try theirs.setNonBlocking()
        try mine.setNonBlocking()
        backend = Backend(name: "eth0 of test", socket: theirs, profile: profile)
        socket = consume mine
    }

    private static func pair() -> (CInt, CInt) {
        var ends: [CInt] = [-1, -1]
        _ = unsafe socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &ends)
        return (ends[0], ends[1])
    }

    func close() { socket = nil }

    func send(bytes: [UInt8], descriptors: [CInt] = []) throws {
        guard socket != nil else { return }
        _ = try unsafe bytes.withUnsafeBytes {
            try unsafe UnixSocket.send(socket!, $0, descriptors: descriptors)
        }
    }

    /// Sends a request and gives what is answered: header flags and payload; nil when nothing is.
    @discardableResult
    func ask(_ request: UInt32, _ payload: [UInt8] = [], needReply: Bool = true, descriptors: [CInt] = [])
        throws -> [UInt8]?
    {
        try send(
            bytes: vhostUserFrame(request: request, flags: needReply ? 9 : 1, payload: payload),
            descriptors: descriptors)
        _ = try backend.receive()
        return try read()
    }

    func read() throws -> [UInt8]? {
        guard socket != nil else { return nil }
        var room = [UInt8](repeating: 0, count: 8192)
        let result = unsafe room.withUnsafeMutableBytes { buffer in
            Result { () throws(Errno) in try unsafe UnixSocket.receive(socket!, into: buffer) }
        }
        guard case .success(let count) = result, count >= 12 else { return nil }
        return Array(room[12..<count])
    }

    /// What one read of the back channel brings.
    func readInterrupt() throws -> [UInt8] {
        var room = [UInt8](repeating: 0, count: 64)
        let count = try unsafe room.withUnsafeMutableBytes {
            try unsafe UnixSocket.receive(interrupts!, into: $0)
        }
        return Array(room[..<count])
    }

    static func u64(_ value: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(native: value)
        return bytes
    }

    static func state(_ index: UInt32, _ value: UInt32) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(native: index)
        bytes.append(native: value)
        return bytes
    }

    static func memoryTable(size: Int = GuestRAM.size) -> [UInt8] {
        var bytes = state(1, 0)
        for value in [GuestRAM.guestBase, UInt64(size), GuestRAM.guestBase, 0] { bytes.append(native: value) }
        return bytes
    }

    /// The whole handshake in the order in which the kernel's driver makes it.
    ///
    /// - Parameter refused: features that this driver does not take.
    func handshake(eventIndex: Bool = true, refused: UInt64 = 0) throws {
        try ask(3)
        let features = try #require(try ask(1, needReply: false)).native(UInt64.self, at: 0)
        let protocolFeatures = try #require(try ask(15, needReply: false)).native(UInt64.self, at: 0)
        #expect(protocolFeatures == 1 << 3 | 1 << 5 | 1 << 9 | 1 << 14)
        try ask(16, Self.u64(protocolFeatures), needReply: false)
        let ends = Self.pair()
        let (mine, theirs) = (ends.0, ends.1)
        #expect(try ask(21, descriptors: [theirs]) == Self.u64(0))
        Descriptor(owning: theirs).close()
        let end = Descriptor(owning: mine)
        try end.setNonBlocking()
        interrupts = consume end
        let wanted = (eventIndex ? features : features & ~DeviceProfile.Feature.eventIndex) & ~refused
        #expect(try ask(2, Self.u64(wanted)) == Self.u64(0))
        #expect(try ask(5, Self.memoryTable(), descriptors: [ram.file.number]) == Self.u64(0))
        let rings = [receive, transmit].prefix(backend.profile.queueCount)
        for (index, ring) in rings.enumerated() {
            #expect(try ask(8, Self.state(UInt32(index), 256)) == Self.u64(0))
            #expect(try ask(10, Self.state(UInt32(index), 0)) == Self.u64(0))
            var addresses = Self.state(UInt32(index), 0)
            for value in [ring.descriptors, ring.used, ring.available, .max] {
                addresses.append(native: value)
            }
            #expect(try ask(9, addresses) == Self.u64(0))
            // No descriptor: notifications are in-band.
            #expect(try ask(12, Self.u64(UInt64(index) | 1 << 8)) == Self.u64(0))
        }
        for index in rings.indices { #expect(try ask(18, Self.state(UInt32(index), 1)) == Self.u64(0)) }
    }

    /// A frame from the guest: header and bytes in one buffer each, then a kick.
    func transmit(
        _ frame: [UInt8], head: UInt16 = 0, header: [UInt8] = [UInt8](repeating: 0, count: 12)
    ) throws {
        let place = GuestRAM.guestBase + 0x40000
        ram.store(bytes: header + frame, at: place)
        transmit.describe(head, address: place, length: 12, flags: DriverRing.next, next: head + 1)
        transmit.describe(head + 1, address: place + 12, length: UInt32(frame.count))
        transmit.offer(head)
    }

    /// Makes `count` receive buffers available.
    func provide(_ count: Int, length: UInt32 = 1600) {
        for _ in 0..<count {
            let index = receive.availableIndex & 255
            receive.describe(
                index, address: GuestRAM.guestBase + 0x50000 + UInt64(index) * 2048, length: length,
                flags: DriverRing.write)
            receive.offer(index)
        }
    }

    /// The bytes of the used entry `index`.
    func received(_ index: UInt16) -> [UInt8] {
        let entry = receive.usedEntry(index)
        return ram.bytes(
            at: GuestRAM.guestBase + 0x50000 + UInt64(entry.head) * 2048, count: Int(entry.length))
    }
}
