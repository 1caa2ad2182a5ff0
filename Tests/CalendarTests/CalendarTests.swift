import Calendar
import Testing

struct CalendarTests {
    private func started(_ identities: UInt64..., lookahead: UInt64 = 0) throws -> (Calendar, [ClientID]) {
        var calendar = Calendar(start: 1_000_000)
        var clients: [ClientID] = []
        for identity in identities {
            let client = calendar.join(identity: identity, lookahead: lookahead)
            #expect(calendar.next() == .start(client))
            try calendar.wait(client)
            clients.append(client)
        }
        return (calendar, clients)
    }

    @Test func oneClientAlone() throws {
        var (calendar, clients) = try started(7)
        #expect(calendar.state == .idle)
        #expect(try calendar.request(clients[0], time: 500) == nil)
        #expect(calendar.state == .ready)
        #expect(calendar.next() == .run(clients[0], time: 500, freeUntil: Instant.never.nanoseconds))
        #expect(calendar.state == .running(clients[0]))
        #expect(calendar.next() == nil)
        #expect(calendar.time(for: clients[0]) == 500)
        #expect(calendar.timeOfDay == 1_000_500)
    }

    @Test func theLastRequestCounts() throws {
        var (calendar, clients) = try started(7)
        _ = try calendar.request(clients[0], time: 500)
        _ = try calendar.request(clients[0], time: 300)
        _ = try calendar.request(clients[0], time: 400)
        #expect(calendar.next() == .run(clients[0], time: 400, freeUntil: Instant.never.nanoseconds))
        try calendar.wait(clients[0])
        #expect(calendar.next() == nil, "the turn has used the request up")
        _ = try calendar.request(clients[0], time: 900)
        _ = try calendar.request(clients[0], time: .max)
        #expect(calendar.state == .idle, "2^63-1 and later is nothing to do, ever")
    }

    @Test func grantsEndAtTheNextEventOfOthers() throws {
        var (calendar, clients) = try started(1, 2)
        _ = try calendar.request(clients[0], time: 10)
        _ = try calendar.request(clients[1], time: 70)
        #expect(calendar.next() == .run(clients[0], time: 10, freeUntil: 70))
        calendar.schedule(at: Instant(nanoseconds: 90), participant: 2, payload: 0)
        try calendar.wait(clients[0])
        _ = try calendar.request(clients[0], time: 80)
        #expect(calendar.next() == .run(clients[1], time: 70, freeUntil: 80))
    }

    @Test func equalTimesByIdentityWhateverTheOrderOfJoining() throws {
        for order in [[5, 2, 9], [9, 5, 2], [2, 9, 5]] as [[UInt64]] {
            var calendar = Calendar(start: 0, roster: .identities([2, 5, 9]))
            var identities: [ClientID: UInt64] = [:]
            for identity in order { identities[calendar.join(identity: identity)] = identity }
            var starts: [UInt64] = []
            while case .start(let client)? = calendar.next() {
                starts.append(identities[client]!)
                _ = try calendar.request(client, time: 40)
                try calendar.wait(client)
                if starts.count == 3 { break }
            }
            #expect(starts == [2, 5, 9])
            var turns: [UInt64] = []
            while case .run(let client, _, let freeUntil)? = calendar.next() {
                #expect(turns.count == 2 || freeUntil == 40)
                turns.append(identities[client]!)
                try calendar.wait(client)
            }
            #expect(turns == [2, 5, 9])
        }
    }

    @Test func theRosterHoldsTime() throws {
        var calendar = Calendar(start: 0, roster: .identities([1, 2, 3]))
        let second = calendar.join(identity: 2)
        #expect(calendar.next() == nil)
        #expect(calendar.state == .gathering)
        let first = calendar.join(identity: 1)
        #expect(calendar.next() == .start(first))
        _ = try calendar.request(first, time: 5)
        try calendar.wait(first)
        #expect(calendar.next() == .start(second))
        try calendar.wait(second)
        #expect(calendar.next() == nil, "3 has not started: time stands")
        calendar.abandon(identity: 3)
        #expect(calendar.next() == .run(first, time: 5, freeUntil: Instant.never.nanoseconds))
    }

    @Test func aCountWaitsForThatMany() throws {
        var calendar = Calendar(start: 0, roster: .count(2))
        let late = calendar.join(identity: 8)
        #expect(calendar.next() == nil)
        let early = calendar.join(identity: 3)
        #expect(calendar.next() == .start(early))
        try calendar.wait(early)
        #expect(calendar.next() == .start(late))
    }

    @Test func aLateJoinerStartsAtItsOwnZero() throws {
        var (calendar, clients) = try started(1)
        _ = try calendar.request(clients[0], time: 700)
        guard case .run = calendar.next() else {
            Issue.record("no turn")
            return
        }
        let joiner = calendar.join(identity: 2)
        #expect(calendar.next() == nil, "START is answered between turns")
        _ = try calendar.request(clients[0], time: 1500)
        try calendar.wait(clients[0])
        #expect(calendar.next() == .start(joiner))
        #expect(calendar.time(for: joiner) == 0)
        #expect(calendar.timeOfDay == 1_000_700)
        _ = try calendar.request(joiner, time: 100)
        try calendar.wait(joiner)
        #expect(calendar.next() == .run(joiner, time: 100, freeUntil: 800))
        #expect(calendar.now == Instant(nanoseconds: 800))
        _ = try calendar.update(joiner, time: 150)
        #expect(calendar.now == Instant(nanoseconds: 850))
    }

