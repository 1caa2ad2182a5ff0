package import Calendar
package import CalendarServer
package import Network
package import Posix
package import SystemPackage
package import Trace
internal import Virtio

/// A calendar, its clients, and the devices and networks between them, on one reactor thread.
///
/// The owner's loop is: `wait`, act on `takeEvents(into:)`, `advance`, and again. Each part returns; nothing calls back.
package final class Simulation {
    /// Reactor tokens: what a descriptor is, in the upper byte; which one, below.
    enum Token {
        static let calendar: UInt64 = 0
        static let deviceSocket: UInt64 = 1 << 56
        static let device: UInt64 = 2 << 56
        static let backChannel: UInt64 = 3 << 56
        static let child: UInt64 = 4 << 56
        static let timer: UInt64 = 5 << 56
        static let signals: UInt64 = 6 << 56
        static let console: UInt64 = 7 << 56
        static let kind: UInt64 = 0xff << 56
    }

    package private(set) var server: CalendarServer
    package internal(set) var networks: [SimulatedNetwork]
    var reactor: Reactor
    /// Of the consoles. It is looked at after the others: what is written before a message is there by then, while one look at
    /// all may find the message and not what came before it.
    var consoleReactor: Reactor
    private let timer: WallTimer
    private let signals: SignalSource?

    var sockets: ContiguousArray<DeviceSocket> = []
    var attachments: ContiguousArray<Attachment?> = []
    /// Network -> port -> whose it is and who is there.
    var ports: ContiguousArray<ContiguousArray<PortPlace?>>
    /// Networks that cross islands and in which something is due, ascending.
    var busyNetworks: [Int] = []
    /// What is due first in a network that crosses no islands.
    var networkArrivals: [Int: (arrival: Islands.Arrival, payload: Int, instant: Instant)] = [:]
    /// Islands of clients, by identity.
    var islands: [UInt64: Int] = [:]
    /// By identity: what waits for a client whose time stands.
    var deferred: [UInt64: [PendingArrival]] = [:]
    var pending = ArrivalTable()
    /// What islands and the owner exchange at edges.
    var exchange = Exchange()
    var models: ContiguousArray<HostedModel> = []
    var modelOfClient: [ClientID: Int] = [:]
    /// Model turns since the owner last looked at sockets.
    var hostedTurns = 0
    var events: [SimulationEvent] = []
    /// Memory to use again.
    var outcomes = NetworkOutcomes()
    var participantOfChild: [Int: UInt64] = [:]
    var clientsByIdentity: [UInt64: ClientID] = [:]
    /// Clients that start once more and have not yet.
    var starting: Set<UInt64> = []
    /// Devices beside the control device, by identity.
    private var devices: [UInt64: UInt64] = [:]
    /// Frames that have been sent, by sender's identity.
    var framesSent: [UInt64: UInt64] = [:]
    var consoles: ContiguousArray<ConsoleStream?> = []
    /// A quarter of a second has passed since the trace was last written.
    var traceIsStale = false

    /// Lines of consoles are told as `.consoleLine`, in the order of simulated time.
    package var reportsConsoleLines = false

    /// Lines and words of a machine whose turn it still is, without windows.
    var heldLines: [SimulationEvent] = []
    var heldControlMessages: [SimulationEvent] = []

    /// Where frames are written down.
    package var captures: Captures?
    /// Where what happens is written down.
    package var recorder: TraceRecorder? {
        didSet { server.recorder = recorder }
    }

    /// Whether simulated time goes on.
    var silence: Silence
    var deviceEvents: UInt64 = 0
    var modelTurns: UInt64 = 0

    /// Milliseconds of wall-clock time after which several clients that run are `.coreContended`; nil for never.
    package var patience: Int?

    /// A client runs on a core of its own from now on: `.dedicatedCoreUnused` says when that is not worth it any more.
    package func watchDedicatedCore(of identity: UInt64) {
        guard let client = clientsByIdentity[identity] else { return }
        server.cores.setDedicatedCore(true, for: client)
    }

    /// Ticks per second of wall-clock time.
    package static let ticksPerSecond = 4

    /// - Parameters:
    ///   - socketPath: where the calendar listens.
    ///   - devices: who interrupts clients.
    ///   - silenceLimit: wall-clock seconds without progress of simulated time after which the owner is told `.stuck`.
    ///   - catchesSignals: SIGINT and SIGTERM become `.interrupted`.
    package init(
        socketPath: String, calendar: consuming Islands, networks: [SimulatedNetwork],
        expectations: [UInt64: CalendarServer.Expectation] = [:], devices: CalendarServer.Devices = .foreign,
        sharesMemory: Bool = false,
        silenceLimit: Int = 60, catchesSignals: Bool
    ) throws(Errno) {
        Posix.ignoreBrokenPipes()
        self.networks = networks
        self.ports = ContiguousArray(repeating: [], count: networks.count)
        for expectation in expectations.values { islands[expectation.identity] = expectation.island }
        silence = Silence(limit: silenceLimit * Self.ticksPerSecond)
        reactor = try Reactor()
        consoleReactor = try Reactor()
        try reactor.add(consoleReactor, token: Token.console)
        server = try CalendarServer(
            path: socketPath, calendar: calendar, tokens: Token.calendar, expectations: expectations,
            devices: devices, sharesMemory: sharesMemory, reactor: reactor)
        timer = try WallTimer(everyMilliseconds: 1000 / Self.ticksPerSecond)
        try reactor.add(timer.descriptor, token: Token.timer)
        if catchesSignals {
            let source = try SignalSource()
            try reactor.add(source.descriptor, token: Token.signals)
            signals = consume source
        } else {
            signals = nil
        }
    }

    /// The calendar's instant; with windows the last edge.
    package var now: Instant { server.calendar.now }

    // MARK: What the owner sets up

    /// Offers a network interface at `path` for the client called `participant`.
    ///
    /// - Parameters:
    ///   - name: for messages and random numbers: `m1/eth0`.
    ///   - mtu: what the machine is told, bytes.
    /// - Returns: its port in the network.
    package func addInterface(
        path: String, name: String, network: Int, participant: UInt64, mac: MACAddress, mtu: Int,
        offloads: Bool, links: InterfaceLinks = InterfaceLinks()
    ) throws(Errno) -> Int {
        let device = nextDevice(of: participant)
        let port = addPort(
            network: network, name: name, participant: participant, device: device, links: links)
        try addSocket(
            path: path, name: name, role: .port(network: network),
            profile: .network(mac: mac.octets, mtu: UInt16(mtu), offloads: offloads),
            participant: participant, device: device, port: port)
        return port
    }

    /// Offers an entropy device at `path` for the client called `participant`, whose interfaces are there already.
    package func addEntropy(path: String, name: String, participant: UInt64, randomness: SplitMix64)
        throws(Errno)
    {
        try addSocket(
            path: path, name: name, role: .entropy, profile: .entropy(randomness), participant: participant,
            device: nextDevice(of: participant), port: nil)
    }

    /// Offers a disk at `path` for the client called `participant`, whose other devices are there already.
    ///
    /// - Parameters:
    ///   - file: what is on it; made if it is not there.
    ///   - size: bytes, whole sectors of 512.
    package func addDisk(path: String, name: String, participant: UInt64, file: String, size: UInt64)
        throws(Errno)
    {
        try addSocket(
            path: path, name: name, role: .disk, profile: .disk(try DiskImage(path: file, size: size)),
            participant: participant, device: nextDevice(of: participant), port: nil)
    }

    /// The number of a client's next device, from 1.
    private func nextDevice(of participant: UInt64) -> UInt64 {
        devices[participant, default: 0] += 1
        return devices[participant, default: 0]
    }

    /// Offers a hub at `path`: each connection is a port of its own with a MAC address made of its number.
    package func addHub(path: String, network: Int) throws(Errno) {
        try addSocket(
            path: path, name: "hub \(path)", role: .port(network: network),
            profile: .network(mac: Self.hubAddress(0).octets, mtu: 1500, offloads: true), participant: nil,
            port: nil)
    }

    /// Offers a machine's control device at `path`.
    package func addControl(path: String, name: String, machine: Int, participant: UInt64) throws(Errno) {
        try addSocket(
            path: path, name: name, role: .control(machine: machine), profile: .console(),
            participant: participant, port: nil)
    }

    /// Reports the end of a child process, which is the client called `participant`, as `.childEnded(index)`.
    package func watch(_ child: borrowing ChildProcess, index: Int, participant: UInt64) throws(Errno) {
        participantOfChild[index] = participant
        try reactor.add(child.descriptor, token: Token.child | UInt64(index))
    }

    package func unwatch(_ child: borrowing ChildProcess) {
        // Already out of the reactor when its descriptor is closed.
        try? reactor.remove(child.descriptor)
    }

    /// The process of the client called `participant` is about to end: simulated time stands until the owner has heard
    /// `.childEnded` and calls `release()`.
    package func awaitEnd(of participant: UInt64) {
        exchange.awaitEnd(of: participant)
        hold()
    }

    /// Simulated time stands until `release()`.
    package func hold() { server.calendar.hold() }

    package func release() { server.calendar.release() }

    /// The client called `participant` will not come.
    package func abandon(participant: UInt64) { server.calendar.abandon(identity: participant) }

    /// `.alarm(number)` happens at `instant`, or at the earliest one after it that surprises nobody.
    package func setAlarm(_ number: Int, at instant: Instant) {
        guard server.calendar.window == nil else {
            exchange.alarms.append((instant, number))
            return
        }
        let instant = max(instant, server.calendar.horizon(in: 0))
        exchange.alarms.append((instant, number))
        server.calendar.schedule(at: instant, participant: 0, payload: pending.insert(.alarm(number)))
    }

    /// Sends bytes to a machine's control device at `instant`, or at the earliest one after it that surprises nobody.
    package func sendControl(_ bytes: [UInt8], machine: Int, at instant: Instant = .zero) {
        // What is said may be answered by a frame: networks have gone on to where the next thing would have happened.
        let first = max(instant, firstSend)
        for (index, attachment) in attachments.enumerated() {
            guard let attachment, case .control(machine) = attachment.role else { continue }
            schedule(
                .controlMessage(bytes, attachment: index), at: max(first, horizon(of: attachment)),
                for: attachment)
        }
    }

    func island(of attachment: Attachment) -> Int {
        clientsByIdentity[attachment.participant].map { server.calendar.island(of: $0) } ?? 0
    }

    func horizon(of attachment: Attachment) -> Instant {
        server.calendar.horizon(in: island(of: attachment))
    }

    private func addSocket(
        path: String, name: String, role: DeviceRole, profile: DeviceProfile, participant: UInt64?,
        device: UInt64 = 0, port: Int?
    ) throws(Errno) {
        let listener = try UnixSocket.listen(path: path)
        try listener.setNonBlocking()
        try reactor.add(listener, token: Token.deviceSocket | UInt64(sockets.count))
        sockets.append(
            DeviceSocket(
                name: name, listener: listener, role: role, profile: profile, participant: participant,
                device: device, port: port))
    }

    /// Locally administered, unicast, counted.
    static func hubAddress(_ number: Int) -> MACAddress {
        MACAddress(value: 0x0200_0000_0000 | UInt64(number & 0xff_ffff))
    }

    /// What the interfaces of a client have carried, as the switches count it: `in` came from the client.
    package func traffic(of participant: UInt64) -> PortCounters {
        var sum = PortCounters()
        for socket in sockets where socket.participant == participant {
            guard case .port(let network) = socket.role, let port = socket.port else { continue }
            sum += networks[network].counters(of: port)
        }
        for model in models where model.identity == participant {
            for place in model.places { sum += networks[place.network].counters(of: place.port) }
        }
        return sum
    }

    /// Clients whose turn it is.
    package var clientsRunning: Int { server.calendar.allRunning.count }

    /// Frames that have entered networks.
    package var framesCarried: UInt64 { framesSent.values.reduce(0, +) }

    /// The instant that a client has got to: the calendar's, and in an open window perhaps later.
    package func instant(of participant: UInt64) -> Instant {
        max(now, clientsByIdentity[participant].map { server.calendar.now(of: $0) } ?? .zero)
    }

    /// What the turns of a client have cost; nil for one that never started, and for a model.
    package func costs(of participant: UInt64) -> TurnCosts? {
        clientsByIdentity[participant].flatMap { server.costs(of: $0) }
    }

    // MARK: The loop

    /// Waits for something to happen and reads it, or only looks when the calendar can go on by itself; the owner acts on
    /// `takeEvents(into:)` next.
    package func wait() throws(Errno) {
        server.flush(reactor: reactor)
        hostedTurns = 0
        let watches = patience != nil && server.calendar.running > 1
        let count = try reactor.wait(milliseconds: isReady ? 0 : watches ? patience ?? -1 : -1)
        if count == 0, watches { events.append(.coreContended(server.runningIdentities)) }
        // What a machine wrote in its turn came before the end of its turn.
        if count > 0 { try readConsoles() }
        for index in 0..<count {
            let event = reactor[index]
            let number = Int(event.token & ~Token.kind)
            switch event.token & Token.kind {
            case Token.calendar: try server.handle(event, reactor: reactor)
            case Token.deviceSocket: try accept(number)
            case Token.device: receive(number)
            case Token.backChannel: receiveReply(number)
            case Token.child: childEnded(number)
            case Token.console: break
            case Token.signals: if try signals?.next() != nil { events.append(.interrupted) }
            default: try tick()
            }
        }
        collect()
    }

    /// Moves the events since the last call into `buffer`, whose former content goes and whose memory is used again.
    package func takeEvents(into buffer: inout [SimulationEvent]) {
        buffer.removeAll(keepingCapacity: true)
        swap(&buffer, &events)
    }

    /// Turns of models after which sockets are looked at.
    static let hostedTurnLimit = 4096

    /// Lets the calendar go on until a client has the turn or somebody else must act. Stops after each alarm so that
    /// the owner can act on it at its instant, and now and then so that sockets are looked at however much models do.
    package func advance() {
        defer { collect() }
        repeat {
            flushTrace()
            goOn()
            // At the edge the owner acts first, on what has happened in the window.
            guard events.isEmpty, hostedTurns < Self.hostedTurnLimit, server.calendar.isSettled() else {
                return
            }
            collect()
            if hasEdgeWork { exchangeAtEdge() }
            guard events.isEmpty else { return }
        } while openWindow()
    }

    /// Lets every island go on as far as it can.
    private func goOn() {
        while hostedTurns < Self.hostedTurnLimit, let due = server.advance(reactor: reactor) {
            switch due {
            case .turn(let client):
                hostedTurns += 1
                takeTurn(client)
            case .arrival(let payload, let island):
                let arrival = pending.take(payload)
                if case .interrupt(_, let index) = arrival,
                    attachments[index]?.completion?.payload == payload
                {
                    // What was scheduled happens now and cannot be taken back.
                    attachments[index]?.completion = nil
                }
                guard !isDeferred(arrival) else { continue }
                switch arrival {
                case .alarm(let number):
                    exchange.alarms.removeAll { $0.number == number }
                    events.append(.alarm(number))
                    return
                case .frame(let frame, let id, let network, let port):
                    deliver(frame, id, network: network, port: port)
                case .network(let network): networkIsDue(network, island: island)
                case .controlMessage(let bytes, let index): deliver(controlMessage: bytes, to: index)
                case .interrupt(let queue, let index): interrupt(index, queue: queue)
                case .carrier(let isUp, let index): setCarrier(isUp: isUp, of: index)
                }
            }
        }
    }

    /// The owner may act now without the calendar going on.
    package var mustPoll: Bool { hostedTurns >= Self.hostedTurnLimit }

    /// Nothing is left that the owner has not seen.
    package var hasEvents: Bool { !events.isEmpty }

    private func collect() {
        for arrival in server.arrivals {
            clientsByIdentity[arrival.identity] = arrival.client
            starting.remove(arrival.identity)
            traceEarlyConsole(of: arrival.identity)
            report(
                .started(identity: arrival.identity, process: arrival.process), participant: arrival.identity,
                at: .zero)
        }
        server.arrivals.removeAll(keepingCapacity: true)
        for departure in server.departures {
            if let identity = departure.identity { removeDevices(of: identity) }
            report(.departed(departure), participant: departure.identity ?? .max, at: departure.instant)
        }
        server.departures.removeAll(keepingCapacity: true)
        if server.calendar.window == nil, server.calendar.running == 0 {
            if !heldLines.isEmpty || !heldControlMessages.isEmpty {
                events += heldLines + heldControlMessages
                heldLines.removeAll()
                heldControlMessages.removeAll()
            }
            if events.isEmpty { events = exchange.takeEnds() }
        }
        for client in server.cores.unused {
            events.append(.dedicatedCoreUnused(server.calendar.account(of: client).identity))
        }
        server.cores.unused.removeAll(keepingCapacity: true)
    }

    /// The calendar can go on without a word from outside.
    package var isReady: Bool {
        switch server.calendar.state {
        case .ready: true
        // A window can be opened, unless the edge waits for the owner.
        case .bounded: true
        case .idle: hasEdgeWork
        case .held: exchange.hasAwaitedEnds && server.calendar.interruptHolds == 0
        case .running, .gathering: false
        }
    }

    /// Nothing will ever happen again without a word from outside.
    package var isIdle: Bool { server.calendar.state == .idle && !hasEdgeWork }

    /// Something waits for islands to have got to their bounds.
    private var hasEdgeWork: Bool { exchange.hasWork || !busyNetworks.isEmpty }

    /// A client whose process is gone leaves, if it has not.
    func endClient(of participant: UInt64) {
        guard let client = clientsByIdentity[participant] else { return }
        server.end(client, server.calendar.isRunning(client) ? .leftInTurn : nil, reactor: reactor)
    }

    private func tick() throws(Errno) {
        _ = try timer.expirations()
        events.append(.tick)
        traceIsStale = true
        for file in captures?.all ?? [] { file.sync() }
        watchProgress()
    }
}
