internal import Posix
internal import SystemPackage
internal import TimeTravelProtocol

/// One client's region of shared scheduling memory, seen from the calendar. All times in it are the client's own.
///
/// Each client has a region of its own, in which it is client 1 and the calendar is client 0: a hostile client harms only
/// itself, and clients may run at the same time. Slot 0 shares time as well, so that a request from a device's interrupt,
/// while the client waits, is a store too. Nothing in the region is trusted: every value that is read passes the same
/// checks as the same value in a message.
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
        // The client runs from START's answer on.
        mapping.storeRelease(Self.clientSlot, at: Layout.runningOffset)
        self.memory = consume memory
    }

    private var slot: Int { Layout.slot(Int(Self.clientSlot)) }

    /// Calls `body` with the descriptor for the client, and closes it.
    func handOver(_ body: (borrowing Descriptor) -> Void) {
        guard let memory = memory.take() else { return }
        body(memory.descriptor)
    }

    /// Reads, once, whether the client uses the region: it says so there before it sends its next message.
    func notice() {
        isUsed =
            mapping.loadAcquire(UInt32.self, at: slot + Layout.capabilitiesOffset) & Layout.sharesTime != 0
    }

    /// The client's turn begins.
    func beginTurn(at time: UInt64, freeUntil: UInt64) {
        mapping.storeRelease(time, at: Layout.currentTimeOffset)
        mapping.storeRelease(freeUntil, at: Layout.freeUntilOffset)
        mapping.storeRelease(Self.clientSlot, at: Layout.runningOffset)
    }

    /// The client's turn is over.
    func endTurn() { mapping.storeRelease(UInt16(0), at: Layout.runningOffset) }

    /// The client may run on its own no further than to `time`.
    func lowerGrant(to time: UInt64) { mapping.storeRelease(time, at: Layout.freeUntilOffset) }

    /// The time that the client reads.
    func setTime(_ time: UInt64) { mapping.storeRelease(time, at: Layout.currentTimeOffset) }

    /// The time that was stored last, by the client or for it.
    var time: UInt64 { mapping.loadAcquire(UInt64.self, at: Layout.currentTimeOffset) }

    /// When the client wants its turn; nil for never.
    var request: UInt64? {
        let flags = mapping.loadAcquire(UInt32.self, at: slot + Layout.flagsOffset)
        guard flags & Layout.requestFlag != 0 else { return nil }
        return mapping.loadAcquire(UInt64.self, at: slot + Layout.requestOffset)
    }
}

/// The file for clients' logs, which the protocol hands over with the memory. Nothing reads them.
final class MemoryLog {
    let descriptor: Descriptor

    init() throws(Errno) { descriptor = try Posix.open("/dev/null", .writeOnly) }
}
