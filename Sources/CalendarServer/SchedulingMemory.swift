internal import Posix
internal import SystemPackage
internal import TimeTravelProtocol

/// One client's region of shared scheduling memory, seen from the calendar. All times in it are the client's own.
///
/// Each client has a region to itself, in which it is client 1 and the calendar is client 0: so it can harm nobody but
/// itself, and may run while others run. Slot 0 can share time as well, so that what the client asks for in a device's
/// interrupt, while it waits, is a store too. Nothing in it is believed: every value that is read goes the way that the
/// same value in a message goes.
final class SchedulingMemory {
    private typealias Layout = SchedulingMemoryLayout

    /// The client's slot.
    static let clientSlot: UInt16 = 1
    private static let length = Layout.slot(2)

    private let mapping: Mapping
    private var memory: SealedMemory?
    /// The client uses it.
    private(set) var isUsed = false

    init(identity: UInt64) throws(Errno) {
        let memory = try SealedMemory(name: "almanac-scheduling", length: Self.length)
        mapping = try Mapping(memory)
        mapping.storeRelease(Layout.version, at: Layout.versionOffset)
        mapping.storeRelease(UInt32(Self.length), at: Layout.lengthOffset)
        mapping.storeRelease(UInt16(2), at: Layout.maximumClientsOffset)
        mapping.storeRelease(Layout.sharesTime, at: Layout.slot(0) + Layout.capabilitiesOffset)
        mapping.storeRelease(identity, at: slot + Layout.nameOffset)
        // It runs from START's answer on.
        mapping.storeRelease(Self.clientSlot, at: Layout.runningOffset)
        self.memory = consume memory
    }

    private var slot: Int { Layout.slot(Int(Self.clientSlot)) }

    /// Calls `body` with the descriptor for the client, and closes it.
    func handOver(_ body: (borrowing Descriptor) -> Void) {
        guard let memory = memory.take() else { return }
        body(memory.descriptor)
    }

    /// Looks, once, whether the client has said that it uses the region: it does so before it says anything else.
    func notice() {
        isUsed =
            mapping.loadAcquire(UInt32.self, at: slot + Layout.capabilitiesOffset) & Layout.sharesTime != 0
    }

    /// Its turn begins.
    func beginTurn(at time: UInt64, freeUntil: UInt64) {
        mapping.storeRelease(time, at: Layout.currentTimeOffset)
        mapping.storeRelease(freeUntil, at: Layout.freeUntilOffset)
        mapping.storeRelease(Self.clientSlot, at: Layout.runningOffset)
    }

    /// Its turn is over.
    func endTurn() { mapping.storeRelease(UInt16(0), at: Layout.runningOffset) }

    /// It may not go on by itself until then but only until now.
    func lowerGrant(to time: UInt64) { mapping.storeRelease(time, at: Layout.freeUntilOffset) }

    /// What it finds when it asks the time.
    func setTime(_ time: UInt64) { mapping.storeRelease(time, at: Layout.currentTimeOffset) }

    /// The time it has stored last, or what was stored for it.
    var time: UInt64 { mapping.loadAcquire(UInt64.self, at: Layout.currentTimeOffset) }

    /// What it asks for; nil for nothing.
    var request: UInt64? {
        let flags = mapping.loadAcquire(UInt32.self, at: slot + Layout.flagsOffset)
        guard flags & Layout.requestFlag != 0 else { return nil }
        return mapping.loadAcquire(UInt64.self, at: slot + Layout.requestOffset)
    }
}
