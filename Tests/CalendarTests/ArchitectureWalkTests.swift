import Testing

import struct Calendar.Calendar
import struct Calendar.ClientID
import struct Calendar.Instant
import struct Calendar.Islands

/// The numbers of the two diagrams in ARCHITECTURE.md.
struct ArchitectureWalkTests {
    private static let latency: UInt64 = 1_000_000

    private func at(_ nanoseconds: UInt64) -> Instant { Instant(nanoseconds: nanoseconds) }

    /// Starts a client, which asks for its first turn.
    private func start(
        _ identity: UInt64, island: Int, firstTurn: UInt64, _ islands: inout Islands
    ) throws -> ClientID {
        let client = islands.join(identity: identity, lookahead: Self.latency, island: island)
        let step1 = islands.next()?.step
        #expect(step1 == .start(client))
        _ = try islands.request(client, time: firstTurn)
        try islands.wait(client)
        return client
    }

    @Test func aTurn() throws {
        var islands = Islands(Calendar(start: 0))
        let a = try start(1, island: 0, firstTurn: 5_000_000, &islands)
        let b = try start(2, island: 0, firstTurn: 9_000_000, &islands)
        let step2 = islands.next()?.step
        #expect(step2 == .run(a, time: 5_000_000, freeUntil: 9_000_000))
        let lowered3 = try islands.update(a, time: 6_200_000)
        #expect(lowered3 == 7_200_000)
        islands.schedule(
            at: at(6_200_000).advanced(by: Self.latency), for: b, island: 0, participant: 2, payload: 7)
        _ = try islands.request(a, time: 10_000_000)
        try islands.wait(a)
        #expect(islands.account(of: a).reached == at(7_200_000))
        let step4 = islands.next()?.step
        #expect(step4 == .arrival(payload: 7))
        #expect(islands.now == at(7_200_000))
    }

    @Test func anEdgeWithTwoIslands() throws {
        var islands = Islands(
            [Calendar(start: 0), Calendar(start: 0)], window: Self.latency,
            turnarounds: [2 * Self.latency, 2 * Self.latency], jobs: 1)
        let a = try start(1, island: 0, firstTurn: 5_000_000, &islands)
        let b = try start(2, island: 1, firstTurn: 8_000_000, &islands)
        let step5 = islands.next()
        #expect(step5 == nil)
        let isSettled6 = islands.isSettled()
        #expect(isSettled6)
        let isOpen7 = islands.openWindow(limit: nil, sent: nil)
        #expect(isOpen7)
        // Only a has an event before its bound.
        let step8 = islands.next()?.step
        #expect(step8 == .run(a, time: 5_000_000, freeUntil: 7_000_000))
        let lowered9 = try islands.update(a, time: 6_200_000)
        #expect(lowered9 == nil)
        islands.send(from: 0)
        _ = try islands.request(a, time: 10_000_000)
        try islands.wait(a)
        let step10 = islands.next()
        #expect(step10 == nil)
        let isSettled11 = islands.isSettled()
        #expect(isSettled11 && islands.edge == at(7_000_000))
        #expect(islands.earliest == at(8_000_000))
        islands.schedule(at: at(7_200_000), for: b, island: 1, participant: 2, payload: 7)
        let isOpen12 = islands.openWindow(limit: nil, sent: nil)
        #expect(isOpen12)
        let step13 = islands.next()?.step
        #expect(step13 == .arrival(payload: 7))
        _ = try islands.request(b, time: 7_200_000)
        let step14 = islands.next()?.step
        #expect(step14 == .run(b, time: 7_200_000, freeUntil: 9_000_000))
        let lowered15 = try islands.update(b, time: 7_300_000)
        #expect(lowered15 == 8_300_000)
        islands.send(from: 1)
        _ = try islands.request(b, time: 12_000_000)
        try islands.wait(b)
        let step16 = islands.next()
        #expect(step16 == nil)
        let isSettled17 = islands.isSettled()
        #expect(isSettled17 && islands.edge == at(8_300_000))
        islands.schedule(at: at(8_300_000), for: a, island: 0, participant: 1, payload: 8)
        let isOpen18 = islands.openWindow(limit: nil, sent: nil)
        #expect(isOpen18)
        let step19 = islands.next()?.step
        #expect(step19 == .arrival(payload: 8))
        #expect(islands.now(of: a) == at(8_300_000))
    }
}
