internal import Calendar
internal import CalendarServer
package import Network

/// A network's port: whose interface it is, and what is connected.
private struct PortPlace: Sendable {
    /// Whose interface it is, and which.
    let owner: Sender
    /// Nil while the client is not connected.
    var station: Station?
}

/// What is connected to a network's port.
enum Station: Sendable {
    case attachment(Int)
    case model(Int, interface: Int)
}

/// The networks, their ports, and the frames on their way through them.
///
/// A network whose latency separates islands (it *crosses* them) takes frames in and advances at edges. Any other
/// network takes frames in at once, and its next event is an arrival of its island's calendar.
final class NetworkFabric {
    private let server: CalendarServer
    private let clients: ClientDirectory
    private let arrivals: ArrivalBook
    private let exchange: Exchange
    private let recording: Recording

    private var networks: [SimulatedNetwork]
    /// Network -> port.
    private var ports: ContiguousArray<ContiguousArray<PortPlace?>>
    /// Networks that cross islands and have an event inside, ascending: this order is part of every run hash.
    private var busy: [Int] = []
    /// The scheduled arrival of each network that crosses no islands and has an event inside.
    private var due: [Int: (ticket: ArrivalBook.Ticket, instant: Instant)] = [:]
    /// Frames sent, by participant.
    private var framesSent: [UInt64: UInt64] = [:]
    /// Memory to use again.
    private var outcomes = NetworkOutcomes()

    init(
        _ networks: [SimulatedNetwork], server: CalendarServer, clients: ClientDirectory,
        arrivals: ArrivalBook, exchange: Exchange, recording: Recording
    ) {
        self.networks = networks
        ports = ContiguousArray(repeating: [], count: networks.count)
        self.server = server
        self.clients = clients
        self.arrivals = arrivals
        self.exchange = exchange
        self.recording = recording
    }

    // MARK: Ports

    /// Adds a port for the interface number `device` of `participant`.
    func addPort(
        network: Int, name: String, participant: UInt64, device: UInt64,
        for station: Switch.SelectiveStation? = nil, links: InterfaceLinks = InterfaceLinks()
    ) -> Int {
        let port = networks[network].addPort(
            name: name, for: station, out: links.out, in: links.in, mtu: links.mtu)
        while ports[network].count <= port { ports[network].append(nil) }
        ports[network][port] = PortPlace(owner: Sender(participant: participant, device: device))
        return port
    }

    /// Removes a port now, or where the network has advanced further, at the first instant at which it may.
    func removePort(_ port: Int, of network: Int) {
        let instant = max(server.calendar.now, networks[network].firstChange)
        _ = networks[network].removePort(port, at: instant)
        settle(network)
    }

    /// Something is connected to a port.
    func connect(_ station: Station, to port: Int, of network: Int) {
        ports[network][port]?.station = station
    }

    /// An attachment is disconnected from a port, if it is what is connected there.
    func disconnect(attachment: Int, from port: Int, of network: Int) {
        if case .attachment(attachment)? = ports[network][port]?.station {
            ports[network][port]?.station = nil
        }
    }

    /// Whether the link to a port is up.
    func accepts(_ port: Int, of network: Int) -> Bool { networks[network].accepts(port) }

    func counters(of port: Int, in network: Int) -> PortCounters { networks[network].counters(of: port) }

    /// Whose interface is at a port.
    func participant(at port: Int, of network: Int) -> UInt64? {
        ports[network][port]?.owner.participant
    }

    // MARK: A frame is sent

    /// Frames sent so far.
    var framesCarried: UInt64 { framesSent.values.reduce(0, +) }

    /// A station sends a frame: it enters the network now, or, where islands are crossed, at the edge.
    func send(
        _ frame: Frame, network: Int, port: Int, sender: Sender, island: Int, at instant: Instant
    ) {
        let number = framesSent[sender.participant, default: 0] + 1
        framesSent[sender.participant] = number
        recording.frameSent(frame, by: sender, at: instant)
        let sending = Exchange.Sending(
            frame: frame, network: network, port: port,
            id: FrameID(sender: sender.participant, number: number, device: sender.device), instant: instant)
        if crossesIslands(network) {
            server.calendar.send(from: island)
            exchange.send(sending)
        } else {
            enter(sending)
            scheduleNext(of: network, island: island)
        }
    }

    private func crossesIslands(_ network: Int) -> Bool {
        server.calendar.window != nil && networks[network].leastDelay > 0
    }

    // MARK: Inside

    /// Something is inside a network that crosses islands.
    var isBusy: Bool { !busy.isEmpty }

    /// The earliest event inside any network; nil when there is none.
    var nextEvent: Instant? { networks.lazy.compactMap(\.nextEvent).min() }

    /// Advances a network: nothing is sent before `entries` any more; links and paths may change at `limit`.
    private func advance(_ network: Int, entries: Instant, limit: Instant) {
        let settings = networks[network].settings
        networks[network].advance(
            entries: entries, exits: min(limit, entries.advanced(by: settings.leastOut + settings.leastPath)))
        settle(network)
    }

