import Glibc
import Posix
import SystemPackage
import Testing
import TimeTravelProtocol

@testable import Guest

/// Shared scheduling memory, from a scripted calendar that offers it (kernel 6.11 and later: `time_travel_setup_shm` and
/// the branches on `time_travel_shm`).
struct SharedMemoryTests {
    private typealias Layout = SchedulingMemoryLayout

    /// A calendar's memory with `slots` slots; the guest under test is in slot 3.
    private final class Memory {
        let mapping: Mapping
        let path: String

        init(slots: Int = 8, version: UInt32 = Layout.version, currentTime: UInt64 = 0) throws {
            path = "/dev/shm/almanac-test-\(getpid())-\(UInt64.random(in: 0 ... .max))"
            let file = try Posix.open(path, [.readWrite, .create])
            let length = Layout.slot(slots)
            try file.writeAll([UInt8](repeating: 0, count: length))
            mapping = try Mapping(file, offset: 0, length: length)
            mapping.storeRelease(version, at: Layout.versionOffset)
            mapping.storeRelease(UInt32(length), at: Layout.lengthOffset)
            mapping.storeRelease(currentTime, at: Layout.currentTimeOffset)
            mapping.storeRelease(UInt16(3), at: Layout.runningOffset)
        }

        deinit { unsafe unlink(path) }

        /// As they ride along: the memory, a log. Whoever gets them owns them.
        func descriptors() throws -> [Int32] {
            [unsafe open(path, O_RDWR | O_CLOEXEC), unsafe open("/dev/null", O_WRONLY | O_CLOEXEC)]
        }

        var freeUntil: UInt64 {
            get { mapping.loadAcquire(UInt64.self, at: Layout.freeUntilOffset) }
            set { mapping.storeRelease(newValue, at: Layout.freeUntilOffset) }
        }
        var currentTime: UInt64 {
            get { mapping.loadAcquire(UInt64.self, at: Layout.currentTimeOffset) }
            set { mapping.storeRelease(newValue, at: Layout.currentTimeOffset) }
        }
        var running: UInt16 {
            get { mapping.loadAcquire(UInt16.self, at: Layout.runningOffset) }
            set { mapping.storeRelease(newValue, at: Layout.runningOffset) }
        }
        var capabilities: UInt32 { mapping.loadAcquire(UInt32.self, at: Layout.slot(3)) }
        var flags: UInt32 { mapping.loadAcquire(UInt32.self, at: Layout.slot(3) + Layout.flagsOffset) }
        var request: UInt64 { mapping.loadAcquire(UInt64.self, at: Layout.slot(3) + Layout.requestOffset) }
    }

    private func guest(_ script: String, _ memory: Memory, slot: UInt64 = 3) throws -> (
        GuestTime, ScriptedHost
    ) {
        let host = ScriptedHost("> START 1 7\n< ACK 1 \(slot)\n> GET_TOD 2 MAX\n< ACK 2 1000\n" + script)
        host.descriptors = try memory.descriptors()
        return (try GuestTime(ClockOptions(mode: .external(id: 7, path: "")), host: host), host)
    }

    @Test func saysThatItSharesTime() throws {
        let memory = try Memory()
        let (time, host) = try guest("", memory)
        #expect(time.link.sharesMemory)
        #expect(memory.capabilities == 1)
        #expect(host.verdict == nil)
    }

    @Test func requestsAreStoresAndRunIsNotAcknowledged() throws {
        let memory = try Memory()
        memory.freeUntil = 50
        let (time, host) = try guest("> WAIT 3 MAX\n< RUN 1 100\n", memory)
        memory.freeUntil = 500
        try time.add(GuestEvent { () throws(GuestError) in }, at: 600)
        #expect(memory.flags == 1)
        #expect(memory.request == 600)
        memory.freeUntil = 50
        try time.delay(100)
        #expect(time.now == 100)
        #expect(host.verdict == nil)
        // After the turn it has asked for its next event again.
        #expect(memory.flags == 1)
        #expect(memory.request == 600)
    }

