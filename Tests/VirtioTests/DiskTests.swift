import Foundation
import Testing

@testable import Virtio

/// The disk (virtio 1.2, 5.2), as a driver uses it.
struct DiskTests {
    private final class File {
        let path = NSTemporaryDirectory() + "almanac-disk-\(UInt32.random(in: 0 ... .max))"
        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    private let file = File()
    private static let size: UInt64 = 64 * 512

    private func guest() throws -> ScriptedFrontend {
        let guest = try ScriptedFrontend(.disk(try DiskImage(path: file.path, size: Self.size)))
        try guest.handshake()
        return guest
    }

    /// A request as Linux makes it: header, data, status, each in a buffer of its own; its status and what was read.
    private func ask(
        _ guest: ScriptedFrontend, _ type: UInt32, sector: UInt64, writing: [UInt8] = [], reading: Int = 0
    ) throws -> (status: UInt8?, data: [UInt8]) {
        let place = GuestRAM.guestBase + 0x40000
        var header = ScriptedFrontend.state(type, 0)
        header.append(native: sector)
        guest.ram.store(bytes: header + writing, at: place)
        let used = guest.receive.usedIndex
        guest.receive.describe(0, address: place, length: 16, flags: DriverRing.next, next: 1)
        let data = UInt32(writing.isEmpty ? reading : writing.count)
        if data > 0 {
            let flags = DriverRing.next | (writing.isEmpty ? DriverRing.write : 0)
            let address = writing.isEmpty ? place + 0x8000 : place + 16
            guest.receive.describe(1, address: address, length: data, flags: flags, next: 2)
        } else {
            guest.receive.describe(0, address: place, length: 16, flags: DriverRing.next, next: 2)
        }
        guest.ram.store(bytes: [0xff], at: place + 0x7000)
        guest.receive.describe(2, address: place + 0x7000, length: 1, flags: DriverRing.write)
        guest.receive.offer(0)
        #expect(try guest.ask(35, ScriptedFrontend.state(0, 0)) == ScriptedFrontend.u64(0))
        #expect(guest.receive.usedIndex == used &+ 1)
        return (
            guest.ram.bytes(at: place + 0x7000, count: 1).first,
            guest.ram.bytes(at: place + 0x8000, count: reading)
        )
    }

    @Test func whatIsWrittenIsReadAgainAndSurvives() throws {
        let bytes = (0..<1024).map { UInt8(truncatingIfNeeded: $0 * 7) }
        do {
            let guest = try guest()
            #expect(try ask(guest, 1, sector: 5, writing: bytes).status == 0)
            #expect(try ask(guest, 4, sector: 0).status == 0)
            #expect(guest.backend.takeInterruptsWanted() == [0])
        }
        let next = try guest()
        let read = try ask(next, 0, sector: 6, reading: 1024)
        #expect(read.status == 0)
        #expect(read.data == Array(bytes[512...]) + [UInt8](repeating: 0, count: 512))
        #expect(try ask(next, 8, sector: 0, reading: 20).data.starts(with: Array("almanac".utf8)))
    }

    @Test func itKnowsItsSize() throws {
        let guest = try guest()
        var request = ScriptedFrontend.state(0, 16)
        request.append(native: UInt32(0))
        let answer = try #require(
            try guest.ask(24, request + [UInt8](repeating: 0, count: 16), needReply: false))
        // Sectors; bytes of a segment and segments of a request, which fit into a chain.
        #expect(answer.suffix(16) == [64, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 14, 0, 0, 0])
    }

    /// Sectors behind the end, however large their numbers; lengths that are no sectors; requests that are none.
    @Test func whatMakesNoSenseFailsAndDoesNothing() throws {
        let guest = try guest()
        for sector in [64, 63, UInt64.max, UInt64.max / 512, 1 << 55] as [UInt64] {
            #expect(try ask(guest, 0, sector: sector, reading: 1024).status == 1, "\(sector)")
            #expect(
                try ask(guest, 1, sector: sector, writing: [UInt8](repeating: 9, count: 1024)).status == 1)
        }
        #expect(try ask(guest, 1, sector: 0, writing: [1, 2, 3]).status == 1)
        #expect(try ask(guest, 0, sector: 0, reading: 100).status == 1)
        #expect(try ask(guest, 77, sector: 0).status == 2)
        #expect(FileManager.default.contents(atPath: file.path)?.allSatisfy { $0 == 0 } == true)
    }

    /// A carrier that comes and goes: in the configuration space, and as an interrupt of its own.
    @Test func aCarrierComesAndGoes() throws {
        let guest = try ScriptedFrontend()
        try guest.handshake()
        func status() throws -> UInt8? {
            var request = ScriptedFrontend.state(0, 12)
            request.append(native: UInt32(0))
            let answer = try guest.ask(24, request + [UInt8](repeating: 0, count: 12), needReply: false)
            return answer.map { $0[$0.count - 6] }
        }
        #expect(try status() == 1)
        #expect(try guest.backend.setLink(isUp: false))
        #expect(guest.backend.awaitingReply)
        #expect(try status() == 0)
        guest.backend.beginDown()
        #expect(try status() == 0)
        #expect(try guest.backend.setLink(isUp: true))
        #expect(try status() == 1)
    }
}
