internal import Calendar
internal import Posix
internal import SystemPackage

/// The shared scheduling memory that a server offers, and the clients that use a common region.
struct MemoryOffer {
    /// A client's turn.
    struct Turn {
        let client: ClientID
        /// The calendar's instant when it began.
        let began: Instant
    }

    private let kind: CalendarServer.SharedMemory
    /// Where clients' logs go; nil if no memory is offered.
    let log: MemoryLog?
    /// The region for all clients.
    private let region: SchedulingRegion?
    private var slots: SlotPool
    /// Connections of the clients that use the common region.
    private(set) var users: ContiguousArray<Int> = []
    /// The turn that began last.
    var turn: Turn?
    /// A client uses the common region whose own time is not the calendar's.
    ///
    /// Such clients do not agree on the scale of REQUEST: kernels send their own time, other programs the calendar's. So all
    /// requests have to be stores, also while a client runs that exchanges messages only.
    private(set) var hasLateJoiners = false

    /// - Parameter slotLimit: of a common region.
    init(_ kind: CalendarServer.SharedMemory, slotLimit: Int) throws(Errno) {
        self.kind = kind
        log = kind == .none ? nil : try MemoryLog()
        slots = SlotPool(slots: slotLimit - 1)
        lastSlot = UInt16(slotLimit - 1)
        if case .common = kind { region = try SchedulingRegion(slots: slotLimit) } else { region = nil }
    }

    /// The slot of clients for which there is none, so that `running_id` can name them. They exchange messages only.
    private let lastSlot: UInt16

    /// All clients use one region.
    var isCommon: Bool { region != nil }

    /// The time that clients read in a common region.
    func setTime(_ instant: Instant) { region?.setTime(instant.nanoseconds) }

    /// A client's memory; nil if it exchanges messages only.
    mutating func memory(for identity: UInt64) -> SchedulingMemory? {
        guard let region else { return kind == .separate ? try? SchedulingMemory(identity: identity) : nil }
        return SchedulingMemory(in: region, number: slots.take() ?? lastSlot, identity: identity)
    }

    /// The client gets the memory's descriptors.
    func handsOver(_ memory: SchedulingMemory) -> Bool { !memory.isCommon || memory.number != lastSlot }

    /// A client of the common region has said whether it uses it.
    ///
    /// - Returns: its lookahead from now on, ns, if it does.
    mutating func notice(_ memory: SchedulingMemory, at index: Int, joined: Instant) -> UInt64? {
        guard memory.isUsed, case .common(let lookahead) = kind else { return nil }
        users.append(index)
        hasLateJoiners = hasLateJoiners || joined > .zero
        return lookahead
    }

    /// A client left. O(users).
    mutating func remove(_ memory: SchedulingMemory, at index: Int) {
        guard memory.isCommon else { return }
        memory.clear()
        users.removeAll { $0 == index }
        if memory.number != lastSlot { slots.free(memory.number) }
    }
}
