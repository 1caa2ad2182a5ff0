internal import Calendar
internal import CalendarServer
package import Network
internal import Trace

/// Frames on their way through networks.
extension Simulation {
    func addPort(
        network: Int, name: String, participant: UInt64, device: UInt64,
        for station: Switch.SelectiveStation? = nil, links: InterfaceLinks = InterfaceLinks()
    ) -> Int {
        let port = networks[network].addPort(
            name: name, for: station, out: links.out, in: links.in, mtu: links.mtu)
        while ports[network].count <= port { ports[network].append(nil) }
        ports[network][port] = PortPlace(participant: participant, device: device)
        return port
    }

    /// What lies between two ports, one way, instead of the network's latency.
    package func setPath(from: Int, to: Int, _ path: PathProfile, network: Int) {
        networks[network].setPath(from: from, to: to, path)
    }

    /// A station sends a frame: at once, or where islands exchange, at the edge.
    func send(
        _ frame: Frame, network: Int, port: Int, sender: Sender, island: Int, at instant: Instant
    ) {
        captures?.sent(frame, by: sender, at: instant)
        let id = number(frame, of: sender, at: instant)
        if crossesIslands(network) {
            server.calendar.send(from: island)
            exchange.send(frame, id, network: network, port: port, at: instant)
        } else {
            carry(frame, id, network: network, port: port, at: instant)
            scheduleNetwork(network, island: island)
        }
    }

    /// Frames enter this network, and go on in it, at edges. Other networks go on when the calendar says.
    func crossesIslands(_ network: Int) -> Bool {
        server.calendar.window != nil && networks[network].leastDelay > 0
    }

    /// A frame enters a network.
    func carry(_ frame: Frame, _ id: FrameID, network: Int, port: Int, at instant: Instant) {
        networks[network].send(frame, id, from: port, at: instant)
        networks[network].takeOutcomes(into: &outcomes)
        let loss = outcomes.deliveries.isEmpty ? outcomes.losses.first : nil
        captures?.carried(
            frame, by: Sender(participant: id.sender, device: id.device), over: network, at: instant,
            remark: loss.map { "lost: \($0.reason)" })
        settle(network)
    }

    /// What is inside a network goes on. Links and paths may change at `limit`, and no earlier.
    func advanceNetwork(_ network: Int, entries: Instant, limit: Instant) {
        let settings = networks[network].settings
        networks[network].advance(
            entries: entries, exits: min(limit, entries.advanced(by: settings.leastOut + settings.leastPath)))
        settle(network)
    }

    /// What came of frames in a network gets its arrivals, and its places in the trace.
    func settle(_ network: Int) {
        networks[network].takeOutcomes(into: &outcomes)
        for loss in outcomes.losses {
            recorder?.record(
                .drop, loss.id.sender, at: loss.at, text: loss.reason.description,
                .init(loss.id.device, loss.id.sender, loss.id.number))
        }
        for delivery in outcomes.deliveries {
            guard let place = ports[network][delivery.port] else { continue }
            server.calendar.schedule(
                at: delivery.at, for: clientsByIdentity[place.participant],
                island: islands[place.participant] ?? 0, participant: place.participant,
                payload: pending.insert(
                    .frame(delivery.frame, delivery.id, network: network, port: delivery.port)))
        }
        outcomes.removeAll()
        let isBusy = crossesIslands(network) && networks[network].nextEvent != nil
        guard isBusy != busyNetworks.contains(network) else { return }
        busyNetworks.removeAll { $0 == network }
        if isBusy { busyNetworks.append(network) }
        busyNetworks.sort()
    }

    /// Where no islands are crossed, what is due inside a network is an arrival of the calendar.
    func scheduleNetwork(_ network: Int, island: Int) {
        guard networks[network].nextEvent != nil else { return }
        // What is due when links may change waits for that.
        let limit = exchange.limit ?? .never
        let due = max(networks[network].nextAdvance(before: limit) ?? limit, server.calendar.now(in: island))
        if let (arrival, payload, instant) = networkArrivals[network] {
            guard due < instant else { return }
            server.calendar.cancel(arrival)
            _ = pending.take(payload)
        }
        let payload = pending.insert(.network(network))
        let arrival = server.calendar.schedule(
            at: due, island: island, participant: 0, payload: payload, touchesNobody: true)
        networkArrivals[network] = (arrival, payload, due)
    }

    /// Something is due inside a network that crosses no islands.
    func networkIsDue(_ network: Int, island: Int) {
        networkArrivals[network] = nil
        advanceNetwork(
            network, entries: server.calendar.now(in: island), limit: exchange.limit ?? .never)
        scheduleNetwork(network, island: island)
    }

    /// A frame is at a port, at the instant of its client's island.
    func deliver(_ frame: Frame, _ id: FrameID, network: Int, port: Int) {
        guard let place = ports[network][port] else { return }
        guard networks[network].accepts(port) else {
            return traceLoss(of: frame, id, Self.linkDown, at: place)
        }
        switch place.station {
        case .attachment(let index)?: deliver(frame, id, to: index)
        case .model(let index, let interface)?: deliver(frame, id, to: index, on: interface)
        case nil: traceLoss(of: frame, id, Self.nobodyListens, at: place)
        }
    }

    /// Why a frame is lost at its receiver.
    private static let linkDown = "the receiver's link is down"
    private static let nobodyListens = "the receiver is off"

    func traceLoss(of frame: Frame, _ id: FrameID, _ reason: String, at place: PortPlace) {
        let now = server.calendar.now(in: islands[place.participant] ?? 0)
        captures?.arrived(
            frame, at: Sender(participant: place.participant, device: place.device), now,
            remark: "lost: \(reason)")
        recorder?.record(
            .drop, place.participant, at: now, text: reason, .init(place.device, id.sender, id.number))
    }
}

/// What an interface's links are.
package struct InterfaceLinks: Sendable {
    /// From the machine.
    package var out = LinkProfile()
    /// To the machine.
    package var `in` = LinkProfile()
    /// Longest payload it takes, bytes; nil takes any.
    package var mtu: Int?

    package init() {}

    package init(out: LinkProfile, in: LinkProfile, mtu: Int?) {
        self.out = out
        self.in = `in`
        self.mtu = mtu
    }
}
