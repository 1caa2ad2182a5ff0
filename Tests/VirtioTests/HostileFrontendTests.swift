import Foundation
import Glibc
import Network
import Posix
import SystemPackage
import Testing

@testable import Virtio

/// Front ends that give a device work without end, or take from it what it needs.
@Suite(.serialized)
struct HostileFrontendTests {
    /// Refills a ring from another thread whenever the device has used something, until it is stopped.
    private final class Refiller: @unchecked Sendable {
        private let ring: DriverRing
        private let lock = NSLock()
        private var isStopped = false
        private var hasEnded = false

        /// The ring's descriptors 0 to 255 are whole chains.
        init(_ ring: DriverRing) {
            self.ring = ring
            for head in 0..<ring.size { ring.ram.store(head, at: ring.available + 4 + 2 * UInt64(head)) }
            refill()
            let thread = Thread { [self] in
                while !lock.withLock({ isStopped }) { refill() }
                lock.withLock { hasEnded = true }
            }
            thread.start()
        }

        private func refill() { ring.ram.store(ring.usedIndex &+ ring.size, at: ring.available + 2) }

        func stop() {
            lock.withLock { isStopped = true }
            while !lock.withLock({ hasEnded }) { usleep(100) }
        }
    }

    private let header = 12
    private let data = GuestRAM.guestBase + 0x40000

    @Test func aRingThatIsRefilledWhileItIsDrained() throws {
        let guest = try ScriptedFrontend()
        try guest.handshake()
        for head in 0..<guest.transmit.size { guest.transmit.describe(head, address: data, length: 76) }
        let refiller = Refiller(guest.transmit)
        var frames = 0
        func count() {
            let taken = guest.backend.takeOutbox().count
            #expect(taken <= Backend.QueueWork.Budget.chainLimit)
            frames += taken
        }
        func kick() throws {
            try guest.send(
                bytes: vhostUserFrame(request: 35, flags: 9, payload: ScriptedFrontend.state(1, 0)))
            _ = try guest.backend.receive()
            count()
        }
        try kick()
        #expect(try guest.read() == ScriptedFrontend.u64(0), "the kick is answered")
        for _ in 0..<20 where guest.backend.hasUnfinishedWork {
            try guest.backend.resume()
            count()
        }
        let hadFinished = !guest.backend.hasUnfinishedWork
        refiller.stop()
        // A ring that is refilled when the device has drained it needs a kick, as from any driver.
        if hadFinished { try kick() }
        // What is left is not lost, although no kick comes for it.
        while guest.backend.hasUnfinishedWork {
            try guest.backend.resume()
            count()
        }
        #expect(frames >= 256 && frames % 1 << 16 == Int(guest.transmit.usedIndex))
        #expect(guest.transmit.usedIndex == guest.ram.load(UInt16.self, at: guest.transmit.available + 2))
    }

    @Test func receiveBuffersWithoutRoomThatAreRefilled() throws {
        for profile in [
            DeviceProfile.console(), .network(mac: [2, 0, 0, 0, 0, 9], mtu: 1500, offloads: true),
        ] {
            let guest = try ScriptedFrontend(profile)
            try guest.handshake()
            for head in 0..<guest.receive.size {
                guest.receive.describe(head, address: data, length: 0, flags: DriverRing.write)
            }
            let refiller = Refiller(guest.receive)
            for _ in 0..<3 { _ = try guest.backend.deliver([UInt8](repeating: 1, count: 100)) }
            refiller.stop()
            #expect(guest.receive.usedIndex <= 3 * guest.receive.size, "a ring at most for each")
        }
    }

    /// Bytes that are kept are bounded too, with or without another thread: 40 chains of 1 MiB.
    @Test func moreBytesThanALookTakes() throws {
        let guest = try ScriptedFrontend(.console())
        try guest.handshake()
        for head in 0..<40 as Range<UInt16> {
            guest.transmit.describe(head, address: GuestRAM.guestBase, length: UInt32(GuestRAM.size))
            guest.transmit.offer(head)
        }
        #expect(try guest.ask(35, ScriptedFrontend.state(1, 0)) == ScriptedFrontend.u64(0))
        #expect(guest.backend.takeOutbox().count == 32)
        #expect(guest.backend.hasUnfinishedWork)
        try guest.backend.resume()
        #expect(guest.backend.takeOutbox().count == 8)
        #expect(!guest.backend.hasUnfinishedWork)
        #expect(guest.transmit.usedIndex == 40)
    }

