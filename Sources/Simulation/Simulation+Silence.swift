package import Calendar
internal import CalendarServer

/// No simulated time has passed for long.
package struct Stagnation: Hashable, Sendable {
    /// Wall-clock seconds since it last did.
    package let seconds: Int
    /// Wall-clock seconds since the last message, device notification or model's turn.
    package let silentSeconds: Int

    /// Somebody talks without end.
    package var isTalk: Bool { silentSeconds < 1 }
}

/// How a client stands while nothing goes on.
package enum Standing: Hashable, Sendable, CustomStringConvertible {
    /// The calendar has never heard of it.
    case absent
    /// It has asked to start and is not answered: others come first.
    case waitsToStart
    /// It has its turn, at this instant at least.
    case runs(at: Instant)
    /// An interrupt was sent to a device's driver, which has not answered since this instant.
    case owesReply(device: String, at: Instant)
    /// It waits for its next event; nil when it has asked for none.
    case waits(until: Instant?)
    /// It has left.
    case left

    /// As what is said of it: "holds the turn since 1.5 s".
    package var description: String {
        switch self {
        case .absent: "has never connected"
        case .waitsToStart: "has not started: others come first"
        case .runs(let instant): "holds the turn since \(instant)"
        case .owesReply(let device, let instant): "does not answer an interrupt of \(device) since \(instant)"
        case .waits(let instant?): "waits: its next event is at \(instant)"
        case .waits(nil): "waits for ever: it has asked for no event"
        case .left: "has left the calendar"
        }
    }
}

/// Whether simulated time goes on, looked at once a tick.
struct Silence {
    /// What changes when something has come of what is done: time went on, a client started or left.
    struct Mark: Hashable {
        var instants: UInt64
        var started: Int
        var present: Int
    }

    /// Ticks without progress after which the owner is told, and again after so many without a word.
    let limit: Int
    private(set) var ticks = 0
    private(set) var silentTicks = 0
    private var mark: Mark?
    private var words: UInt64 = 0
    /// Turns by client at the first tick without progress.
    var turns: [UInt64] = []

    init(limit: Int) { self.limit = limit }

    /// A tick.
    mutating func look(_ new: Mark, words: UInt64) {
        silentTicks = words == self.words ? silentTicks + 1 : 0
        self.words = words
        ticks = new == mark ? ticks + 1 : 0
        mark = new
    }

    /// The owner is told now.
    var isDue: Bool { ticks > 0 && (ticks.isMultiple(of: limit) || ticks > limit && silentTicks == limit) }
}

extension Simulation {
    private var words: UInt64 { server.counters.messagesIn + deviceEvents + modelTurns }

    func watchProgress() {
        let mark = Silence.Mark(
            instants: server.instants, started: clientsByIdentity.count, present: server.clientCount)
        silence.look(mark, words: words)
        if silence.ticks == 1 { silence.turns = server.costs.map(\.turns) }
        // Where nothing is to come, nobody is waited for.
        guard silence.isDue, server.calendar.state != .idle else { return }
        events.append(
            .stuck(
                Stagnation(
                    seconds: silence.ticks / Self.ticksPerSecond,
                    silentSeconds: silence.silentTicks / Self.ticksPerSecond)))
    }

    /// Ends those who have held everybody up for so long: in a calendar whose clients are strangers to each other only who
    /// breaks a rule is ended, and the others go on.
    package func endSilent(_ stagnation: Stagnation) {
        server.endSilent(seconds: stagnation.seconds, reactor: reactor)
        for (index, attachment) in attachments.enumerated() where attachment?.heldIsland != nil {
            end(index, reason: "no answer to an interrupt for \(stagnation.seconds) s")
        }
    }

    /// What has happened in the open window is told now: the owner ends the run, and there will be no edge.
    package func releaseStagedEvents() { events += exchange.takeEvents(before: .never, edge: now) }

    /// How the client called `participant` stands. O(devices).
    package func standing(of participant: UInt64) -> Standing {
        guard let client = clientsByIdentity[participant] else {
            return server.isConnected(participant) ? .waitsToStart : .absent
        }
        let account = server.calendar.account(of: client)
        if server.calendar.isRunning(client) { return .runs(at: account.now) }
        for attachment in attachments {
            guard let attachment, attachment.participant == participant, attachment.heldIsland != nil else {
                continue
            }
            return .owesReply(device: sockets[attachment.socket].name, at: account.now)
        }
        return server.calendar.isWaiting(client) ? .waits(until: account.request) : .left
    }

    /// Clients that have had turns since time last went on, and how many.
    package var busyWithoutProgress: [(participant: UInt64, turns: UInt64)] {
        clientsByIdentity.compactMap { participant, client in
            let before = client.index < silence.turns.count ? silence.turns[client.index] : 0
            let turns = server.costs[client.index].turns - before
            return turns > 0 ? (participant, turns) : nil
        }.sorted { $0.participant < $1.participant }
    }

    /// Frames are on their way. O(arrivals).
    package var hasFramesUnderWay: Bool {
        pending.hasFrames || exchange.firstSending != nil || !busyNetworks.isEmpty
    }

    /// How many alarms of the owner are to come.
    package var alarmsToCome: Int { exchange.alarms.count }
}
