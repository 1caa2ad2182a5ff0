import Foundation
import Posix
import Testing

@testable import Virtio

struct VirtqueueTests {
    private let data = GuestRAM.guestBase + 0x40000

    private func fixture(size: UInt16 = 8, indirect: Bool = true, eventIndex: Bool = true) throws -> (
        GuestRAM, DriverRing
    ) {
        let ram = try GuestRAM()
        return (ram, DriverRing(ram, at: GuestRAM.guestBase + 0x1000, size: size))
    }

    @Test func aChainOfThree() throws {
        let (ram, ring) = try fixture()
        let memory = try ram.asSeenByADevice()
        var queue = try ring.queue(memory)
        let nothing = try queue.pop(memory)
        #expect(nothing == nil)
        ram.store(bytes: Array("hello world".utf8), at: data)
        ring.describe(3, address: data, length: 5, flags: DriverRing.next, next: 1)
        ring.describe(1, address: data + 5, length: 6, flags: DriverRing.next, next: 0)
        ring.describe(0, address: data + 64, length: 100, flags: DriverRing.write)
        ring.offer(3)
        let popped = try queue.pop(memory)
        let chain = try #require(popped)
        #expect(chain.head == 3 && chain.readableBytes == 11 && chain.writableBytes == 100)
        var bytes: [UInt8] = []
        for part in chain.readable { memory.read(part, into: &bytes) }
        #expect(String(decoding: bytes, as: UTF8.self) == "hello world")
        memory.write([1, 2, 3], to: chain.writable[0])
        queue.push(chain, written: 3, memory)
        #expect(ram.bytes(at: data + 64, count: 4) == [1, 2, 3, 0])
        #expect(ring.usedIndex == 1 && ring.usedEntry(0) == (3, 3))
    }

    @Test func anIndirectTable() throws {
        let (ram, ring) = try fixture()
        let memory = try ram.asSeenByADevice()
        var queue = try ring.queue(memory)
        let table = data + 0x1000
        ring.describe(0, address: data, length: 10, flags: DriverRing.next, next: 2, table: table)
        ring.describe(2, address: data + 10, length: 20, flags: DriverRing.write, table: table)
        ring.describe(5, address: table, length: 48, flags: DriverRing.indirect)
        ring.offer(5)
        let popped = try queue.pop(memory)
        let chain = try #require(popped)
        #expect(chain.head == 5 && chain.readableBytes == 10 && chain.writableBytes == 20)
    }

    @Test func indicesWrapRound() throws {
        let (ram, ring) = try fixture()
        let memory = try ram.asSeenByADevice()
        var queue = try ring.queue(memory)
        ring.describe(0, address: data, length: 4)
        for round in 0..<70_000 {
            ring.offer(0)
            guard let chain = try queue.pop(memory) else {
                Issue.record("nothing in round \(round)")
                return
            }
            queue.push(chain, written: 0, memory)
            ring.setUsedEvent(UInt16(truncatingIfNeeded: round))
            let wanted = queue.needsInterrupt(memory)
            #expect(wanted)
        }
        #expect(ring.usedIndex == UInt16(truncatingIfNeeded: 70_000))
    }

    /// `event` of the driver, relative to the used index before two entries were given back.
    @Test(arguments: [(-1, false), (0, true), (1, true), (2, false), (100, false)])
    func theEventIndex(event: Int, wanted: Bool) throws {
        let (ram, ring) = try fixture()
        let memory = try ram.asSeenByADevice()
        var queue = try ring.queue(memory)
        ring.describe(0, address: data, length: 4)
        ring.setUsedEvent(UInt16(truncatingIfNeeded: event))
        for _ in 0..<2 {
            ring.offer(0)
            guard let chain = try queue.pop(memory) else { continue }
            queue.push(chain, written: 0, memory)
        }
        let (first, second) = (queue.needsInterrupt(memory), queue.needsInterrupt(memory))
        #expect(first == wanted)
        #expect(!second, "nothing new was given back")
    }

