import Calendar
import CalendarServer
import Foundation
import Testing
import TimeTravelProtocol

import struct Calendar.Calendar

/// What a client does wrong ends that client, says which rule, and leaves the others alone.
struct MisuseTests {
    /// A server with a well-behaved client that waits for 1,000,000.
    private func bench() throws -> (Bench, good: ScriptedGuest) {
        let bench = try Bench()
        let good = try bench.guest()
        try good.start(1)
        try good.say(.request, 1_000_000)
        return (bench, good)
    }

    /// The bad client is ended for `rule`; the good one then gets its turn at the right time.
    private func expectEnded(
        _ bench: Bench, _ bad: ScriptedGuest, good: ScriptedGuest, _ rule: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        _ = try bad.read()
        _ = try bad.read()
        #expect(bench.departures.count == 1, sourceLocation: sourceLocation)
        let text = bench.departures.first?.description ?? "nobody"
        #expect(text.contains(rule), "\(text)", sourceLocation: sourceLocation)
        #expect(
            text.contains("(process \(ProcessInfo.processInfo.processIdentifier))"),
            sourceLocation: sourceLocation)
        let turn = try good.read()
        let answer = turn.isEmpty ? try good.say(.get) : turn
        #expect(!answer.isEmpty && !good.isClosed, sourceLocation: sourceLocation)
        if turn.contains(where: { $0.operation == .run }) {
            #expect(turn.last?.time == 1_000_000, sourceLocation: sourceLocation)
        }
    }

    @Test(arguments: [
        TimeTravelProtocol.Operation.ack, .request, .wait, .get, .update, .getTimeOfDay, .broadcast,
    ])
    func anythingBeforeStart(operation: TimeTravelProtocol.Operation) throws {
        let (bench, good) = try bench()
        let bad = try bench.guest()
        try bad.say(operation, 5)
        try good.post(.wait)
        try bench.pump()
        try expectEnded(bench, bad, good: good, "\(operation.name) before START")
        #expect(bad.isClosed)
    }

    /// The good one has the turn, the bad one waits: what may it not say?
    @Test(arguments: [
        (TimeTravelProtocol.Operation.wait, UInt64(0), "WAIT from a client that does not have the turn"),
        (.update, 0, "UPDATE from a client that does not have the turn"),
        (.start, 9, "START came twice"),
        (.run, 0, "RUN from a client: only the calendar sends it"),
        (.freeUntil, 0, "FREE_UNTIL from a client: only the calendar sends it"),
        (.ack, 0, "which was not sent"),
    ])
    func fromAWaitingClient(operation: TimeTravelProtocol.Operation, time: UInt64, rule: String) throws {
        let bench = try Bench()
        let (bad, good) = (try bench.guest(), try bench.guest())
        try bad.start(2)
        try bad.say(.wait)
        try good.start(1)
        try bad.say(operation, time)
        try good.say(.request, 1_000_000)
        try good.post(.wait)
        try bench.pump()
        try expectEnded(bench, bad, good: good, rule)
        #expect(bad.isClosed)
        #expect(bench.departures.first?.description.hasPrefix("client 2 ") == true)
    }

    @Test func anUnknownOperation() throws {
        let (bench, good) = try bench()
        let bad = try bench.guest()
        var bytes: [UInt8] = []
        Message(code: 77, sequence: 1, time: 0).encode(into: &bytes)
        try bad.send(bytes: bytes)
        try good.post(.wait)
        try bench.pump()
        try expectEnded(bench, bad, good: good, "operation 77 is not defined")
    }

    @Test func aRequestInThePast() throws {
        let bench = try Bench()
        let (bad, good) = (try bench.guest(), try bench.guest())
        try bad.start(2)
        try bad.say(.wait)
        try good.start(1)
        try good.say(.request, 500)
        try good.acknowledge(try good.say(.wait))
        try bad.say(.request, 499)
        try good.say(.request, 1_000_000)
        try good.post(.wait)
        try bench.pump()
        try expectEnded(
            bench, bad, good: good,
            "REQUEST for 0.000000499 s, which is in the past: the time is 0.000000500 s")
    }

    @Test func aWrongAcknowledgement() throws {
        let bench = try Bench()
        let bad = try bench.guest()
        try bad.start(2)
        try bad.say(.request, 500)
        let turn = try bad.say(.wait)
        #expect(turn.last?.operation == .run)
        var bytes: [UInt8] = []
        Message(.ack, sequence: 4711, time: 0).encode(into: &bytes)
        try bad.send(bytes: bytes)
        try bench.pump()
        #expect(bench.departures.first?.misuse == .wrongAcknowledgement(sequence: 4711, expected: 1))
        #expect(bench.server.calendar.allRunning.isEmpty)
    }

    @Test func halfAMessageAndThenTheEnd() throws {
        let (bench, good) = try bench()
        let bad = try bench.guest()
        try bad.send(bytes: [UInt8](repeating: 1, count: 7))
        try bench.pump()
        bad.close()
        try good.post(.wait)
        try bench.pump()
        try expectEnded(bench, bad, good: good, "closed after 7 bytes of a 16-byte message")
    }

    @Test func leavingInItsOwnTurn() throws {
        let bench = try Bench()
        let (bad, good) = (try bench.guest(), try bench.guest())
        try good.start(1)
        try good.say(.request, 1_000_000)
        try good.say(.wait)
        _ = try good.read()
        try bad.post(.start, 2)
        try bench.pump()
        try good.acknowledge([])
        try good.say(.request, 2_000_000)
        try good.say(.wait)
        #expect(try bad.read().said == ["ACK 0"])
        bad.close()
        try bench.pump()
        #expect(bench.departures.first?.misuse == .leftInTurn)
        #expect(try good.read().said.last == "RUN 2000000")
    }

    @Test func leavingWhileWaitingBreaksNoRule() throws {
        let bench = try Bench()
        let (bad, good) = (try bench.guest(), try bench.guest())
        try bad.start(2)
        try bad.say(.wait)
        try good.start(1)
        bad.close()
        try bench.pump()
        #expect(bench.departures.first?.description.contains("left at") == true)
        #expect(bench.departures.first?.misuse == nil)
    }

    @Test func silenceInItsTurn() throws {
        let bench = try Bench()
        let (bad, good) = (try bench.guest(), try bench.guest())
        try good.start(1)
        try good.say(.request, 1_000_000)
        try bad.post(.start, 2)
        try good.post(.wait)
        try bench.pump()
        #expect(!bench.server.calendar.allRunning.isEmpty)
        bench.server.endSilent(seconds: 60, reactor: bench.reactor)
        try bench.pump()
        #expect(bench.departures.first?.description.contains("client 2 (process ") == true)
        #expect(
            bench.departures.first?.description.contains("sent nothing for 60 s of wall-clock time") == true)
        #expect(try good.read().said.last == "RUN 1000000")
    }

    @Test func neverAcknowledging() throws {
        let bench = try Bench()
        let (bad, good) = (try bench.guest(), try bench.guest())
        try good.start(1)
        try good.say(.wait)
        try bad.start(2)
        // FREE_UNTIL and RUN in each turn.
        for turn in 1...520 where bench.departures.isEmpty {
            try bad.say(.request, UInt64(turn))
            try bad.say(.wait)
        }
        #expect(bench.departures.map(\.misuse) == [.neverAcknowledges(limit: 1024)])
        #expect(try good.say(.get).said.count == 1)
    }

    /// A client that floods all others with broadcasts is ended, not those who cannot keep up with it.
    @Test func floodingWithBroadcasts() throws {
        let bench = try Bench()
        let (bad, good) = (try bench.guest(), try bench.guest())
        try good.start(1)
        try good.say(.wait)
        try bad.start(2)
        for _ in 0..<64 { try bad.say(.broadcast, 1) }
        #expect(bench.departures.isEmpty)
        // A turn later it may again.
        try bad.say(.request, 10)
        try bad.say(.wait)
        var flood: [UInt8] = []
        for number in 0..<2000 { Message(.broadcast, sequence: UInt32(number), time: 1).encode(into: &flood) }
        try? bad.send(bytes: flood)
        try bench.pump()
        #expect(bench.departures.map(\.misuse) == [.tooManyBroadcasts(limit: 64)])
        #expect(!good.isClosed)
        try good.acknowledge(try good.read())
        #expect(try good.say(.get).said.count == 1)
    }

    @Test func neverReading() throws {
        let bench = try Bench()
        let (bad, good) = (try bench.guest(), try bench.guest())
        try good.start(1)
        try good.say(.request, 1_000_000)
        try good.say(.wait)
        _ = try good.read()
        try good.say(.wait)
        try bad.start(2)
        var flood: [UInt8] = []
        for number in 0..<4096 { Message(.get, sequence: UInt32(number), time: 0).encode(into: &flood) }
        for _ in 0..<40 where bench.departures.isEmpty {
            try? bad.send(bytes: flood)
            try bench.pump()
        }
        #expect(bench.departures.map(\.misuse) == [.neverReads(limit: 65536)])
        #expect(!good.isClosed)
    }

    @Test(arguments: 0..<60)
    func garbageHarmsNobodyElse(seed: UInt64) throws {
        let (bench, good) = try bench()
        var state = seed &+ 1
        func random() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 33
        }
        try good.post(.wait)
        try bench.pump()
        let bad = try bench.guest()
        if seed % 2 == 0 {
            try bad.post(.start, 5)
            try bench.pump()
        }
        for _ in 0..<20 {
            var bytes: [UInt8] = []
            // Half of it looks like messages.
            if random() % 2 == 0 {
                Message(
                    code: UInt32(random() % 12), sequence: UInt32(random() % 4),
                    time: random() << (random() % 34)
                )
                .encode(into: &bytes)
            } else {
                bytes = (0..<Int(random() % 40)).map { _ in UInt8(truncatingIfNeeded: random()) }
            }
            try? bad.send(bytes: bytes)
            try bench.pump()
        }
        bad.close()
        try bench.pump()
        _ = try good.read()
        #expect(!good.isClosed, "seed \(seed)")
        #expect(bench.departures.count == 1, "seed \(seed): \(bench.departures)")
        #expect(bench.server.calendar.allRunning.first?.index == 0 || bench.server.calendar.state == .idle)
    }
}
