import Network
import Testing

@testable import Virtio

/// The entropy device (virtio 1.2, 5.4).
struct EntropyTests {
    private func guest(_ name: String = "m") throws -> ScriptedFrontend {
        let guest = try ScriptedFrontend(.entropy(SplitMix64(seed: 1, name: name)))
        try guest.handshake()
        return guest
    }

    private let kick: (request: UInt32, state: [UInt8]) = (35, ScriptedFrontend.state(0, 0))

    @Test func itHasOneQueue() throws {
        let guest = try guest()
        #expect(try guest.ask(17, needReply: false) == ScriptedFrontend.u64(1))
        // The second queue is not there: using it ends the connection.
        #expect(throws: BackendError.self) { try guest.ask(8, ScriptedFrontend.state(1, 256)) }
    }

    @Test func itFillsWhatIsOffered() throws {
        let guest = try guest()
        guest.provide(2, length: 61)
        #expect(try guest.ask(kick.request, kick.state) == ScriptedFrontend.u64(0))
        #expect(guest.receive.usedIndex == 2)
        #expect(guest.backend.takeInterruptsWanted() == [0])
        var expected = SplitMix64(seed: 1, name: "m")
        let words = (0..<8).map { _ in expected.next() }
        let bytes = words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) }
        }
        #expect(guest.received(0) == Array(bytes.prefix(61)))
        #expect(guest.received(1).count == 61)
        #expect(guest.received(1) != guest.received(0))
        #expect(guest.backend.takeOutbox().isEmpty)
        // It wants to hear of the next buffer, whenever that comes.
        #expect(guest.receive.kickEvent == guest.receive.availableIndex)
    }

    @Test func aKickGetsABoundedNumberOfBytes() throws {
        let guest = try guest()
        guest.receive.describe(
            0, address: GuestRAM.guestBase + 0x50000, length: 0x10000, flags: DriverRing.write)
        guest.receive.offer(0)
        #expect(try guest.ask(kick.request, kick.state) == ScriptedFrontend.u64(0))
        #expect(guest.receive.usedEntry(0).length == UInt32(Backend.entropyLimit))
    }

    @Test func eachNameHasItsOwnNumbers() throws {
        let bytes = try ["a", "b", "a"].map { name in
            let guest = try guest(name)
            guest.provide(1, length: 32)
            try guest.ask(kick.request, kick.state)
            return guest.received(0)
        }
        #expect(bytes[0] == bytes[2])
        #expect(bytes[0] != bytes[1])
    }
}