    @Test func anUpdateLowersTheGrantToTheLookahead() throws {
        var (calendar, clients) = try started(1, lookahead: 50)
        _ = try calendar.request(clients[0], time: 1000)
        guard case .run = calendar.next() else {
            Issue.record("no turn")
            return
        }
        #expect(calendar.horizon == .never)
        #expect(try calendar.update(clients[0], time: 1200) == 1250)
        #expect(calendar.horizon == Instant(nanoseconds: 1250))
        #expect(try calendar.update(clients[0], time: 1210) == nil, "it is low enough already")
        #expect(
            throws: Misuse.beyondGrant(
                reached: Instant(nanoseconds: 1251), granted: Instant(nanoseconds: 1250))
        ) {
            _ = try calendar.update(clients[0], time: 1251)
        }
    }

    @Test func aTurnAtTheInstantOfAnUpdateIsGrantedTheLookahead() throws {
        var (calendar, clients) = try started(1, lookahead: 50)
        _ = try calendar.request(clients[0], time: 1000)
        guard case .run = calendar.next() else {
            Issue.record("no turn")
            return
        }
        _ = try calendar.update(clients[0], time: 1000)
        _ = try calendar.request(clients[0], time: 1000)
        try calendar.wait(clients[0])
        // The kernel will not say UPDATE again for 1000; what it sends now is announced by nothing.
        #expect(calendar.next() == .run(clients[0], time: 1000, freeUntil: 1050))
    }

    @Test func aSurpriseNeverMeetsAClientInItsPast() throws {
        var (calendar, clients) = try started(1, 2)
        _ = try calendar.request(clients[0], time: 10)
        guard case .run = calendar.next() else {
            Issue.record("no turn")
            return
        }
        // Client 2 waits and is woken by something outside of the simulation.
        let lowered = try calendar.request(clients[1], time: 20)
        #expect(lowered?.0 == clients[0] && lowered?.freeUntil == 20)
        _ = try calendar.request(clients[0], time: 5000)
        try calendar.wait(clients[0])
        #expect(calendar.time(for: clients[0]) == 5000, "it may have run up to its request by itself")
        #expect(calendar.time(for: clients[1]) == 10)
    }

    @Test func longestGrant() throws {
        var calendar = Calendar(start: 0, longestGrant: 100)
        let client = calendar.join(identity: 1)
        #expect(calendar.next() == .start(client))
        _ = try calendar.request(client, time: 40)
        try calendar.wait(client)
        #expect(calendar.next() == .run(client, time: 40, freeUntil: 140))
    }

    @Test func nothingHappensWhileItIsHeld() throws {
        var (calendar, clients) = try started(1)
        _ = try calendar.request(clients[0], time: 10)
        calendar.hold()
        calendar.hold()
        #expect(calendar.next() == nil && calendar.state == .held)
        calendar.release()
        #expect(calendar.next() == nil)
        calendar.release()
        #expect(calendar.next() != nil)
    }

    @Test func leavingInATurnEndsTheTurn() throws {
        var (calendar, clients) = try started(1, 2)
        _ = try calendar.request(clients[0], time: 10)
        _ = try calendar.request(clients[1], time: 20)
        guard case .run = calendar.next() else {
            Issue.record("no turn")
            return
        }
        calendar.leave(clients[0])
        calendar.leave(clients[0])
        #expect(calendar.next() == .run(clients[1], time: 20, freeUntil: Instant.never.nanoseconds))
        calendar.leave(clients[1])
        #expect(calendar.state == .idle)
    }

    /// A hosted client does nothing between its turns: what arrives at it is never put off, whatever it was free to do.
    @Test func hostedClientsAreGrantedNothing() throws {
        var calendar = Calendar(start: 0)
        let hosted = calendar.join(identity: 1, isHosted: true)
        let remote = calendar.join(identity: 2)
        for client in [hosted, remote] {
            #expect(calendar.next() == .start(client))
            _ = try calendar.request(client, time: 100)
            try calendar.wait(client)
        }
        #expect(calendar.isWaiting(hosted))
        #expect(calendar.next() == .run(hosted, time: 100, freeUntil: 100))
        #expect(!calendar.isWaiting(hosted))
        _ = try calendar.request(hosted, time: 900)
        try calendar.wait(hosted)
        calendar.schedule(at: Instant(nanoseconds: 101), for: hosted, participant: 1, payload: 5)
        // The other one's grant ends where the arrival is.
        #expect(calendar.next() == .run(remote, time: 100, freeUntil: 101))
        try calendar.wait(remote)
        #expect(calendar.next() == .arrival(payload: 5))
        #expect(calendar.now == Instant(nanoseconds: 101))
        #expect(calendar.own(Instant(nanoseconds: 101), for: hosted) == 101)
        calendar.leave(hosted)
        #expect(!calendar.isWaiting(hosted))
    }

    @Test func brokenRules() throws {
        var (calendar, clients) = try started(1, 2)
        _ = try calendar.request(clients[0], time: 100)
        guard case .run = calendar.next() else {
            Issue.record("no turn")
            return
        }
        #expect(throws: Misuse.notRunning(operation: "WAIT")) { try calendar.wait(clients[1]) }
        #expect(throws: Misuse.notRunning(operation: "UPDATE")) {
            _ = try calendar.update(clients[1], time: 100)
        }
        let now = Instant(nanoseconds: 100)
        #expect(throws: Misuse.past(operation: "REQUEST", asked: Instant(nanoseconds: 99), now: now)) {
            _ = try calendar.request(clients[1], time: 99)
        }
        #expect(throws: Misuse.past(operation: "UPDATE", asked: .zero, now: now)) {
            _ = try calendar.update(clients[0], time: 0)
        }
        #expect(calendar.running == clients[0], "a broken rule changes nothing by itself")
    }

    @Test func releasingWithoutHoldingTraps() async {
        await #expect(processExitsWith: .failure) {
            var calendar = Calendar(start: 0)
            calendar.release()
        }
    }

    @Test func instants() {
        #expect(Instant(nanoseconds: 12_000_000_345).description == "12.000000345 s")
        #expect(Instant(nanoseconds: 5).advanced(by: .max) == .never)
        #expect(Instant.never.description == "never")
    }
}

