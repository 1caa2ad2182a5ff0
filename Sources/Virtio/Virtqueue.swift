internal import CAlmanac

/// What a driver did wrong with a virtqueue.
enum VirtqueueError: Error, Hashable, Sendable, CustomStringConvertible {
    case memory(GuestMemoryError)
    case badSize(UInt32)
    case misaligned(String, UInt64)
    case availableJumped(by: UInt16, size: UInt16)
    case headOutOfRange(UInt16, size: UInt16)
    case nextOutOfRange(UInt16, count: Int)
    case chainLoops
    case nestedIndirect
    case indirectNotNegotiated
    case indirectLength(UInt32)
    case indirectWithNext
    case readableAfterWritable
    case chainTooLong(bytes: UInt64, limit: Int)

    var description: String {
        switch self {
        case .memory(let error): "\(error)"
        case .badSize(let size):
            "a queue of \(size) entries: a power of two up to \(Virtqueue.sizeLimit) is allowed"
        case .misaligned(let part, let address): "the \(part) at \(hex(address)) is not aligned"
        case .availableJumped(let by, let size):
            "the available index jumped by \(by) in a queue of \(size)"
        case .headOutOfRange(let head, let size): "available descriptor \(head) in a queue of \(size)"
        case .nextOutOfRange(let next, let count): "next descriptor \(next) in a table of \(count)"
        case .chainLoops: "a descriptor chain that loops"
        case .nestedIndirect: "an indirect table inside an indirect table"
        case .indirectNotNegotiated: "an indirect table, which was not negotiated"
        case .indirectLength(let length): "an indirect table of \(length) bytes"
        case .indirectWithNext: "a descriptor that is indirect and has a next one"
        case .readableAfterWritable: "a readable descriptor after a writable one"
        case .chainTooLong(let bytes, let limit):
            "a descriptor chain of \(bytes) bytes, more than \(limit)"
        }
    }
}

/// A descriptor chain taken from the available ring, checked.
struct DescriptorChain: Sendable {
    /// Index of its first descriptor: what the used ring gives back.
    let head: UInt16
    /// What the device may read, in order.
    fileprivate(set) var readable: [GuestMemory.Readable] = []
    /// What the device may write, in order.
    fileprivate(set) var writable: [GuestMemory.Place] = []

    var readableBytes: Int { readable.reduce(0) { $0 + $1.length } }
    var writableBytes: Int { writable.reduce(0) { $0 + $1.length } }
}

/// A split virtqueue as the device sees it (virtio 1.2, section 2.7). Indices wrap at 16 bits.
struct Virtqueue: Sendable {
    /// Largest queue that is accepted.
    static let sizeLimit: UInt32 = 1024
    /// Most bytes, readable or writable, of one chain.
    static let chainLimit = 1 << 20

    private enum Flags {
        static let next: UInt16 = 1
        static let write: UInt16 = 2
        static let indirect: UInt16 = 4
        static let noInterrupt: UInt16 = 1
        static let noNotify: UInt16 = 1
    }

    let size: UInt16
    private let descriptors: GuestMemory.Place
    private let available: GuestMemory.Place
    private let used: GuestMemory.Place
    private let eventIndex: Bool
    private let indirect: Bool
    /// Next entry of the available ring to take.
    private(set) var nextAvailable: UInt16
    /// Next entry of the used ring to fill.
    private var nextUsed: UInt16
    /// The used index when the driver was last considered for an interrupt.
    private var signalledUsed: UInt16

    /// - Parameters: addresses are user addresses of the rings (SET_VRING_ADDR).
    init(
        size: UInt32, descriptors: UInt64, available: UInt64, used: UInt64, base: UInt16,
        eventIndex: Bool,
        indirect: Bool, memory: borrowing GuestMemory
    ) throws(VirtqueueError) {
        guard size > 0, size <= Self.sizeLimit, size & (size - 1) == 0 else { throw .badSize(size) }
        guard descriptors % 16 == 0 else { throw .misaligned("descriptor table", descriptors) }
        guard available % 2 == 0 else { throw .misaligned("available ring", available) }
        guard used % 4 == 0 else { throw .misaligned("used ring", used) }
        self.size = UInt16(size)
        self.eventIndex = eventIndex
        self.indirect = indirect
        do throws(GuestMemoryError) {
            self.descriptors = try memory.place(user: descriptors, length: Int(size) * 16)
            self.available = try memory.place(user: available, length: 6 + Int(size) * 2)
            self.used = try memory.place(user: used, length: 6 + Int(size) * 8)
        } catch {
            throw .memory(error)
        }
        // Indices are loaded and stored as a whole, which needs alignment here, not only where the driver sees them.
        guard memory.isAligned(self.descriptors, to: 2) else {
            throw .misaligned("descriptor table", descriptors)
        }
        guard memory.isAligned(self.available, to: 2) else {
            throw .misaligned("available ring", available)
        }
        guard memory.isAligned(self.used, to: 4) else { throw .misaligned("used ring", used) }
        nextAvailable = base
        nextUsed = memory.loadAcquire(self.used, at: 2)
        signalledUsed = nextUsed
    }

    // MARK: Available

    /// Chains that wait, without taking them.
    func availableCount(_ memory: borrowing GuestMemory) throws(VirtqueueError) -> UInt16 {
        let count = memory.loadAcquire(available, at: 2) &- nextAvailable
        guard count <= size else { throw .availableJumped(by: count, size: size) }
        return count
    }

