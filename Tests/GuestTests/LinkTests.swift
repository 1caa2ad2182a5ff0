import Testing

@testable import Guest

/// Conversations with a scripted calendar, for each function of the seed that speaks: `time_travel_ext_req`,
/// `time_travel_handle_message`, `time_travel_ext_wait`, `time_travel_ext_update_request` and their callers.
struct LinkTests {
    /// A conversation and what it leaves. A grant without anything asked comes while descriptor 9 is waited for.
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let script: String
        var error: GuestError?
        var time: UInt64?
        let body: @Sendable (GuestTime) throws(GuestError) -> Void

        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(
            name: "a delay requests its end, waits, runs",
            script: """
                > REQUEST 4 100
                < ACK 4
                > WAIT 5 MAX
                < ACK 5
                < RUN 1 100
                > ACK 1
                """, time: 100
        ) { guest throws(GuestError) in try guest.delay(100) },
        Case(
            name: "the same request is not sent twice, but again after a wait",
            script: """
                > REQUEST 4 100
                < ACK 4
                > WAIT 5 MAX
                < ACK 5
                < RUN 1 100
                > ACK 1
                > REQUEST 6 100
                < ACK 6
                """, time: 100
        ) { guest throws(GuestError) in
            try guest.link.updateRequest(100)
            try guest.link.updateRequest(100)
            try guest.delay(100)
            try guest.link.updateRequest(100)
        },
        Case(
            name: "FREE_UNTIL while an ACK is awaited grants",
            script: """
                > REQUEST 4 100
                < FREE_UNTIL 1 500
                > ACK 1
                < ACK 4
                """, time: 200
        ) { guest throws(GuestError) in
            try guest.link.updateRequest(100)
            try guest.delay(200)
        },
        Case(
            name: "FREE_UNTIL exactly at the next event does not grant it",
            script: """
                > REQUEST 4 50
                < FREE_UNTIL 1 100
                > ACK 1
                < ACK 4
                > REQUEST 5 100
                < ACK 5
                > WAIT 6 MAX
                < ACK 6
                < RUN 2 100
                > ACK 2
                """, time: 100
        ) { guest throws(GuestError) in
            try guest.link.updateRequest(50)
            try guest.delay(100)
        },
        Case(
            name: "a nanosecond before FREE_UNTIL needs no asking",
            script: """
                > REQUEST 4 50
                < FREE_UNTIL 1 100
                > ACK 1
                < ACK 4
                """, time: 99
        ) { guest throws(GuestError) in
            try guest.link.updateRequest(50)
            try guest.delay(99)
        },
        Case(
            name: "FREE_UNTIL in front of RUN grants after it",
            script: """
                > REQUEST 4 100
                < ACK 4
                > WAIT 5 MAX
                < ACK 5
                < FREE_UNTIL 1 1000
                > ACK 1
                < RUN 2 100
                > ACK 2
                """, time: 999
        ) { guest throws(GuestError) in
            try guest.delay(100)
            try guest.delay(899)
        },
        Case(
            name: "a lower FREE_UNTIL counts",
            script: """
                < FREE_UNTIL 99 1000
                > ACK 99
                ! 9
                > UPDATE 4 100
                < FREE_UNTIL 3 150
                > ACK 3
                < ACK 4
                > REQUEST 5 150
                < ACK 5
                > WAIT 6 MAX
                < ACK 6
                < RUN 4 150
                > ACK 4
                """, time: 150
        ) { guest throws(GuestError) in
            try guest.waitReadable(9)
            try guest.delay(100)
            try guest.announceTime()
            try guest.delay(50)
        },
        Case(
            name: "a wait forgets the grant",
            script: """
                < FREE_UNTIL 99 1000
                > ACK 99
                ! 9
                > REQUEST 4 1000
                < ACK 4
                > WAIT 5 MAX
                < ACK 5
                < RUN 1 1000
                > ACK 1
                > REQUEST 6 1001
                < ACK 6
                > WAIT 7 MAX
                < ACK 7
                < RUN 2 1001
                > ACK 2
                """, time: 1001
        ) { guest throws(GuestError) in
            try guest.waitReadable(9)
            try guest.delay(1000)
            try guest.delay(1)
        },
        Case(
            name: "while waiting nothing is granted: an earlier REQUEST goes out",
            script: """
                > REQUEST 4 1000
                < ACK 4
                > WAIT 5 MAX
                < ACK 5
                ! 9
                > GET 6 MAX
                < ACK 6 400
                > REQUEST 7 400
                < ACK 7
                < RUN 1 400
                > ACK 1
                > REQUEST 8 400
                < ACK 8
                > WAIT 9 MAX
                < ACK 9
                < RUN 2 400
                > ACK 2
                > REQUEST 10 1000
                < ACK 10
                > WAIT 11 MAX
                < ACK 11
                < RUN 3 1000
                > ACK 3
                """, time: 1000
        ) { guest throws(GuestError) in
            let event = GuestEvent { () throws(GuestError) in }
            guest.addInterrupt(9) { () throws(GuestError) in try guest.interrupt(event) }
            try guest.delay(1000)
        },
        Case(
            name: "RUN that comes where WAIT's ACK is awaited ends the wait",
            script: """
                > REQUEST 4 100
                < ACK 4
                > WAIT 5 MAX
                < RUN 1 100
                > ACK 1
                < ACK 5
                """, time: 100
        ) { guest throws(GuestError) in try guest.delay(100) },
        Case(
            name: "RUN that crosses an interrupt's GET ends the wait",
            script: """
                > REQUEST 4 100
                < ACK 4
                > WAIT 5 MAX
                < ACK 5
                ! 9
                > GET 6 MAX
                < RUN 1 100
                > ACK 1
                < ACK 6 100
                > REQUEST 7 100
                < ACK 7
                > REQUEST 8 100
                < ACK 8
                """, time: 100
        ) { guest throws(GuestError) in
            let event = GuestEvent { () throws(GuestError) in }
            guest.addInterrupt(9) { () throws(GuestError) in try guest.interrupt(event) }
            try guest.delay(100)
        },
        Case(
            name: "an unknown message is acknowledged and ignored",
            script: """
                > REQUEST 4 100
                < OP77 8
                > ACK 8
                < ACK 4
                """, time: 0
        ) { guest throws(GuestError) in try guest.link.updateRequest(100) },
        Case(
            name: "BROADCAST is acknowledged",
            script: """
                > BROADCAST 4 5
                < BROADCAST 8 6
                > ACK 8
                < ACK 4
                """, time: 0
        ) { guest throws(GuestError) in try guest.broadcast(5) },
        Case(
            name: "UPDATE is sent for a new time only",
            script: """
                < FREE_UNTIL 99 1000
                > ACK 99
                ! 9
                > UPDATE 4 100
                < ACK 4
                > UPDATE 5 101
                < ACK 5
                """, time: 101
        ) { guest throws(GuestError) in
            try guest.waitReadable(9)
            try guest.announceTime()
            try guest.delay(100)
            try guest.announceTime()
            try guest.announceTime()
            try guest.delay(1)
            try guest.announceTime()
        },
        Case(
            name: "waiting for a descriptor serves the calendar",
            script: """
                < FREE_UNTIL 1 70
                > ACK 1
                < FREE_UNTIL 2 50
                > ACK 2
                ! 9
                """, time: 49
        ) { guest throws(GuestError) in
            try guest.waitReadable(9)
            try guest.delay(49)
        },
        Case(
            name: "leaving withdraws the request and waits for nothing",
            script: """
                > REQUEST 4 100
                < ACK 4
                > REQUEST 5 EVER
                < ACK 5
                > WAIT 6 MAX
                < ACK 6
                """, time: 0
        ) { guest throws(GuestError) in
            try guest.link.updateRequest(100)
            try guest.leave()
        },
        Case(
            name: "a message in pieces is one message",
            script: """
                > REQUEST 4 100
                < 000000
                < 0004000000
                < 0000000000000000
                """, time: 0
        ) { guest throws(GuestError) in try guest.link.updateRequest(100) },
        Case(
            name: "the end of the stream", script: "> REQUEST 4 100\n< END", error: .linkBroken
        ) { guest throws(GuestError) in try guest.delay(100) },
        Case(
            name: "the end of the stream inside a message", script: "> REQUEST 4 100\n< 0000000004\n< END",
            error: .shortMessage(bytes: 5)
        ) { guest throws(GuestError) in try guest.delay(100) },
        Case(
            name: "another message's ACK", script: "> REQUEST 4 100\n< ACK 3 8",
            error: .wrongSequence(operation: "REQUEST", sequence: 3, expected: 4, time: 8)
        ) { guest throws(GuestError) in try guest.delay(100) },
        Case(
            name: "RUN into the past",
            script: """
                > REQUEST 4 100
                < ACK 4
                > WAIT 5 MAX
                < ACK 5
                < RUN 1 100
                > ACK 1
                > REQUEST 6 200
                < ACK 6
                > WAIT 7 MAX
                < ACK 7
                < RUN 2 99
                """, error: .timeWentBack(from: 100, to: 99)
        ) { guest throws(GuestError) in
            try guest.delay(100)
            try guest.delay(100)
        },
        Case(
            name: "RUN at another time than the first event's",
            script: """
                > REQUEST 4 100
                < ACK 4
                > WAIT 5 MAX
                < ACK 5
                < RUN 1 101
                > ACK 1
                """, error: .wrongTurn(given: 101, expected: 100)
        ) { guest throws(GuestError) in try guest.delay(100) },
        Case(
            name: "GET into the past",
            script: "< FREE_UNTIL 99 1000\n> ACK 99\n! 9\n> GET 4 MAX\n< ACK 4 6",
            error: .timeWentBack(from: 7, to: 6)
        ) { guest throws(GuestError) in
            try guest.waitReadable(9)
            try guest.delay(7)
            try guest.link.getTime()
        },
        Case(
            name: "RUN at the end of time",
            script: """
                > REQUEST 4 EVER
                < ACK 4
                > WAIT 5 MAX
                < ACK 5
                < RUN 1 EVER
                """, error: .sleptForever
        ) { guest throws(GuestError) in try guest.sleep() },
    ]

    @Test(arguments: cases) func converses(_ conversation: Case) {
        let outcome = converse(conversation.script, conversation.body)
        #expect(outcome.problem == nil)
        #expect(outcome.error == conversation.error)
        if conversation.error == nil { #expect(outcome.time == conversation.time) }
    }

    @Test func countsWhatItDoesNotKnow() throws {
        var unexpected = 0
        let outcome = converse("> REQUEST 4 100\n< OP77 8\n> ACK 8\n< START 9\n> ACK 9\n< ACK 4") {
            guest throws(GuestError) in
            try guest.link.updateRequest(100)
            unexpected = guest.link.unexpectedMessages
        }
        #expect(outcome.problem == nil)
        #expect(unexpected == 2)
    }

    @Test func tellsOfBroadcasts() {
        var heard: [UInt64] = []
        let outcome = converse("> REQUEST 4 100\n< BROADCAST 8 42\n> ACK 8\n< ACK 4") {
            guest throws(GuestError) in
            guest.onBroadcast = { heard.append($0) }
            try guest.link.updateRequest(100)
        }
        #expect(outcome.problem == nil)
        #expect(heard == [42])
    }

    /// `time_init`: the wall clock at the guest's 0 is the calendar's less the guest's time; a late joiner's is not 0.
    @Test(arguments: [0, 1, 5_000_000_000] as [UInt64]) func takesTheWallClock(_ now: UInt64) {
        var clocks: [UInt64] = []
        let outcome = converse("", now: now) { guest throws(GuestError) in
            clocks = [guest.start, guest.persistentClock, guest.now]
        }
        #expect(outcome.problem == nil)
        #expect(clocks == [1000, 1000 + now, now])
    }
}
