import Calendar
import Testing

/// The calendar against the plain reference, over random conversations.
struct RandomConversationTests {
    @Test(arguments: 0..<400)
    func sameOrderAsThePlainModel(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed + 1)
        let count = Int.random(in: 1...6, using: &generator)
        let identities = (0..<count).map { _ in UInt64.random(in: 1...1_000_000, using: &generator) }
        try #require(Set(identities).count == count)
        let latency = [0, 5, 7, 20, 1000].randomElement(using: &generator)!
        let lookahead = Bool.random(using: &generator) ? latency : min(latency, 3)
        let length = Int.random(in: 5...120, using: &generator)
        let longestGrant = [UInt64.max, 40, 7].randomElement(using: &generator)!
        let repeats = Bool.random(using: &generator)
        let drifts = seed % 2 == 0 ? [] : Self.drifts(of: identities, using: &generator)
        let plain = PlainWorld(
            seed: seed, identities: identities, latency: UInt64(latency), length: length, drifts: drifts)
        let rosters: [Roster] = [.identities(Set(identities)), .count(count)]
        for roster in rosters {
            let world = try GuestWorld(
                seed: seed, joining: identities.shuffled(using: &generator), latency: UInt64(latency),
                lookahead: UInt64(lookahead), length: length, roster: roster, longestGrant: longestGrant,
                repeatsUpdates: repeats, endsGrants: seed % 5 == 0, drifts: drifts)
            let same = plain.log == world.log
            let place = zip(plain.log, world.log).enumerated().first { $1.0 != $1.1 }
            #expect(same, "seed \(seed), roster \(roster): differs at \(String(describing: place))")
        }
        #expect(plain.log.count >= count)
    }

    /// Rates up to 10 % either way, so that a few hundred ns show how times are rounded.
    private static func drifts(of identities: [UInt64], using generator: inout SeededGenerator)
        -> [DriftChange]
    {
        (0..<Int.random(in: 1...12, using: &generator)).map { _ in
            DriftChange(
                instant: UInt64.random(in: 0...600, using: &generator),
                who: identities.randomElement(using: &generator)!,
                drift: [0, 100_000_000, -95_000_000, 1].randomElement(using: &generator)!
                    - Int64.random(in: 0...9_999_999, using: &generator) / 2)
        }
    }

    @Test func theReferenceIsNotTrivial() {
        let plain = PlainWorld(seed: 3, identities: [1, 2, 3], latency: 5, length: 100)
        #expect(plain.log.contains { $0.what == "arrival" })
        #expect(plain.log.count > 50)
    }
}