    @Test(arguments: [false, true])
    func theNoInterruptFlag(suppressed: Bool) throws {
        let (ram, ring) = try fixture()
        let memory = try ram.asSeenByADevice()
        var queue = try ring.queue(memory, eventIndex: false)
        ring.setFlags(suppressed ? 1 : 0)
        ring.describe(0, address: data, length: 4)
        ring.offer(0)
        guard let chain = try queue.pop(memory) else {
            Issue.record("nothing")
            return
        }
        queue.push(chain, written: 0, memory)
        let wanted = queue.needsInterrupt(memory)
        #expect(wanted == !suppressed)
        queue.askForKicks(false, memory)
        #expect(ring.deviceFlags == 1)
        queue.askForKicks(true, memory)
        #expect(ring.deviceFlags == 0)
    }

    @Test func kicksAreAskedForByIndex() throws {
        let (ram, ring) = try fixture()
        let memory = try ram.asSeenByADevice()
        var queue = try ring.queue(memory)
        ring.describe(0, address: data, length: 4)
        ring.offer(0)
        _ = try queue.pop(memory)
        queue.askForKicks(true, memory)
        #expect(ring.availableEvent == 1)
        queue.askForKicks(false, memory)
        #expect(ring.availableEvent == 0, "as far away as an index can be")
    }

    /// What hostile rings are refused for.
    enum Hostile: CaseIterable {
        case outside, overflow, hiddenImage, loop, nextTooLarge, headTooLarge, jump, nested, oddTable,
            emptyTable, longTable
        case tableOutside, indirectWithNext, indirectUnwanted, readableLast, huge
    }

    @Test(arguments: Hostile.allCases)
    func hostileRings(kind: Hostile) throws {
        let (ram, ring) = try fixture()
        let memory = try ram.asSeenByADevice()
        var queue = try ring.queue(memory, indirect: kind != .indirectUnwanted)
        let table = data + 0x1000
        switch kind {
        case .outside: ring.describe(0, address: GuestRAM.guestBase + UInt64(GuestRAM.size) - 2, length: 4)
        case .overflow: ring.describe(0, address: .max - 1, length: 4)
        case .hiddenImage: ring.describe(0, address: GuestRAM.guestBase - 4096, length: 64)
        case .loop:
            ring.describe(0, address: data, length: 0, flags: DriverRing.next, next: 1)
            ring.describe(1, address: data, length: 0, flags: DriverRing.next, next: 0)
        case .nextTooLarge: ring.describe(0, address: data, length: 4, flags: DriverRing.next, next: 8)
        case .headTooLarge: break
        case .jump: ring.jump(to: 9)
        case .nested:
            ring.describe(0, address: table, length: 16, flags: DriverRing.indirect)
            ring.describe(0, address: table, length: 16, flags: DriverRing.indirect, table: table)
        case .oddTable: ring.describe(0, address: table, length: 17, flags: DriverRing.indirect)
        case .emptyTable: ring.describe(0, address: table, length: 0, flags: DriverRing.indirect)
        case .longTable: ring.describe(0, address: table, length: 16 * 1025, flags: DriverRing.indirect)
        case .tableOutside: ring.describe(0, address: 16, length: 16, flags: DriverRing.indirect)
        case .indirectWithNext:
            ring.describe(
                0, address: table, length: 16, flags: DriverRing.indirect | DriverRing.next, next: 1)
        case .indirectUnwanted: ring.describe(0, address: table, length: 16, flags: DriverRing.indirect)
        case .readableLast:
            ring.describe(0, address: data, length: 4, flags: DriverRing.write | DriverRing.next, next: 1)
            ring.describe(1, address: data, length: 4)
        case .huge:
            ring.describe(0, address: GuestRAM.guestBase, length: 0x8_0000, flags: DriverRing.next, next: 1)
            ring.describe(1, address: GuestRAM.guestBase, length: 0x8_0000, flags: DriverRing.next, next: 2)
            ring.describe(2, address: GuestRAM.guestBase, length: 1)
        }
        if kind != .jump { ring.offer(kind == .headTooLarge ? 8 : 0) }
        var refused = false
        do throws(VirtqueueError) { _ = try queue.pop(memory) } catch { refused = true }
        #expect(refused)
    }

