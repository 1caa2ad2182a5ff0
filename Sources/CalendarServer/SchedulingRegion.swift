internal import Posix
internal import SystemPackage
internal import TimeTravelProtocol

/// A region of shared scheduling memory: a header, and slots for the calendar and for clients.
final class SchedulingRegion {
    private typealias Layout = SchedulingMemoryLayout

    /// Slots of a region for all clients: 4 MiB in all. Pages of slots that are never used take no memory.
    static let mostSlots = (4 << 20 - Layout.headerSize) / Layout.slotSize

    let mapping: Mapping
    private var memory: SealedMemory?

    /// - Parameter slots: the calendar's own included; at most 65,535.
    init(slots: Int) throws(Errno) {
        let length = Layout.slot(slots)
        let memory = try SealedMemory(name: "almanac-scheduling", length: length)
        mapping = try Mapping(memory)
        mapping.storeRelease(Layout.version, at: Layout.versionOffset)
        mapping.storeRelease(UInt32(length), at: Layout.lengthOffset)
        mapping.storeRelease(UInt16(slots), at: Layout.maximumClientsOffset)
        mapping.storeRelease(Layout.sharesTime, at: Layout.slot(0) + Layout.capabilitiesOffset)
        self.memory = consume memory
    }

    /// The time that clients read.
    func setTime(_ time: UInt64) { mapping.storeRelease(time, at: Layout.currentTimeOffset) }

    /// Calls `body` with the descriptor for a client.
    ///
    /// - Parameter isLast: no other client gets it, so it is closed.
    func handOver(isLast: Bool, _ body: (borrowing Descriptor) -> Void) {
        guard let memory = memory.take() else { return }
        body(memory.descriptor)
        if !isLast { self.memory = consume memory }
    }
}

/// Numbers of slots. A slot is used again as late as possible: the process of the client that left may still store into it.
struct SlotPool: Sendable {
    private let last: UInt16
    private var next: UInt16 = 1
    private var freed: ContiguousArray<UInt16> = []

    /// - Parameter slots: the calendar's own, 0, included.
    init(slots: Int) { last = UInt16(slots - 1) }

    /// Nil when all are in use. O(freed slots).
    mutating func take() -> UInt16? {
        guard next > last else {
            next += 1
            return next - 1
        }
        return freed.isEmpty ? nil : freed.removeFirst()
    }

    mutating func free(_ slot: UInt16) { freed.append(slot) }
}

/// The file for clients' logs, which the protocol hands over with the memory. Nothing reads them.
final class MemoryLog {
    let descriptor: Descriptor

    init() throws(Errno) { descriptor = try Posix.open("/dev/null", .writeOnly) }
}
