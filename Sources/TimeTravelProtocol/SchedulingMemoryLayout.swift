/// Where the fields of shared scheduling memory lie, bytes (kernel 6.11 and later: `struct um_timetravel_schedshm`).
///
/// All times in it are the calendar's. Who may write which field when is said there.
package enum SchedulingMemoryLayout {
    /// The version that this layout is of.
    package static let version: UInt32 = 2
    /// u32, set once by the calendar.
    package static let versionOffset = 0
    /// u32: bytes in all, the header included.
    package static let lengthOffset = 4
    /// u64: before this time the running client need not ask.
    package static let freeUntilOffset = 8
    /// u64.
    package static let currentTimeOffset = 16
    /// u16: the client whose turn it is.
    package static let runningOffset = 24
    /// u16: slots, the calendar's own included.
    package static let maximumClientsOffset = 26
    /// Bytes of the header; the slots follow.
    package static let headerSize = 4096

    /// Bytes of a client's slot; slot 0 is the calendar's.
    package static let slotSize = 128
    /// u32 in a slot: what the client can do.
    package static let capabilitiesOffset = 0
    /// u32 in a slot: what the client wants.
    package static let flagsOffset = 4
    /// u64 in a slot: when it wants to run, if `requestFlag` is set.
    package static let requestOffset = 8
    /// u64 in a slot: its ID in START.
    package static let nameOffset = 16

    /// Capability: reads the time and stores requests here, acknowledges no RUN, awaits no ACK of WAIT.
    package static let sharesTime: UInt32 = 1
    /// Flag: `requestOffset` holds a request.
    package static let requestFlag: UInt32 = 1

    /// Bits of the time of START's ACK that hold the client's slot.
    package static let slotMask: UInt64 = 0xffff

    /// Where the slot of client `index` begins.
    package static func slot(_ index: Int) -> Int { headerSize + index * slotSize }
}