    /// Takes the next chain, nil when none waits.
    mutating func pop(_ memory: borrowing GuestMemory) throws(VirtqueueError) -> DescriptorChain? {
        guard try availableCount(memory) > 0 else { return nil }
        let head = memory.load(UInt16.self, available, at: 4 + 2 * Int(nextAvailable & (size - 1)))
        guard head < size else { throw .headOutOfRange(head, size: size) }
        let chain = try chain(from: head, memory)
        nextAvailable &+= 1
        return chain
    }

    private struct Descriptor {
        var address: UInt64
        var length: UInt32
        var flags: UInt16
        var next: UInt16

        init(_ memory: borrowing GuestMemory, _ table: GuestMemory.Place, _ index: Int) {
            // One copy: what is checked is what is used.
            let raw = memory.load(SIMD2<UInt64>.self, table, at: index * 16)
            address = raw[0]
            length = UInt32(truncatingIfNeeded: raw[1])
            flags = UInt16(truncatingIfNeeded: raw[1] >> 32)
            next = UInt16(truncatingIfNeeded: raw[1] >> 48)
        }
    }

    private func chain(from head: UInt16, _ memory: borrowing GuestMemory) throws(VirtqueueError)
        -> DescriptorChain
    {
        var chain = DescriptorChain(head: head)
        var table = descriptors
        var count = Int(size)
        var isIndirect = false
        var index = Int(head)
        var steps = 0
        var bytes: UInt64 = 0
        while true {
            guard steps < count else { throw .chainLoops }
            steps += 1
            let descriptor = Descriptor(memory, table, index)
            if descriptor.flags & Flags.indirect != 0 {
                guard indirect else { throw .indirectNotNegotiated }
                guard !isIndirect else { throw .nestedIndirect }
                guard descriptor.flags & Flags.next == 0 else { throw .indirectWithNext }
                let entries = descriptor.length / 16
                guard descriptor.length % 16 == 0, entries > 0, entries <= Self.sizeLimit else {
                    throw .indirectLength(descriptor.length)
                }
                table = try place(descriptor, memory)
                (count, index, steps, isIndirect) = (Int(entries), 0, 0, true)
                continue
            }
            bytes += UInt64(descriptor.length)
            guard bytes <= UInt64(Self.chainLimit) else {
                throw .chainTooLong(bytes: bytes, limit: Self.chainLimit)
            }
            if descriptor.flags & Flags.write != 0 {
                chain.writable.append(try place(descriptor, memory))
            } else {
                guard chain.writable.isEmpty else { throw .readableAfterWritable }
                chain.readable.append(try readable(descriptor, memory))
            }
            guard descriptor.flags & Flags.next != 0 else { return chain }
            guard Int(descriptor.next) < count else {
                throw .nextOutOfRange(descriptor.next, count: count)
            }
            index = Int(descriptor.next)
        }
    }

    private func place(_ descriptor: Descriptor, _ memory: borrowing GuestMemory)
        throws(VirtqueueError)
        -> GuestMemory.Place
    {
        do throws(GuestMemoryError) {
            return try memory.place(guest: descriptor.address, length: Int(descriptor.length))
        } catch {
            throw .memory(error)
        }
    }

    private func readable(_ descriptor: Descriptor, _ memory: borrowing GuestMemory)
        throws(VirtqueueError) -> GuestMemory.Readable
    {
        do throws(GuestMemoryError) {
            return try memory.readable(guest: descriptor.address, length: Int(descriptor.length))
        } catch {
            throw .memory(error)
        }
    }

    // MARK: Used

    /// Gives a chain back with `written` bytes in its writable part.
    mutating func push(_ chain: DescriptorChain, written: Int, _ memory: borrowing GuestMemory) {
        let entry = 4 + 8 * Int(nextUsed & (size - 1))
        memory.store(UInt32(chain.head), used, at: entry)
        memory.store(UInt32(written), used, at: entry + 4)
        nextUsed &+= 1
        memory.storeRelease(nextUsed, used, at: 2)
    }

    /// Whether the driver wants an interrupt for what was given back since the last call (2.7.7, 2.7.10).
    mutating func needsInterrupt(_ memory: borrowing GuestMemory) -> Bool {
        calmanac_full_barrier()
        let old = signalledUsed
        signalledUsed = nextUsed
        guard nextUsed != old else { return false }
        if eventIndex {
            let event = memory.loadAcquire(available, at: 4 + 2 * Int(size))
            return nextUsed &- event &- 1 < nextUsed &- old
        }
        return memory.load(UInt16.self, available, at: 0) & Flags.noInterrupt == 0
    }

    /// Asks for a kick when the driver makes the next chain available, or for none.
    func askForKicks(_ wanted: Bool, _ memory: borrowing GuestMemory) {
        if eventIndex {
            // The driver compares with what it makes available from now on, not with what waits already. Half the number
            // range away is as far from being reached as an index can be.
            let event = wanted ? memory.loadAcquire(available, at: 2) : nextAvailable &- 1
            memory.storeRelease(event, used, at: 4 + 8 * Int(size))
        } else {
            memory.storeRelease(wanted ? 0 : Flags.noNotify, used, at: 0)
        }
        calmanac_full_barrier()
    }
}
