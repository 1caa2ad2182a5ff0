internal import Calendar

/// Which client of the calendar a participant is, in which island, and which process it has.
final class ClientDirectory {
    /// The client that a participant was last: one that restarts is another client.
    private var clients: [UInt64: ClientID] = [:]
    private var islands: [UInt64: Int]
    /// Participants that are started again and whose START is not answered yet.
    private var restarting: Set<UInt64> = []
    /// By the owner's number of the child process.
    private var participants: [Int: UInt64] = [:]

    /// - Parameter islands: by participant; the others are in island 0.
    init(islands: [UInt64: Int]) { self.islands = islands }

    /// The client called `participant`; nil if it never started.
    subscript(participant: UInt64) -> ClientID? { clients[participant] }

    /// How many participants have started.
    var count: Int { clients.count }

    /// All that have started, by participant.
    var all: [(participant: UInt64, client: ClientID)] {
        clients.map { ($0.key, $0.value) }.sorted { $0.participant < $1.participant }
    }

    func island(of participant: UInt64) -> Int { islands[participant] ?? 0 }

    func setIsland(_ island: Int, of participant: UInt64) { islands[participant] = island }

    func started(_ participant: UInt64, as client: ClientID) {
        clients[participant] = client
        restarting.remove(participant)
    }

    func expectRestart(of participant: UInt64) { restarting.insert(participant) }

    /// It has started, and is not expected to start again.
    func hasStarted(_ participant: UInt64) -> Bool {
        clients[participant] != nil && !restarting.contains(participant)
    }

    func setChild(_ number: Int, of participant: UInt64) { participants[number] = participant }

    /// Whose process a child is.
    func participant(ofChild number: Int) -> UInt64? { participants[number] }
}