/// Clients that come later, and clients whose time stands.
struct CalendarFaultTests {
    private func instant(_ nanoseconds: UInt64) -> Instant { Instant(nanoseconds: nanoseconds) }

    @Test func timeStandsForAClientThatIsExpected() throws {
        var calendar = Calendar(start: 0)
        let first = calendar.join(identity: 1)
        #expect(calendar.next() == .start(first))
        _ = try calendar.request(first, time: 500)
        try calendar.wait(first)
        calendar.expect(identity: 2, at: instant(300))
        #expect(calendar.next() == nil)
        #expect(calendar.state == .gathering)
        #expect(calendar.now == instant(300))
        let second = calendar.join(identity: 2)
        #expect(calendar.next() == .start(second))
        #expect(calendar.timeOfDay == 300)
        // Its own clock begins at 0.
        _ = try calendar.request(second, time: 100)
        try calendar.wait(second)
        #expect(calendar.next() == .run(second, time: 100, freeUntil: 200))
        try calendar.wait(second)
        #expect(calendar.next() == .run(first, time: 500, freeUntil: Instant.never.nanoseconds))
    }

    @Test func whoIsExpectedTogetherStartsInOrder() throws {
        var calendar = Calendar(start: 0)
        for identity in [7, 5] as [UInt64] { calendar.expect(identity: identity, at: instant(10)) }
        let seventh = calendar.join(identity: 7)
        #expect(calendar.next() == nil)
        let fifth = calendar.join(identity: 5)
        #expect(calendar.next() == .start(fifth))
        try calendar.wait(fifth)
        #expect(calendar.next() == .start(seventh))
    }

    @Test func aPausedClientGoesOnAsIfNoTimeHadPassed() throws {
        var calendar = Calendar(start: 0)
        let client = calendar.join(identity: 1)
        #expect(calendar.next() == .start(client))
        _ = try calendar.request(client, time: 500)
        try calendar.wait(client)
        calendar.schedule(at: instant(200), participant: 0, payload: 1)
        calendar.schedule(at: instant(900), participant: 0, payload: 2)
        #expect(calendar.next() == .arrival(payload: 1))
        calendar.pause(client, at: instant(200))
        #expect(calendar.next() == .arrival(payload: 2))
        calendar.resume(client, at: instant(900))
        // 300 of its own were left.
        #expect(calendar.next() == .run(client, time: 500, freeUntil: Instant.never.nanoseconds))
        #expect(calendar.now == instant(1200))
        #expect(calendar.time(for: client) == 500)
    }

    @Test func whoWaitsForADeviceGoesNoFurtherThanItsAnswer() throws {
        var calendar = Calendar(start: 0)
        let client = calendar.join(identity: 1, lookahead: 1000)
        #expect(calendar.next() == .start(client))
        _ = try calendar.request(client, time: 100)
        try calendar.wait(client)
        #expect(calendar.next() == .run(client, time: 100, freeUntil: Instant.never.nanoseconds))
        #expect(try calendar.update(client, time: 150) == 1150)
        #expect(calendar.lower(client, to: instant(170)) == 170)
        #expect(calendar.lower(client, to: instant(170)) == nil)
        #expect(calendar.horizon == instant(170))
        try calendar.wait(client)
        #expect(calendar.lower(client, to: instant(160)) == nil)
    }
}