    @Test(arguments: [0, 3, 2048, UInt32.max])
    func badSizes(size: UInt32) throws {
        let memory = try GuestRAM().asSeenByADevice()
        var refused: VirtqueueError?
        do throws(VirtqueueError) {
            _ = try Virtqueue(
                size: size, descriptors: GuestRAM.guestBase, available: GuestRAM.guestBase,
                used: GuestRAM.guestBase,
                base: 0, eventIndex: true, indirect: true, memory: memory)
        } catch { refused = error }
        #expect(refused == .badSize(size))
    }

    @Test(arguments: [(UInt64(8), UInt64(0), UInt64(0)), (0, 1, 0), (0, 0, 2), (1 << 40, 0, 0)])
    func badRingAddresses(descriptors: UInt64, available: UInt64, used: UInt64) throws {
        let base = GuestRAM.guestBase
        let memory = try GuestRAM().asSeenByADevice()
        var refused = false
        do throws(VirtqueueError) {
            _ = try Virtqueue(
                size: 256, descriptors: base + descriptors, available: base + available, used: base + used,
                base: 0,
                eventIndex: true, indirect: true, memory: memory)
        } catch { refused = true }
        #expect(refused)
    }

    @Test func memoryThatIsCutShortReadsAsZero() throws {
        let (ram, ring) = try fixture()
        let memory = try ram.asSeenByADevice()
        var queue = try ring.queue(memory)
        ring.describe(0, address: GuestRAM.guestBase + UInt64(GuestRAM.size) - 8, length: 8)
        ring.offer(0)
        let popped = try queue.pop(memory)
        let chain = try #require(popped)
        let cut = unsafe truncate(ram.path, 4096 * 16)
        #expect(cut == 0)
        var bytes: [UInt8] = []
        memory.read(chain.readable[0], into: &bytes)
        #expect(bytes == [UInt8](repeating: 0, count: 8))
    }

    /// What lies below the shared memory is read from the process of the guest's kernel, from its lowest mapping on; only whole, for
    /// reading, and where the process is known. Here it is this process and its program's file.
    @Test func theKernelsImageCanBeRead() throws {
        let ram = try GuestRAM()
        let region = GuestMemory.RegionDescription(
            guestAddress: GuestRAM.guestBase, size: UInt64(GuestRAM.size), userAddress: GuestRAM.guestBase,
            mapOffset: 0)
        var known = GuestMemory(process: getpid())
        try known.add(region, file: ram.file)
        var bytes: [UInt8] = []
        known.read(try known.readable(guest: 0, length: 4), into: &bytes)
        #expect(bytes == [0x7f, 0x45, 0x4c, 0x46])
        var unknown = GuestMemory()
        try unknown.add(region, file: ram.file)
        #expect(throws: GuestMemoryError.outside(0, 4)) { _ = try unknown.readable(guest: 0, length: 4) }
        // Across the border, and for writing.
        let border = GuestRAM.guestBase - 4
        #expect(throws: GuestMemoryError.outside(border, 8)) {
            _ = try known.readable(guest: border, length: 8)
        }
        #expect(throws: GuestMemoryError.self) { _ = try known.place(guest: 0, length: 8) }
    }

    @Test func regionsThatNobodyCanHave() throws {
        let ram = try GuestRAM()
        for (address, size, offset) in [
            (UInt64(0), UInt64(0), UInt64(0)), (.max - 10, 4096, 0), (0, UInt64(GuestRAM.size) + 1, 0),
            (0, 4096, .max), (0, 4096, UInt64(GuestRAM.size)), (0, 1 << 41, 0),
        ] {
            var memory = GuestMemory()
            var refused = false
            do throws(GuestMemoryError) {
                try memory.add(
                    .init(guestAddress: address, size: size, userAddress: 0, mapOffset: offset),
                    file: ram.file)
            } catch { refused = true }
            #expect(refused, "\(address) \(size) \(offset)")
        }
    }
}
