import Foundation
import Network
import Posix
import Testing

@testable import Virtio

struct BackendTests {
    private let frame = [UInt8](0..<64)

    @Test func aFrameEachWay() throws {
        let guest = try ScriptedFrontend()
        try guest.handshake()
        #expect(guest.backend.hasBackChannel)
        try guest.transmit(frame)
        #expect(try guest.ask(35, ScriptedFrontend.state(1, 0)) == ScriptedFrontend.u64(0))
        #expect(guest.backend.takeOutbox() == [Frame(frame)])
        #expect(guest.transmit.usedIndex == 1)
        guest.provide(4)
        #expect(try guest.backend.deliver(frame) == .delivered(interrupt: true))
        let bytes = guest.received(0)
        #expect(Array(bytes[..<12]) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0])
        #expect(Array(bytes[12...]) == frame)
        // The driver has not looked yet: one interrupt is enough.
        #expect(try guest.backend.deliver(frame) == .delivered(interrupt: false))
        #expect(guest.backend.counters.interruptsSpared == 1)
    }

    @Test func anInterruptWithoutReply() throws {
        let guest = try ScriptedFrontend()
        try guest.handshake()
        try guest.backend.interrupt(queue: 0, wantsReply: false)
        #expect(!guest.backend.awaitingReply)
        #expect(
            try guest.readInterrupt()
                == vhostUserFrame(request: 4, flags: 1, payload: ScriptedFrontend.state(0, 0)))
        // Nothing was asked.
        let reply = vhostUserFrame(request: 4, flags: 5, payload: ScriptedFrontend.u64(0))
        _ = try unsafe reply.withUnsafeBytes { try unsafe UnixSocket.send(guest.interrupts!, $0) }
        #expect(throws: BackendError.self) { _ = try guest.backend.receiveReply() }
    }

    @Test func anInterruptAndItsReply() throws {
        let guest = try ScriptedFrontend()
        try guest.handshake()
        try guest.backend.interrupt(queue: 0)
        #expect(guest.backend.awaitingReply)
        #expect(
            try guest.readInterrupt()
                == vhostUserFrame(request: 4, flags: 9, payload: ScriptedFrontend.state(0, 0)))
        guard case .incomplete = try guest.backend.receiveReply() else {
            Issue.record("no reply was sent")
            return
        }
        let reply = vhostUserFrame(request: 4, flags: 5, payload: ScriptedFrontend.u64(0))
        for byte in reply.dropLast() {
            _ = try unsafe [byte].withUnsafeBytes { try unsafe UnixSocket.send(guest.interrupts!, $0) }
            guard case .incomplete = try guest.backend.receiveReply() else {
                Issue.record("half a reply")
                return
            }
        }
        _ = try unsafe [reply.last!].withUnsafeBytes { try unsafe UnixSocket.send(guest.interrupts!, $0) }
        guard case .replied = try guest.backend.receiveReply() else {
            Issue.record("a whole reply")
            return
        }
        #expect(!guest.backend.awaitingReply)
    }

    @Test(
        arguments: [[UInt8]](
            [
                vhostUserFrame(request: 4, flags: 5, payload: ScriptedFrontend.u64(0)),
                vhostUserFrame(request: 4, flags: 1, payload: ScriptedFrontend.u64(0)),
                vhostUserFrame(request: 4, flags: 5, payload: []),
                vhostUserFrame(request: 4, flags: 5, payload: ScriptedFrontend.u64(7)),
            ]))
    func repliesThatMakeNoSense(reply: [UInt8]) throws {
        let guest = try ScriptedFrontend()
        try guest.handshake()
        // The first one is right in itself but answers nothing.
        if reply != vhostUserFrame(request: 4, flags: 5, payload: ScriptedFrontend.u64(0)) {
            try guest.backend.interrupt(queue: 0)
        }
        _ = try unsafe reply.withUnsafeBytes { try unsafe UnixSocket.send(guest.interrupts!, $0) }
        #expect(throws: BackendError.self) { _ = try guest.backend.receiveReply() }
    }

    @Test func framesWaitForBuffersUpToABound() throws {
        let guest = try ScriptedFrontend()
        try guest.handshake()
        for index in 0..<1024 {
            #expect(try guest.backend.deliver(frame + [UInt8(truncatingIfNeeded: index)]) == .queued)
        }
        #expect(try guest.backend.deliver(frame) == .dropped)
        guest.provide(256)
        #expect(try guest.ask(35, ScriptedFrontend.state(0, 0)) == ScriptedFrontend.u64(0))
        #expect(guest.receive.usedIndex == 256)
        #expect(guest.received(255).last == 255)
        #expect(guest.backend.takeInterruptsWanted() == [0])
        #expect(guest.backend.takeInterruptsWanted().isEmpty)
        // Order is kept: what comes now goes behind what waits.
        #expect(try guest.backend.deliver(frame) == .queued)
    }

    @Test func aFrameThatDoesNotFitIsLost() throws {
        let guest = try ScriptedFrontend()
        try guest.handshake()
        guest.provide(1, length: 20)
        _ = try guest.backend.deliver(frame)
        #expect(guest.backend.counters.dropped == 1)
        #expect(guest.receive.usedEntry(0).length == 0)
    }

    @Test func theConsoleIsAStream() throws {
        let guest = try ScriptedFrontend(.console())
        try guest.handshake()
        guest.provide(3, length: 40)
        let text = [UInt8](0..<200)
        _ = try guest.backend.deliver(text)
        #expect(guest.receive.usedIndex == 3)
        #expect(guest.received(0) + guest.received(1) + guest.received(2) == Array(text[..<120]))
        guest.provide(2, length: 40)
        try guest.ask(35, ScriptedFrontend.state(0, 0))
        #expect(guest.received(3) + guest.received(4) == Array(text[120...]))
    }

    @Test func theConfiguration() throws {
        let guest = try ScriptedFrontend(.network(mac: [2, 1, 2, 3, 4, 5], mtu: 9000, offloads: false))
        let request = ScriptedFrontend.state(0, 12) + [0, 0, 0, 0] + [UInt8](repeating: 0, count: 12)
        let answer = try #require(try guest.ask(24, request, needReply: false))
        #expect(Array(answer[12...]) == [2, 1, 2, 3, 4, 5, 1, 0, 1, 0, 0x28, 0x23])
    }

    @Test func everySplitOfTheHandshake() throws {
        let bytes =
            vhostUserFrame(request: 3, flags: 9, payload: [])
            + vhostUserFrame(request: 1, flags: 1, payload: [])
            + vhostUserFrame(request: 15, flags: 1, payload: [])
        for split in 0...bytes.count {
            let guest = try ScriptedFrontend()
            try guest.send(bytes: Array(bytes[..<split]))
            if split > 0 { _ = try guest.backend.receive() }
            try guest.send(bytes: Array(bytes[split...]))
            if split < bytes.count { _ = try guest.backend.receive() }
            let answer = try #require(try guest.read())
            // Three answers of 12 + 8 bytes, the first header cut off by `read`.
            #expect(answer.count == 48, "split at \(split)")
        }
    }

    /// What a guest can do wrong, and a word of what is said.
    enum Wrong: CaseIterable {
        case unknownRequest, badVersion, longPayload, features, protocolFeatures, kickBeforeSetUp,
            noSuchQueue, tableWithoutFile
        case tableTooMany, tableBeyondFile, callDescriptor, shortState, enableWithoutAddresses, configTooLong,
            secondBackChannel
        case ringsOutside, hostileChain

        var word: String {
            switch self {
            case .unknownRequest: "request 99, which is not offered"
            case .badVersion: "not version 1"
            case .longPayload: "payload of 5000 bytes"
            case .features: "which are not offered"
            case .protocolFeatures: "protocol features"
            case .kickBeforeSetUp: "which is not set up"
            case .noSuchQueue: "queue 2, which this device does not have"
            case .tableWithoutFile: "without its descriptor"
            case .tableTooMany: "more than 8 memory regions"
            case .tableBeyondFile: "cannot be mapped"
            case .callDescriptor: "only in-band notifications"
            case .shortState: "payload of 4 bytes"
            case .enableWithoutAddresses: "not set up"
            case .configTooLong: "config space of 4000 bytes"
            case .secondBackChannel: "setBackendSocket"
            case .ringsOutside: "not in the shared memory"
            case .hostileChain: "queue 1: a descriptor chain that loops"
            }
        }
    }

    @Test(arguments: Wrong.allCases)
    func whatAGuestDoesWrongEndsItsDevice(wrong: Wrong) throws {
        let guest = try ScriptedFrontend()
        let state = ScriptedFrontend.state
        let before = openDescriptors()
        let file = guest.ram.file.number
        do {
            switch wrong {
            case .unknownRequest: try guest.ask(99)
            case .badVersion: try guest.send(bytes: vhostUserFrame(request: 1, flags: 2, payload: []))
            case .longPayload:
                try guest.send(bytes: state(1, 1) + state(5000, 0))
            case .features: try guest.ask(2, ScriptedFrontend.u64(1 << 60))
            case .protocolFeatures: try guest.ask(16, ScriptedFrontend.u64(1))
            case .kickBeforeSetUp: try guest.ask(35, state(1, 0))
            case .noSuchQueue: try guest.ask(8, state(2, 256))
            case .tableWithoutFile: try guest.ask(5, ScriptedFrontend.memoryTable())
            case .tableTooMany:
                try guest.ask(5, state(9, 0) + [UInt8](repeating: 0, count: 9 * 32), descriptors: [file])
            case .tableBeyondFile:
                try guest.ask(5, ScriptedFrontend.memoryTable(size: 1 << 30), descriptors: [file])
            case .callDescriptor: try guest.ask(13, ScriptedFrontend.u64(0), descriptors: [file])
            case .shortState: try guest.ask(8, [0, 0, 0, 0])
            case .enableWithoutAddresses: try guest.ask(18, state(0, 1))
            case .configTooLong: try guest.ask(24, state(0, 4000) + [0, 0, 0, 0])
            case .secondBackChannel:
                try guest.handshake()
                try guest.ask(21, descriptors: [file])
            case .ringsOutside:
                try guest.ask(5, ScriptedFrontend.memoryTable(), descriptors: [file])
                try guest.ask(8, state(0, 256))
                try guest.ask(9, state(0, 0) + [UInt8](repeating: 0, count: 32))
                try guest.ask(18, state(0, 1))
            case .hostileChain:
                try guest.handshake()
                guest.transmit.describe(
                    0, address: GuestRAM.guestBase, length: 0, flags: DriverRing.next, next: 0)
                guest.transmit.offer(0)
                try guest.ask(35, state(1, 0))
            }
            _ = try guest.backend.receive()
            Issue.record("accepted")
        } catch let error as BackendError {
            #expect(error.description.hasPrefix("eth0 of test: "))
            #expect(error.description.contains(wrong.word), "\(error)")
        }
        // A file that came and was not wanted is closed; those of a handshake live as long as the device.
        if ![.secondBackChannel, .hostileChain].contains(wrong) { #expect(openDescriptors() <= before) }
    }

    /// Descriptors of this test's own memory file: others come and go with tests that run at the same time.
    private func openDescriptors() -> Int {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        return entries.count { entry in
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(entry)"))?.contains(
                "/almanac-ram-") == true
        }
    }

    @Test func aGuestThatLeaves() throws {
        let guest = try ScriptedFrontend()
        try guest.handshake()
        guest.close()
        guard case .closed = try guest.backend.receive() else {
            Issue.record("it is gone")
            return
        }
    }

    /// Whatever a guest writes to its rings and its socket: at most its own device ends, with a reason in one line that names
    /// it; another guest's device moves a frame as before, and no descriptor is lost.
    @Test(arguments: 0..<300)
    func garbageEndsItsOwnDeviceAtMost(seed: UInt64) throws {
        let honest = try ScriptedFrontend()
        try honest.handshake()
        let before = openDescriptors()
        do {
            try sendGarbage(to: ScriptedFrontend(), seed: seed)
        } catch let error as BackendError {
            #expect(error.description.hasPrefix("eth0 of test: "))
            #expect(error.description.utf8.count < 300 && !error.description.contains("\n"))
        }
        #expect(openDescriptors() <= before)
        try honest.transmit(frame)
        #expect(try honest.ask(35, ScriptedFrontend.state(1, 0)) == ScriptedFrontend.u64(0))
        #expect(honest.backend.takeOutbox() == [Frame(frame)])
    }

    private func sendGarbage(to guest: ScriptedFrontend, seed: UInt64) throws {
        var random = SplitMix64(seed: seed, name: "garbage")
        func below(_ bound: UInt64) -> UInt64 { random.next() % bound }
        if seed % 2 == 0 { try guest.handshake() }
        for _ in 0..<40 {
            // The rings and everything in them may hold anything at any time.
            for _ in 0..<20 {
                guest.ram.store(UInt16(below(65536)), at: GuestRAM.guestBase + 0x1000 + below(0x10000 - 2))
            }
            let length = Int(below(4) == 0 ? below(300) : [0, 4, 8, 12, 40][Int(below(5))])
            let payload = (0..<length).map { _ in UInt8(below(below(2) == 0 ? 3 : 256)) }
            let request = UInt32(
                [1, 2, 3, 5, 8, 9, 10, 11, 12, 13, 15, 16, 18, 21, 24, 25, 35, 35, 35, 99][Int(below(20))])
            try guest.send(
                bytes: vhostUserFrame(
                    request: request, flags: below(8) == 0 ? UInt32(below(16)) : 9, payload: payload),
                descriptors: below(4) == 0 ? [guest.ram.file.number] : [])
            _ = try guest.backend.receive()
            _ = try guest.backend.deliver(frame)
            _ = try guest.read()
        }
    }
}
