package import Calendar
internal import CalendarServer
package import Network
internal import Trace

/// Faults, at the calendar's instant: the owner acts on an alarm.
extension Simulation {
    // MARK: Machines

    /// The client called `participant` loses power in this instant, and so do its devices. Its process must have been
    /// killed before: it would see its devices disconnect.
    package func powerOff(participant: UInt64) {
        _ = arrivals.resume(participant)
        guard let client = clients[participant] else { return }
        server.remove(client, reactor: reactor)
        devices.removeDevices(of: participant, reactor: reactor)
    }

    /// A client called `participant` is about to be started, now: time stands until it has.
    package func expect(participant: UInt64) {
        _ = arrivals.resume(participant)
        clients.expectRestart(of: participant)
        server.calendar.expect(
            identity: participant, island: clients.island(of: participant), at: server.calendar.now)
    }

    /// A client's time stands from now on; arrivals for it wait.
    package func pause(participant: UInt64) {
        guard let client = clients[participant], !arrivals.isPaused(participant),
            server.calendar.isWaiting(client)
        else { return }
        arrivals.pause(participant)
        server.calendar.pause(client, at: now)
    }

    /// A paused client continues as if no time had passed; the arrivals that waited happen now.
    package func resume(participant: UInt64) {
        guard let waiting = arrivals.resume(participant), let client = clients[participant] else { return }
        // What it answers is sent no earlier than networks have advanced.
        let instant = networks.firstSend
        server.calendar.resume(client, at: instant)
        for arrival in waiting {
            arrivals.schedule(arrival, at: instant, for: client, participant: participant)
        }
    }

    /// From now on the clock of the client called `participant` runs faster by `drift` parts per billion, also after it boots again.
    package func setDrift(_ drift: Int64, participant: UInt64) {
        server.calendar.setDrift(drift, identity: participant, island: clients.island(of: participant))
    }

    /// An arrival is due for a client whose time stands: it waits, or is lost.
    func isDeferred(_ arrival: PendingArrival) -> Bool {
        guard arrivals.hasPaused, let participant = participant(of: arrival), arrivals.isPaused(participant)
        else { return false }
        if case .frame(let parcel, let network, let port) = arrival, arrivals.isFull(participant) {
            networks.loseWithoutRoom(parcel, network: network, port: port)
        } else {
            arrivals.wait(arrival, for: participant)
        }
        return true
    }

    private func participant(of arrival: PendingArrival) -> UInt64? {
        switch arrival {
        case .frame(_, let network, let port): networks.participant(at: port, of: network)
        case .controlMessage(_, let index), .interrupt(_, let index), .carrier(_, let index),
            .resume(let index):
            devices.participant(of: index)
        case .network, .alarm: nil
        }
    }

    // MARK: Networks

    /// The first instant at which links may change: now, or a little later where networks have advanced further.
    package var firstChange: Instant { networks.firstChange }

    /// From now on the links of an interface are as the profiles say; nil leaves one as it is.
    package func setLink(network: Int, port: Int, out: LinkProfile?, in: LinkProfile?) {
        networks.setLink(of: port, out: out, in: `in`, network: network)
    }

    /// From now on an interface has a carrier or none; its machine sees it.
    package func setUp(_ isUp: Bool, network: Int, port: Int) {
        if case .attachment(let index)? = networks.setUp(isUp, port: port, network: network) {
            devices.scheduleCarrier(isUp: isUp, of: index)
        }
    }

    /// From now on no frame passes between these ports.
    package func setCuts(_ cuts: Set<PortPair>, network: Int) { networks.setCuts(cuts, network: network) }

    /// Writes a remark into every capture: faults are visible there.
    package func remark(_ text: String) {
        captures?.remark(text, at: now)
    }
}
