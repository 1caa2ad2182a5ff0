import Foundation
import Posix
import SystemPackage

@testable import Virtio

/// A guest's memory in a file, as the guest sees it, with rings built by hand.
final class GuestRAM {
    static let guestBase: UInt64 = 0x6000_0000
    static let size = 1 << 20
    let path: String
    let file: Descriptor
    private let mapping: Mapping

    init() throws {
        path = NSTemporaryDirectory() + "almanac-ram-\(UInt32.random(in: 0 ... .max))"
        file = try Posix.open(path, [.readWrite, .create])
        let length = GuestRAM.size
        guard unsafe truncate(path, off_t(length)) == 0 else { throw Errno(rawValue: errno) }
        mapping = try Mapping(file, offset: 0, length: length)
    }

    deinit { _ = unsafe unlink(path) }

    /// The same memory as a device maps it.
    func asSeenByADevice() throws -> GuestMemory {
        var memory = GuestMemory()
        try memory.add(
            .init(
                guestAddress: Self.guestBase, size: UInt64(Self.size), userAddress: Self.guestBase,
                mapOffset: 0),
            file: file)
        return memory
    }

    func store<Value: BitwiseCopyable>(_ value: Value, at address: UInt64) {
        unsafe mapping.bytes.storeBytes(
            of: value, toByteOffset: Int(address - Self.guestBase), as: Value.self)
    }

    func load<Value: BitwiseCopyable>(_ type: Value.Type, at address: UInt64) -> Value {
        unsafe mapping.bytes.loadUnaligned(fromByteOffset: Int(address - Self.guestBase), as: type)
    }

    func bytes(at address: UInt64, count: Int) -> [UInt8] {
        (0..<UInt64(count)).map { load(UInt8.self, at: address + $0) }
    }

    func store(bytes: [UInt8], at address: UInt64) {
        for (index, byte) in bytes.enumerated() { store(byte, at: address + UInt64(index)) }
    }
}

/// The driver's side of a split virtqueue.
final class DriverRing {
    static let next: UInt16 = 1
    static let write: UInt16 = 2
    static let indirect: UInt16 = 4

    let ram: GuestRAM
    let size: UInt16
    let descriptors: UInt64
    let available: UInt64
    let used: UInt64
    private(set) var availableIndex: UInt16 = 0

    init(_ ram: GuestRAM, at base: UInt64, size: UInt16 = 256) {
        self.ram = ram
        self.size = size
        descriptors = base
        available = base + 16 * UInt64(size)
        used = (available + 6 + 2 * UInt64(size) + 4095) & ~4095
    }

    func describe(
        _ index: UInt16, address: UInt64, length: UInt32, flags: UInt16 = 0, next: UInt16 = 0,
        table: UInt64? = nil
    ) {
        let place = (table ?? descriptors) + 16 * UInt64(index)
        ram.store(address, at: place)
        ram.store(length, at: place + 8)
        ram.store(flags, at: place + 12)
        ram.store(next, at: place + 14)
    }

    func offer(_ head: UInt16) {
        ram.store(head, at: available + 4 + 2 * UInt64(availableIndex & (size - 1)))
        availableIndex &+= 1
        ram.store(availableIndex, at: available + 2)
    }

    func jump(to index: UInt16) {
        availableIndex = index
        ram.store(index, at: available + 2)
    }

    var usedIndex: UInt16 { ram.load(UInt16.self, at: used + 2) }
    var availableEvent: UInt16 { ram.load(UInt16.self, at: used + 4 + 8 * UInt64(size)) }
    var deviceFlags: UInt16 { ram.load(UInt16.self, at: used) }

    func setUsedEvent(_ index: UInt16) { ram.store(index, at: available + 4 + 2 * UInt64(size)) }
    /// The available index after whose passing the device wants a kick.
    var kickEvent: UInt16 { ram.load(UInt16.self, at: used + 4 + 8 * UInt64(size)) }
    func setFlags(_ flags: UInt16) { ram.store(flags, at: available) }

    func usedEntry(_ index: UInt16) -> (head: UInt32, length: UInt32) {
        let place = used + 4 + 8 * UInt64(index & (size - 1))
        return (ram.load(UInt32.self, at: place), ram.load(UInt32.self, at: place + 4))
    }

    func queue(_ memory: borrowing GuestMemory, eventIndex: Bool = true, indirect: Bool = true) throws
        -> Virtqueue
    {
        try Virtqueue(
            size: UInt32(size), descriptors: descriptors, available: available, used: used, base: 0,
            eventIndex: eventIndex, indirect: indirect, memory: memory)
    }
}