    @Test func aRequestLowersTheGrantOfOthers() throws {
        let memory = try Memory()
        let (time, host) = try guest("", memory)
        memory.running = 0
        memory.mapping.storeRelease(UInt32(1), at: Layout.slot(0))
        memory.freeUntil = 1000
        try time.link.updateRequest(1200)
        #expect(memory.freeUntil == 1000)
        memory.freeUntil = 100
        try time.link.updateRequest(300)
        #expect(memory.request == 300)
        #expect(memory.freeUntil == 100)
        #expect(host.verdict == nil)
    }

    @Test func runsFreelyBelowTheGrant() throws {
        let memory = try Memory()
        let (time, host) = try guest("", memory)
        memory.freeUntil = 1000
        try time.delay(999)
        #expect(time.now == 999)
        #expect(memory.flags == 0)
        #expect(host.verdict == nil)
    }

    /// Whoever has the turn cannot look into the memory: then the request has to be said.
    @Test func requestsAreMessagesWhileTheRunningClientCannotSee() throws {
        let memory = try Memory()
        let (time, host) = try guest("> REQUEST 3 100\n< ACK 3\n> REQUEST 4 90\n< ACK 4\n", memory)
        memory.running = 5
        try time.link.updateRequest(100)
        // No client at all: a number past the end is nobody who could see.
        memory.running = 9999
        try time.link.updateRequest(90)
        #expect(memory.flags == 0)
        #expect(host.verdict == nil)
    }

    @Test func announcingIsAStoreInItsOwnTurnOnly() throws {
        let memory = try Memory()
        let (time, host) = try guest("", memory)
        memory.freeUntil = 1000
        try time.delay(70)
        try time.announceTime()
        #expect(memory.currentTime == 70)
        memory.running = 4
        #expect(throws: GuestError.notRunning(running: 4, own: 3)) { try time.announceTime() }
        #expect(host.verdict == nil)
    }

    @Test func getIsALoad() throws {
        let memory = try Memory()
        let (time, host) = try guest("", memory)
        memory.currentTime = 40
        memory.freeUntil = 1000
        try time.interrupt(GuestEvent { () throws(GuestError) in })
        #expect(time.now == 40)
        #expect(time.nextEvent == 40)
        memory.currentTime = 39
        #expect(throws: GuestError.timeWentBack(from: 40, to: 39)) {
            try time.interrupt(GuestEvent { () throws(GuestError) in })
        }
        #expect(host.verdict == nil)
    }

    @Test func freeUntilAsAMessageMeansNothing() throws {
        let memory = try Memory()
        let (time, host) = try guest("> WAIT 3 MAX\n< FREE_UNTIL 5 900\n> ACK 5\n< RUN 6 100\n", memory)
        try time.delay(100)
        #expect(time.now == 100)
        #expect(host.verdict == nil)
    }

    /// A late joiner: its 0 is the calendar's time at its START. Whatever the scale of RUN's time, the turn's time is the memory's.
    @Test func keepsItsOwnScale() throws {
        let memory = try Memory(currentTime: 5000)
        let (time, host) = try guest("> WAIT 3 MAX\n< RUN 1 100\n> WAIT 4 MAX\n< RUN 2 5250\n", memory)
        #expect(time.now == 0)
        memory.currentTime = 5100
        try time.delay(100)
        #expect(memory.request == 5100)
        #expect(time.now == 100)
        try time.announceTime()
        #expect(memory.currentTime == 5100)
        memory.freeUntil = 5200
        try time.delay(99)
        #expect(time.now == 199)
        memory.currentTime = 5250
        try time.delay(51)
        #expect(time.now == 250)
        try time.link.updateRequest(GuestTime.never)
        #expect(memory.request == GuestTime.never)
        #expect(host.verdict == nil)
    }

    @Test(arguments: [(1, 3), (3, 3), (2, 8), (2, 0xffff)] as [(UInt32, UInt64)])
    func doesWithoutWhatItCannotUse(_ version: UInt32, _ slot: UInt64) throws {
        let memory = try Memory(version: version)
        let (time, host) = try guest("> GET 3 MAX\n< ACK 3\n> REQUEST 4 100\n< ACK 4\n", memory, slot: slot)
        #expect(!time.link.sharesMemory)
        try time.link.updateRequest(100)
        #expect(memory.flags == 0)
        #expect(memory.capabilities == 0)
        #expect(host.verdict == nil)
    }
}