    /// Frames that leave a network are scheduled as arrivals; lost ones are recorded.
    private func settle(_ network: Int) {
        networks[network].takeOutcomes(into: &outcomes)
        for loss in outcomes.losses { recording.frameLost(loss) }
        for delivery in outcomes.deliveries {
            guard let participant = ports[network][delivery.port]?.owner.participant else { continue }
            arrivals.schedule(
                .frame(delivery.parcel, network: network, port: delivery.port), at: delivery.at,
                for: clients[participant], participant: participant, island: clients.island(of: participant))
        }
        outcomes.removeAll()
        let isBusy = crossesIslands(network) && networks[network].nextEvent != nil
        guard isBusy != busy.contains(network) else { return }
        busy.removeAll { $0 == network }
        if isBusy { busy.append(network) }
        busy.sort()
    }

    /// Schedules the next event inside a network that crosses no islands.
    private func scheduleNext(of network: Int, island: Int) {
        guard networks[network].nextEvent != nil else { return }
        // An event at or after the next alarm waits for it: links may change there.
        let limit = exchange.limit ?? .never
        let instant = max(
            networks[network].nextAdvance(before: limit) ?? limit, server.calendar.now(in: island))
        if let scheduled = due[network] {
            guard instant < scheduled.instant else { return }
            arrivals.cancel(scheduled.ticket)
        }
        let ticket = arrivals.schedule(
            .network(network), at: instant, participant: 0, island: island, touchesNobody: true)
        due[network] = (ticket, instant)
    }

    /// The next event inside a network that crosses no islands is due.
    func eventIsDue(in network: Int, island: Int) {
        due[network] = nil
        advance(network, entries: server.calendar.now(in: island), limit: exchange.limit ?? .never)
        scheduleNext(of: network, island: island)
    }

    // MARK: A frame arrives

    /// A frame is at a port, at the instant of its client's island: what is connected there; nil if the frame is lost.
    func receiver(of parcel: Parcel, network: Int, port: Int) -> Station? {
        guard let place = ports[network][port] else { return nil }
        guard networks[network].accepts(port) else {
            lose(parcel, at: place.owner, reason: "the receiver's link is down")
            return nil
        }
        if place.station == nil { lose(parcel, at: place.owner, reason: "the receiver is off") }
        return place.station
    }

    /// A frame is lost because its receiver has no room for it.
    func loseWithoutRoom(_ parcel: Parcel, network: Int, port: Int) {
        guard let owner = ports[network][port]?.owner else { return }
        lose(parcel, at: owner, reason: Self.noRoom)
    }

    /// Why a frame is lost whose receiver takes no more.
    static let noRoom = "the receiver has no room"

    private func lose(_ parcel: Parcel, at receiver: Sender, reason: String) {
        let now = server.calendar.now(in: clients.island(of: receiver.participant))
        recording.frameLost(parcel, at: receiver, now, reason: reason)
    }

    // MARK: Changes

    /// The path between two ports, one way, instead of the network's latency.
    func setPath(from: Int, to: Int, _ path: PathProfile, network: Int) {
        networks[network].setPath(from: from, to: to, path)
    }

    /// The first instant at which a machine may send: now, or a little later where networks have advanced further.
    var firstSend: Instant { networks.reduce(server.calendar.now) { max($0, $1.firstSend) } }

    /// The first instant at which links may change: now, or a little later where networks have advanced further.
    var firstChange: Instant { networks.reduce(server.calendar.now) { max($0, $1.firstChange) } }

    /// From now on the links of an interface are as the profiles say; nil leaves one as it is.
    func setLink(of port: Int, out: LinkProfile?, in: LinkProfile?, network: Int) {
        prepareChange(of: network)
        networks[network].setLink(of: port, out: out, in: `in`, at: server.calendar.now)
        finishChange(of: network)
    }

    /// From now on the link of a port is up or down.
    ///
    /// - Returns: what is connected there.
    func setUp(_ isUp: Bool, port: Int, network: Int) -> Station? {
        prepareChange(of: network)
        networks[network].setUp(isUp, port: port, at: server.calendar.now)
        finishChange(of: network)
        return ports[network][port]?.station
    }

    /// From now on no frame passes between these ports.
    func setCuts(_ cuts: Set<PortPair>, network: Int) {
        prepareChange(of: network)
        networks[network].setCuts(cuts)
    }

    /// Every event inside before the change happens: all frames that were sent before have entered.
    private func prepareChange(of network: Int) {
        advance(network, entries: server.calendar.now, limit: server.calendar.now)
    }

    private func finishChange(of network: Int) {
        settle(network)
        guard !crossesIslands(network), let place = ports[network].lazy.compactMap(\.self).first else {
            return
        }
        scheduleNext(of: network, island: clients.island(of: place.owner.participant))
    }
}

extension NetworkFabric: ExchangeSite {
    var earliestEvent: Instant { server.calendar.earliest }

    var nextArrival: Instant? { busy.lazy.compactMap { self.networks[$0].nextArrival }.min() }

    /// A frame enters a network.
    func enter(_ sending: Exchange.Sending) {
        let network = sending.network
        let fate = recording.captures?.carried(
            sending.frame, by: Sender(participant: sending.id.sender, device: sending.id.device),
            over: network, at: sending.instant)
        networks[network].send(
            Parcel(sending.frame, sending.id, fate: fate), from: sending.port, at: sending.instant)
        settle(network)
    }

    func advance(entries: Instant, limit: Instant) -> Bool {
        var hasAdvanced = false
        for network in busy {
            let before = networks[network].nextEvent
            advance(network, entries: entries, limit: limit)
            if networks[network].nextEvent != before { hasAdvanced = true }
        }
        return hasAdvanced
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