    private func openFiles(_ name: String) -> Int {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        return entries.count { entry in
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(entry)"))?.contains(
                name)
                == true
        }
    }

    /// A message carries 8 descriptors at most; an incomplete one keeps no more.
    @Test(arguments: [1, 3, 8])
    func descriptorsOfAMessageThatIsNeverCompleted(each: Int) throws {
        let guest = try ScriptedFrontend()
        let name = (guest.ram.path as NSString).lastPathComponent
        let before = openFiles(name)
        var refusal: BackendError?
        // Of a message of 4096 bytes.
        let start: [UInt8] = [5, 0, 0, 0, 1, 0, 0, 0, 0, 16]
        do throws(BackendError) {
            for round in 0..<3000 {
                let byte: UInt8 = round < start.count ? start[round] : 0
                try? guest.send(
                    bytes: [byte], descriptors: [CInt](repeating: guest.ram.file.number, count: each))
                _ = try guest.backend.receive()
                #expect(openFiles(name) <= before + 8)
            }
        } catch { refusal = error }
        #expect(refusal?.description == "eth0 of test: more descriptors than a message may carry")
        #expect(openFiles(name) == before)
    }

    @Test func descriptorsBelongToTheMessageTheyCameWith() throws {
        var decoder = VhostUserDecoder()
        let file = try Posix.open("/dev/null", .readOnly)
        let number = try file.duplicate().leak()
        let first = vhostUserFrame(request: 3, flags: 1, payload: [])
        let second = vhostUserFrame(request: 5, flags: 1, payload: [1, 2, 3, 4, 5, 6, 7, 8])
        // A sender that does not wait for answers: the kernel gives both in one read, which the descriptors end.
        try decoder.append((first + second.prefix(15))[...], descriptors: [number])
        let messages = [try decoder.next()?.files.count, try decoder.next()?.files.count]
        #expect(messages == [0, nil])
        try decoder.append(second.dropFirst(15), descriptors: [])
        #expect(try decoder.next()?.files.count == 1)
    }

    /// Whoever handed over the back channel holds the same open file: waiting in it would be waiting for the guest.
    @Test func aBackChannelThatIsMadeBlockingAgain() throws {
        let guest = try ScriptedFrontend()
        let pair = try UnixSocket.pair()
        #expect(try guest.ask(21, descriptors: [pair.second.number]) == ScriptedFrontend.u64(0))
        #expect(fcntl(pair.second.number, F_SETFL, 0) == 0)
        guard case .incomplete = try guest.backend.receiveReply() else {
            Issue.record("nothing was sent")
            return
        }
        var refusal: BackendError?
        do throws(BackendError) {
            for _ in 0..<1_000_000 { try guest.backend.interrupt(queue: 0) }
        } catch { refusal = error }
        #expect(refusal?.description == "eth0 of test: the guest does not read its device socket")
    }

    /// A queue goes on where it is: what has been taken is not taken again.
    @Test(arguments: ["table", "enable", "disable and enable"])
    func aQueueThatIsSetUpAgain(how: String) throws {
        let guest = try ScriptedFrontend()
        try guest.handshake()
        for head in [0, 2, 4] as [UInt16] { try guest.transmit([UInt8](0..<64), head: head) }
        let kick = { try guest.ask(35, ScriptedFrontend.state(1, 0)) }
        #expect(try kick() == ScriptedFrontend.u64(0))
        #expect(guest.backend.takeOutbox().count == 3)
        switch how {
        case "table": try guest.ask(5, ScriptedFrontend.memoryTable(), descriptors: [guest.ram.file.number])
        case "enable": try guest.ask(18, ScriptedFrontend.state(1, 1))
        default:
            try guest.ask(18, ScriptedFrontend.state(1, 0))
            try guest.ask(18, ScriptedFrontend.state(1, 1))
        }
        #expect(try kick() == ScriptedFrontend.u64(0))
        #expect(guest.backend.takeOutbox().isEmpty)
        #expect(guest.transmit.usedIndex == 3)
        try guest.transmit([UInt8](0..<64), head: 6)
        #expect(try kick() == ScriptedFrontend.u64(0))
        #expect(guest.backend.takeOutbox().count == 1)
    }

    /// Bytes that wait go into buffers a few at a time, each byte once.
    @Test func aStreamIntoFewBuffers() throws {
        let guest = try ScriptedFrontend(.console())
        try guest.handshake()
        let text = [UInt8](0..<200)
        guest.provide(1, length: 40)
        #expect(try guest.backend.deliver(text) == .delivered(interrupt: true))
        #expect(try guest.backend.deliver([7, 7]) == .queued)
        for _ in 0..<5 {
            guest.provide(1, length: 40)
            #expect(try guest.ask(35, ScriptedFrontend.state(0, 0)) == ScriptedFrontend.u64(0))
        }
        let received = (0..<6).flatMap { guest.received($0) }
        #expect(received == text + [7, 7])
    }

    @Test func memoryThatIsCutEndsTheDevice() throws {
        let guest = try ScriptedFrontend()
        try guest.handshake()
        try guest.transmit([UInt8](0..<64))
        let cut = unsafe truncate(guest.ram.path, 0x20000)
        #expect(cut == 0)
        var refusal: BackendError?
        do { try guest.ask(35, ScriptedFrontend.state(1, 0)) } catch { refusal = error as? BackendError }
        #expect(refusal?.description.contains("pages of its memory are gone") == true)
    }

    /// Aligned where the driver sees them, and not where the device does.
    @Test func ringsInARegionThatIsNotAligned() throws {
        let ram = try GuestRAM()
        var memory = GuestMemory()
        try memory.add(
            .init(
                guestAddress: GuestRAM.guestBase, size: UInt64(GuestRAM.size - 4096),
                userAddress: GuestRAM.guestBase + 1, mapOffset: 0),
            file: ram.file)
        var refused: VirtqueueError?
        let base = GuestRAM.guestBase
        do throws(VirtqueueError) {
            _ = try Virtqueue(
                size: 256, descriptors: base + 0x1000, available: base + 0x3000, used: base + 0x5000, base: 0,
                eventIndex: true, indirect: true, memory: memory)
        } catch { refused = error }
        #expect(refused == .misaligned("descriptor table", base + 0x1000))
    }
}

extension Descriptor {
    /// The number, for whoever takes it over.
    fileprivate consuming func leak() -> CInt { dup(number) }
}
