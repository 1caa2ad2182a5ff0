import Posix
import Testing
import TimeTravelProtocol

import struct Calendar.Calendar
import struct Calendar.ClientID

@testable import CalendarServer

struct CorePlacementWatchTests {
    private static let long: UInt64 = 1_000_000
    private static let short: UInt64 = 1000

    private func turn(
        _ watch: inout CorePlacementWatch, _ client: ClientID, _ duration: UInt64, began: Bool, ended: Bool
    ) {
        watch.beginTurn(of: client, isContended: began)
        watch.endTurn(of: client, duration: duration, isContended: ended)
    }

    /// Sixteen short or uncontended turns in a row, and no fewer; reported once.
    @Test func idleTurnsInARow() {
        var calendar = Calendar(start: 0)
        let client = calendar.join(identity: 1)
        var watch = CorePlacementWatch()
        watch.join()
        for _ in 0..<40 { turn(&watch, client, Self.short, began: true, ended: true) }
        #expect(watch.unused.isEmpty)
        watch.setDedicatedCore(true, for: client)
        for _ in 0..<15 { turn(&watch, client, Self.short, began: true, ended: true) }
        // A long turn that began, or ended, beside another client's is not idle.
        turn(&watch, client, Self.long, began: true, ended: false)
        for _ in 0..<15 { turn(&watch, client, Self.long, began: false, ended: false) }
        turn(&watch, client, Self.long, began: false, ended: true)
        for _ in 0..<15 { turn(&watch, client, Self.long, began: false, ended: false) }
        #expect(watch.unused.isEmpty)
        turn(&watch, client, Self.short, began: true, ended: true)
        #expect(watch.unused == [client])
        for _ in 0..<40 { turn(&watch, client, Self.short, began: false, ended: false) }
        #expect(watch.unused == [client])
    }

    /// Clients in their turns, by when those began: who has been in one for a while computes, whatever it says meanwhile.
    @Test func whoHasRunForLong() throws {
        let bench = try Bench()
        let guest = try bench.guest()
        let before = Posix.wallNanoseconds()
        try guest.start(7)
        // It says something in its turn.
        try guest.say(.get)
        #expect(bench.server.runningIdentities(begunBy: Posix.wallNanoseconds()) == [7])
        #expect(bench.server.runningIdentities(begunBy: before - 1).isEmpty)
        try guest.say(.wait)
        #expect(bench.server.runningIdentities(begunBy: .max).isEmpty)
    }
}
