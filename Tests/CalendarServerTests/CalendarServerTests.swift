import Calendar
import CalendarServer
import Posix
import Testing
import TimeTravelProtocol

import struct Calendar.Calendar

struct CalendarServerTests {
    @Test func aGuestsLife() throws {
        let bench = try Bench()
        let guest = try bench.guest()
        try guest.start(7)
        #expect(try guest.say(.getTimeOfDay).said == ["ACK 5000"])
        #expect(try guest.say(.get).said == ["ACK 0"])
        #expect(try guest.say(.request, 300).said == ["ACK 0"])
        // The ACK of WAIT, FREE_UNTIL and RUN arrive in one read: they left in one write.
        let turn = try guest.say(.wait)
        #expect(turn.said == ["ACK 0", "FREE_UNTIL \(Instant.never.nanoseconds)", "RUN 300"])
        try guest.acknowledge(turn)
        #expect(try guest.say(.update, 450).said.last == "ACK 0")
        #expect(try guest.say(.get).said == ["ACK 450"])
        #expect(try guest.say(.getTimeOfDay).said == ["ACK 5450"])
        #expect(bench.departures.isEmpty)
    }

    @Test func oneWriteAClientATurn() throws {
        let bench = try Bench()
        let (a, b) = (try bench.guest(), try bench.guest())
        try a.start(1)
        try a.say(.request, 10)
        try b.post(.start, 2)
        try a.say(.wait)
        #expect(try b.read().said == ["ACK 0"])
        try b.say(.request, 20)
        let before = bench.server.counters.writes
        #expect(try b.say(.wait).said == ["ACK 0"])
        #expect(try a.read().said == ["FREE_UNTIL 20", "RUN 10"])
        #expect(bench.server.counters.writes - before == 2)
    }

    @Test func anUpdatesAnswerBringsTheLowerGrant() throws {
        let bench = try Bench(lookahead: [1: 50])
        let guest = try bench.guest()
        try guest.start(1)
        try guest.say(.request, 10)
        try guest.acknowledge(try guest.say(.wait))
        // FREE_UNTIL in front of the ACK: the guest knows it before it touches the device.
        #expect(try guest.say(.update, 100).said == ["FREE_UNTIL 150", "ACK 0"])
    }

    @Test func everySplitOfTheBytes() throws {
        var script: [UInt8] = []
        let messages: [(TimeTravelProtocol.Operation, UInt64)] = [
            (.start, 3), (.get, 0), (.request, 77), (.wait, 0),
        ]
        for (index, entry) in messages.enumerated() {
            Message(entry.0, sequence: UInt32(index + 1), time: entry.1).encode(into: &script)
        }
        // START is answered before anything else may be said, so the splits are of the rest.
        for split in 16...script.count {
            let bench = try Bench()
            let guest = try bench.guest()
            try guest.send(bytes: Array(script[..<16]))
            try bench.pump()
            #expect(try guest.read().said == ["ACK 0"])
            try guest.send(bytes: Array(script[16..<split]))
            try bench.pump()
            var answers = try guest.read()
            try guest.send(bytes: Array(script[split...]))
            try bench.pump()
            answers += try guest.read()
            let expected = ["ACK 0", "ACK 0", "ACK 0", "FREE_UNTIL \(Instant.never.nanoseconds)", "RUN 77"]
            #expect(answers.said == expected, "split at \(split)")
        }
    }

    @Test func broadcastsReachTheOthers() throws {
        let bench = try Bench()
        let guests = try (0..<3).map { _ in try bench.guest() }
        for (index, guest) in guests.enumerated() {
            try guest.start(UInt64(index))
            try guest.say(.wait)
        }
        #expect(try guests[1].say(.broadcast, 99).said == ["ACK 0"])
        #expect(try guests[0].read().said == ["BROADCAST 99"])
        #expect(try guests[2].read().said == ["BROADCAST 99"])
        #expect(try guests[1].read().isEmpty)
    }

    @Test func aLateJoinerOverTheSocket() throws {
        let bench = try Bench()
        let first = try bench.guest()
        try first.start(1)
        try first.say(.request, 1000)
        try first.acknowledge(try first.say(.wait))
        try first.say(.update, 1200)
        let late = try bench.guest()
        #expect(try late.say(.start, 2).isEmpty, "it is somebody's turn")
        try first.say(.request, 9000)
        try first.say(.wait)
        #expect(try late.read().said == ["ACK 0"])
        #expect(try late.say(.get).said == ["ACK 0"])
        #expect(try late.say(.getTimeOfDay).said == ["ACK 6200"])
        try late.say(.request, 100)
        #expect(try late.say(.wait).said == ["ACK 0", "FREE_UNTIL 7800", "RUN 100"])
    }

    /// Where all devices are ours, WAIT's answer waits for something else to say, or for an interrupt: a guest that has no
    /// answer takes none.
    @Test func waitsAnswerGoesWithTheNextWords() throws {
        let bench = try Bench(Calendar(start: 0), devices: .own)
        let (first, second) = (try bench.guest(), try bench.guest())
        try first.start(1)
        let client = try #require(bench.server.calendar.allRunning.first)
        try first.say(.request, 500)
        #expect(try first.say(.wait).said == ["ACK 0", "FREE_UNTIL 9223372036854775807", "RUN 500"])
        try first.say(.request, 900)
        try second.post(.start, 2)
        #expect(try first.say(.wait).isEmpty)
        #expect(try second.read().said == ["ACK 0"])
        bench.server.prepareInterrupt(of: client, reactor: bench.reactor)
        #expect(try first.read().said == ["ACK 0"])
        try second.say(.wait)
        #expect(try first.read().said == ["FREE_UNTIL 9223372036854775807", "RUN 900"])
    }

    @Test func manyClients() throws {
        let count: UInt64 = 300
        let bench = try Bench(Calendar(start: 0, roster: .count(Int(count))))
        let guests = try (0..<count).map { _ in try bench.guest() }
        // They come in the wrong order and start in the right one.
        for (index, guest) in guests.enumerated().reversed() { try guest.post(.start, UInt64(index)) }
        try bench.pump()
        for guest in guests {
            #expect(try guest.read().said == ["ACK 0"])
            try guest.say(.request, 50)
            try guest.say(.wait)
        }
        var order: [Int] = []
        while order.count < guests.count {
            guard
                let index = guests.indices.first(where: { index in
                    (try? guests[index].read().contains { $0.operation == .run }) == true
                })
            else { break }
            order.append(index)
            try guests[index].say(.wait)
        }
        // The last to start was answered its WAIT and, being alone in having a turn, the first got it at once.
        #expect(order == Array(guests.indices))
        #expect(bench.departures.isEmpty)
    }
}
