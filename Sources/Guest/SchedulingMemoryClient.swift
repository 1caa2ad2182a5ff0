internal import Posix
internal import SystemPackage
internal import TimeTravelProtocol

/// A guest's view of shared scheduling memory (kernel 6.11 and later: `time_travel_setup_shm` and what uses it).
///
/// The memory holds the calendar's times. Kernels take the time found there at START as their 0 for what they store,
/// but not for what RUN and REQUEST carry. Here it is the 0 of what is stored and of REQUEST, as the kernel's header documents;
/// the time of a turn is read from the memory.
final class SchedulingMemoryClient {
    private typealias Layout = SchedulingMemoryLayout

    private let mapping: Mapping
    private let length: Int
    /// This guest's slot.
    private let index: UInt16
    /// The calendar's time at this guest's 0.
    private let offset: UInt64

    /// Maps the memory that came with START's ACK; nil when none came or its version differs: the guest then uses
    /// messages only. The second descriptor, a log, is closed.
    convenience init?(adopting descriptors: [Int32], acknowledgement: UInt64) {
        guard descriptors.count == 2 else {
            Self.discard(descriptors)
            return nil
        }
        let memory = Descriptor(owning: descriptors[0])
        Descriptor(owning: descriptors[1]).close()
        self.init(memory, index: UInt16(acknowledgement & Layout.slotMask))
    }

    private init?(_ memory: borrowing Descriptor, index: UInt16) {
        do throws(Errno) {
            let header = try Mapping(memory, offset: 0, length: Layout.headerSize)
            let length = Int(header.loadAcquire(UInt32.self, at: Layout.lengthOffset))
            guard header.loadAcquire(UInt32.self, at: Layout.versionOffset) == Layout.version,
                length >= Layout.slot(Int(index) + 1)
            else { return nil }
            let mapping = try Mapping(memory, offset: 0, length: length)
            offset = mapping.loadAcquire(UInt64.self, at: Layout.currentTimeOffset)
            let place = Layout.slot(Int(index)) + Layout.capabilitiesOffset
            let capabilities = mapping.loadAcquire(UInt32.self, at: place)
            mapping.storeRelease(capabilities | Layout.sharesTime, at: place)
            self.length = length
            self.index = index
            self.mapping = mapping
        } catch {
            return nil
        }
    }

    /// Closes unexpected descriptors.
    static func discard(_ descriptors: [Int32]) {
        for descriptor in descriptors { Descriptor(owning: descriptor).close() }
    }

    /// The calendar's time in this guest's scale.
    func own(_ time: UInt64) -> UInt64 { time >= offset ? time - offset : 0 }

    /// This guest's time in the calendar's scale; `GuestTime.never` stays `never`.
    func shared(_ time: UInt64) -> UInt64 {
        let (sum, overflow) = time.addingReportingOverflow(offset)
        return overflow ? GuestTime.never : min(sum, GuestTime.never)
    }

    /// The running client may run until this time (own scale) without a request.
    var freeUntil: UInt64 { own(mapping.loadAcquire(UInt64.self, at: Layout.freeUntilOffset)) }

    /// The calendar's time, own scale.
    var currentTime: UInt64 { own(mapping.loadAcquire(UInt64.self, at: Layout.currentTimeOffset)) }

    /// The time of a turn, own scale: RUN's, except after a late start. Calendars do not agree on RUN's scale then, because kernels
    /// do not follow their own header.
    func runTime(_ time: UInt64) -> UInt64 { offset == 0 ? time : currentTime }

    private var running: UInt16 { mapping.loadAcquire(UInt16.self, at: Layout.runningOffset) }

    /// Stores the time reached; only in its own turn.
    func setCurrentTime(_ time: UInt64) throws(GuestError) {
        let running = running
        guard running == index else { throw .notRunning(running: running, own: index) }
        mapping.storeRelease(shared(time), at: Layout.currentTimeOffset)
    }

    /// Stores a request if the running client reads this memory; false when the request must be sent as a message.
    func storeRequest(_ time: UInt64) -> Bool {
        let runningSlot = Layout.slot(Int(running))
        guard runningSlot + Layout.slotSize <= length,
            mapping.loadAcquire(UInt32.self, at: runningSlot + Layout.capabilitiesOffset) & Layout.sharesTime
                != 0
        else { return false }
        let slot = Layout.slot(Int(index))
        let time = shared(time)
        let flags = mapping.loadAcquire(UInt32.self, at: slot + Layout.flagsOffset)
        mapping.storeRelease(time, at: slot + Layout.requestOffset)
        mapping.storeRelease(flags | Layout.requestFlag, at: slot + Layout.flagsOffset)
        if time < mapping.loadAcquire(UInt64.self, at: Layout.freeUntilOffset) {
            mapping.storeRelease(time, at: Layout.freeUntilOffset)
        }
        return true
    }

    /// Clears the request when the turn begins.
    func clearRequest() {
        let place = Layout.slot(Int(index)) + Layout.flagsOffset
        let flags = mapping.loadAcquire(UInt32.self, at: place)
        mapping.storeRelease(flags & ~Layout.requestFlag, at: place)
    }
}
