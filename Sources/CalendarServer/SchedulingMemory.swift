internal import Posix
internal import SystemPackage
internal import TimeTravelProtocol

/// Shared scheduling memory as one client uses it, seen from the calendar.
///
/// Either the client has the region to itself, in which it is client 1 and the calendar client 0: a hostile client harms
/// only itself, and clients may run at the same time. All times are the client's own then. Or the region is *common* to all
/// clients, and its times are the calendar's. Slot 0 shares time as well, so that a request from a device's interrupt, while
/// no client runs, is a store too. Nothing in the region is trusted: every value that is read passes the same checks as the
/// same value in a message.
final class SchedulingMemory {
    private typealias Layout = SchedulingMemoryLayout

    /// The slot of a client that has a region to itself.
    private static let onlySlot: UInt16 = 1

    private let region: SchedulingRegion
    private var mapping: Mapping { _read { yield region.mapping } }
    /// The client's slot.
    let number: UInt16
    /// All clients use the region.
    let isCommon: Bool
    /// The client uses it.
    private(set) var isUsed = false

    /// A region for one client.
    init(identity: UInt64) throws(Errno) {
        region = try SchedulingRegion(slots: 2)
        number = Self.onlySlot
        isCommon = false
        mapping.storeRelease(identity, at: slot + Layout.nameOffset)
    }

    /// A slot in the region for all clients.
    init(in region: SchedulingRegion, number: UInt16, identity: UInt64) {
        self.region = region
        self.number = number
        isCommon = true
        clear()
        mapping.storeRelease(identity, at: slot + Layout.nameOffset)
    }

    private var slot: Int { Layout.slot(Int(number)) }

    /// Empties the slot, for the next client.
    func clear() {
        mapping.storeRelease(0 as UInt32, at: slot + Layout.capabilitiesOffset)
        mapping.storeRelease(0 as UInt32, at: slot + Layout.flagsOffset)
        mapping.storeRelease(0 as UInt64, at: slot + Layout.requestOffset)
        mapping.storeRelease(0 as UInt64, at: slot + Layout.nameOffset)
    }

    /// Calls `body` with the descriptor for the client.
    func handOver(_ body: (borrowing Descriptor) -> Void) { region.handOver(isLast: !isCommon, body) }

    /// Reads, once, whether the client uses the region: it says so there before it sends its next message.
    func notice() {
        isUsed =
            mapping.loadAcquire(UInt32.self, at: slot + Layout.capabilitiesOffset) & Layout.sharesTime != 0
    }

    /// Whether others store their requests while this client runs, which exchanges messages only, or send them.
    func acceptStores(_ accepts: Bool = true) {
        mapping.storeRelease(accepts ? Layout.sharesTime : 0, at: slot + Layout.capabilitiesOffset)
    }

    /// The client's turn begins.
    func beginTurn(at time: UInt64, freeUntil: UInt64) {
        mapping.storeRelease(time, at: Layout.currentTimeOffset)
        mapping.storeRelease(freeUntil, at: Layout.freeUntilOffset)
        announceTurn()
    }

    /// The client's turn comes at this instant: its grant is written with it, so the client does not lower the one that is there.
    func announceTurn() { mapping.storeRelease(number, at: Layout.runningOffset) }

    /// The client's turn is over.
    func endTurn() { mapping.storeRelease(UInt16(0), at: Layout.runningOffset) }

    /// The client may run on its own no further than to `time`. Other clients may have lowered a common region's grant further.
    func lowerGrant(to time: UInt64) {
        if isCommon, mapping.loadAcquire(UInt64.self, at: Layout.freeUntilOffset) <= time { return }
        mapping.storeRelease(time, at: Layout.freeUntilOffset)
    }

    /// The time that the client reads.
    func setTime(_ time: UInt64) { region.setTime(time) }

    /// The time that was stored last, by the running client or for it.
    var time: UInt64 { mapping.loadAcquire(UInt64.self, at: Layout.currentTimeOffset) }

    /// When the client wants its turn; nil for never.
    var request: UInt64? {
        let flags = mapping.loadAcquire(UInt32.self, at: slot + Layout.flagsOffset)
        guard flags & Layout.requestFlag != 0 else { return nil }
        return mapping.loadAcquire(UInt64.self, at: slot + Layout.requestOffset)
    }

    /// Stores a request that came as a message: what stands in the slot is older.
    func setRequest(_ time: UInt64) {
        mapping.storeRelease(time, at: slot + Layout.requestOffset)
        mapping.storeRelease(Layout.requestFlag, at: slot + Layout.flagsOffset)
    }
}
