package import Calendar
internal import CalendarServer

/// What a client does while no simulated time passes.
package enum Standing: Hashable, Sendable, CustomStringConvertible {
    /// It never connected.
    case absent
    /// It has sent START and is not answered: others start first.
    case waitsToStart
    /// It has its turn, at this instant at least.
    case runs(at: Instant)
    /// It has not replied to a device's interrupt since this instant.
    case owesReply(device: String, at: Instant)
    /// It waits for its next event; nil when it has requested none.
    case waits(until: Instant?)
    /// It has left.
    case left

    /// As a clause: "holds the turn since 1.5 s".
    package var description: String {
        switch self {
        case .absent: "has never connected"
        case .waitsToStart: "has not started: others come first"
        case .runs(let instant): "holds the turn since \(instant)"
        case .owesReply(let device, let instant): "does not answer an interrupt of \(device) since \(instant)"
        case .waits(let instant?): "waits: its next event is at \(instant)"
        case .waits(nil): "waits forever: it has requested no event"
        case .left: "has left the calendar"
        }
    }
}

/// Hang detection.
extension Simulation {
    func watchProgress() {
        guard !pauses.stands else { return progress.noteWork() }
        let mark = ProgressWatch.Mark(
            instants: server.instants, started: clients.count, present: server.clientCount)
        let activity = server.counters.messagesIn + devices.notifications + models.turns
        guard let stagnation = progress.tick(mark, activity: activity, turns: server.costs.map(\.turns)),
            // Without a pending event no client is waited for.
            server.calendar.state != .idle
        else { return }
        outbox.append(.stuck(stagnation))
    }

    /// Quarters of a second in which simulated time has stood still and no client has sent anything.
    package var silentTicks: Int { progress.silence }

    /// A client that has its turn works for it: what counts towards the limit of silence begins again.
    package func noteWork() { progress.noteWork() }

    /// Ends the clients that have stopped time for so long; the others go on.
    package func endSilent(_ stagnation: Stagnation) {
        server.endSilent(seconds: stagnation.seconds, reactor: reactor)
        devices.endSilent(seconds: stagnation.seconds, reactor: reactor)
    }

    /// The owner receives now what happened in the open window: it ends the run, and there will be no edge.
    package func releaseStagedEvents() { outbox.releaseAll(edge: now) }

    /// What the client called `participant` does. O(devices)
    package func standing(of participant: UInt64) -> Standing {
        guard let client = clients[participant] else {
            return server.isConnected(participant) ? .waitsToStart : .absent
        }
        let account = server.calendar.account(of: client)
        if server.calendar.isRunning(client) { return .runs(at: account.now) }
        if let device = devices.deviceAwaitingReply(of: participant) {
            return .owesReply(device: device, at: account.now)
        }
        return server.calendar.isWaiting(client) ? .waits(until: account.request) : .left
    }

    /// Clients that have had turns since time last passed, and how many.
    package var busyWithoutProgress: [(participant: UInt64, turns: UInt64)] {
        clients.all.compactMap { participant, client in
            let turns = server.costs[client.index].turns - progress.turns(ofClient: client.index)
            return turns > 0 ? (participant, turns) : nil
        }
    }

    /// Frames are on their way. O(arrivals)
    package var hasFramesUnderWay: Bool {
        arrivals.hasFrames || exchange.firstSending != nil || networks.isBusy
    }

    /// How many alarms of the owner are pending, without the stop.
    package var alarmsToCome: Int { exchange.alarmCount }
}
