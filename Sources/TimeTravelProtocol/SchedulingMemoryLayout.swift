/// Offsets of the fields of shared scheduling memory, bytes (kernel 6.11 and later: `struct um_timetravel_schedshm`).
///
/// All times in it are in the calendar's scale. The kernel's header documents who may write which field, and when.
package enum SchedulingMemoryLayout {
    /// The version of this layout.
    package static let version: UInt32 = 2
    /// u32, set once by the calendar.
    package static let versionOffset = 0
    /// u32: bytes in all, the header included.
    package static let lengthOffset = 4
    /// u64: the running client may run until this time without a request.
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
    /// u32 in a slot: the client's capabilities.
    package static let capabilitiesOffset = 0
    /// u32 in a slot: the client's flags.
    package static let flagsOffset = 4
    /// u64 in a slot: the requested time, if `requestFlag` is set.
    package static let requestOffset = 8
    /// u64 in a slot: its ID in START.
    package static let nameOffset = 16

    /// Capability: the client reads the time and stores requests here; RUN and WAIT have no ACK.
    package static let sharesTime: UInt32 = 1
    /// Flag: `requestOffset` holds a request.
    package static let requestFlag: UInt32 = 1

    /// Bits of the time of START's ACK that hold the client's slot.
    package static let slotMask: UInt64 = 0xffff

    /// Where the slot of client `index` begins.
    package static func slot(_ index: Int) -> Int { headerSize + index * slotSize }
}
