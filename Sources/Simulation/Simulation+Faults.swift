package import Calendar
internal import CalendarServer
package import Network
internal import Trace

/// What goes wrong on purpose, at the calendar's instant: the owner acts on an alarm.
extension Simulation {
    // MARK: Machines

    /// The client called `participant` is without power in this instant, and so are its devices. Its process must have been
    /// killed before: it would see them go.
    package func powerOff(participant: UInt64) {
        deferred[participant] = nil
        guard let client = clientsByIdentity[participant] else { return }
        // The owner knows.
        server.remove(client, reactor: reactor)
        removeDevices(of: participant)
    }

    /// A client called `participant` is about to be started, now: time stands until it has.
    package func expect(participant: UInt64) {
        deferred[participant] = nil
        starting.insert(participant)
        server.calendar.expect(identity: participant, island: islands[participant] ?? 0, at: now)
    }

    /// A client's time stands from now on; what reaches it waits.
    package func pause(participant: UInt64) {
        guard let client = clientsByIdentity[participant], deferred[participant] == nil,
            server.calendar.isWaiting(client)
        else { return }
        deferred[participant] = []
        server.calendar.pause(client, at: now)
    }

    /// A client goes on as if no time had passed since it was paused; what waits reaches it now.
    package func resume(participant: UInt64) {
        guard let waiting = deferred.removeValue(forKey: participant),
            let client = clientsByIdentity[participant]
        else { return }
        // What it answers is sent no earlier than networks have gone.
        let instant = firstSend
        server.calendar.resume(client, at: instant)
        for arrival in waiting {
            server.calendar.schedule(
                at: instant, for: client, participant: participant, payload: pending.insert(arrival))
        }
    }

    /// Most frames that wait for a client whose time stands; more are lost.
    static let deferredLimit = 1024

    /// What is due reaches a client whose time stands: it waits, or is lost.
    func isDeferred(_ arrival: PendingArrival) -> Bool {
        guard !deferred.isEmpty, let participant = participant(of: arrival),
            let waiting = deferred[participant]
        else { return false }
        if case .frame(let frame, let id, let network, let port) = arrival,
            waiting.count >= Self.deferredLimit, let place = ports[network][port]
        {
            traceLoss(of: frame, id, Self.noRoom, at: place)
        } else {
            deferred[participant]?.append(arrival)
        }
        return true
    }

    private func participant(of arrival: PendingArrival) -> UInt64? {
        switch arrival {
        case .frame(_, _, let network, let port): ports[network][port]?.participant
        case .controlMessage(_, let index), .interrupt(_, let index), .carrier(_, let index):
            attachments[index]?.participant
        case .network, .alarm: nil
        }
    }

    // MARK: Networks

    /// The first instant at which a machine may send: now, or a little later where networks have gone ahead.
    var firstSend: Instant { networks.reduce(now) { max($0, $1.firstSend) } }

    /// The first instant at which what is next to fail may: now, or a little later where networks have gone ahead.
    package var firstChange: Instant { networks.reduce(now) { max($0, $1.firstChange) } }

    /// From now on the links of an interface are as the profiles say; nil leaves one as it is.
    package func setLink(network: Int, port: Int, out: LinkProfile?, in: LinkProfile?) {
        prepareChange(network)
        networks[network].setLink(of: port, out: out, in: `in`, at: now)
        settle(network)
        scheduleChanged(network)
    }

    /// From now on an interface has a carrier or none; its machine sees it.
    package func setUp(_ isUp: Bool, network: Int, port: Int) {
        prepareChange(network)
        networks[network].setUp(isUp, port: port, at: now)
        settle(network)
        scheduleChanged(network)
        guard case .attachment(let index)? = ports[network][port]?.station,
            let attachment = attachments[index]
        else { return }
        schedule(
            .carrier(isUp: isUp, attachment: index), at: max(now, horizon(of: attachment)), for: attachment)
    }

    /// From now on nothing gets from one to the other of these ports.
    package func setCuts(_ cuts: Set<PortPair>, network: Int) {
        prepareChange(network)
        networks[network].setCuts(cuts)
    }

    /// What happens inside a network before this instant happens: nothing that was sent before is left to enter it.
    private func prepareChange(_ network: Int) { advanceNetwork(network, entries: now, limit: now) }

    private func scheduleChanged(_ network: Int) {
        guard !crossesIslands(network),
            let place = ports[network].lazy.compactMap(\.self).first
        else { return }
        scheduleNetwork(network, island: islands[place.participant] ?? 0)
    }

    /// Faults stand in every capture.
    package func remark(_ text: String) {
        for file in captures?.all ?? [] { file.remark(text, at: now) }
    }
}
