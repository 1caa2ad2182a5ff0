package import Calendar
package import CalendarServer
package import Network
package import Posix
package import SystemPackage
internal import Virtio

/// A calendar, its clients, and the devices and networks between them, on one reactor thread.
///
/// The owner's loop is: `wait`, act on `takeHappenings()`, `advance`, and again. Each part returns; nothing calls back.
package final class Simulation {
    /// Reactor tokens: what a descriptor is, in the upper byte; which one, below.
    private enum Token {
        static let calendar: UInt64 = 0
        static let deviceSocket: UInt64 = 1 << 56
        static let device: UInt64 = 2 << 56
        static let backChannel: UInt64 = 3 << 56
        static let child: UInt64 = 4 << 56
        static let timer: UInt64 = 5 << 56
        static let signals: UInt64 = 6 << 56
        static let kind: UInt64 = 0xff << 56
    }

    package private(set) var server: CalendarServer
    package var networks: [Switch]
    private var reactor: Reactor
    private let timer: WallTimer
    private let signals: SignalSource?

    private var sockets: ContiguousArray<DeviceSocket> = []
    private var attachments: ContiguousArray<Attachment?> = []
    /// Network -> port -> who is there.
    var ports: ContiguousArray<ContiguousArray<Station?>>
    private var pending = ArrivalTable()
    var models: ContiguousArray<HostedModel> = []
    var modelOfClient: [ClientID: Int] = [:]
    /// Model turns since the owner last looked at sockets.
    var hostedTurns = 0
    var happenings: [Happening] = []
    private var deliveries: [Delivery] = []
    private var clientsByIdentity: [UInt64: ClientID] = [:]

    /// Wall-clock bound of a client's silence in its turn, in ticks.
    private let silenceTicks: Int
    private var quietTicks = 0
    private var lastProgress: UInt64 = 0
    private var deviceEvents: UInt64 = 0
    var modelTurns: UInt64 = 0

    /// Ticks per second of wall-clock time.
    package static let ticksPerSecond = 4

    /// - Parameters:
    ///   - socketPath: where the calendar listens.
    ///   - silenceLimit: wall-clock seconds a client may be silent in its own turn.
    ///   - catchesSignals: SIGINT and SIGTERM become `.interrupted`.
    package init(
        socketPath: String, calendar: Calendar, networks: [Switch],
        expectations: [UInt64: CalendarServer.Expectation] = [:], sharesMemory: Bool = false,
        silenceLimit: Int = 60, catchesSignals: Bool
    ) throws(Errno) {
        Posix.ignoreBrokenPipes()
        self.networks = networks
        self.ports = ContiguousArray(repeating: [], count: networks.count)
        self.silenceTicks = silenceLimit * Self.ticksPerSecond
        reactor = try Reactor()
        server = try CalendarServer(
            path: socketPath, calendar: calendar, tokens: Token.calendar, expectations: expectations,
            sharesMemory: sharesMemory, reactor: reactor)
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

    /// The calendar's instant.
    package var now: Instant { server.calendar.now }

    // MARK: What the owner sets up

    /// Offers a network interface at `path` for the client called `participant`.
    package func addInterface(
        path: String, name: String, network: Int, participant: UInt64, mac: MACAddress, mtu: Int
    ) throws(Errno) {
        let port = addPort(network: network)
        try addSocket(
            path: path, name: name, role: .port(network: network),
            profile: .network(mac: mac.octets, mtu: UInt16(mtu)), participant: participant, port: port)
    }

    /// Offers a hub at `path`: each connection is a port of its own with a MAC address made of its number.
    package func addHub(path: String, network: Int) throws(Errno) {
        try addSocket(
            path: path, name: "hub \(path)", role: .port(network: network),
            profile: .network(mac: Self.hubAddress(0).octets, mtu: 1500), participant: nil, port: nil)
    }

    /// Offers a machine's control device at `path`.
    package func addControl(path: String, name: String, machine: Int, participant: UInt64) throws(Errno) {
        try addSocket(
            path: path, name: name, role: .control(machine: machine), profile: .console(),
            participant: participant, port: nil)
    }

    /// Reports the end of a child process as `.childEnded(index)`.
    package func watch(_ child: borrowing ChildProcess, index: Int) throws(Errno) {
        try reactor.add(child.descriptor, token: Token.child | UInt64(index))
    }

    package func unwatch(_ child: borrowing ChildProcess) {
        // Already out of the reactor when its descriptor is closed.
        try? reactor.remove(child.descriptor)
    }

    /// Simulated time stands until `release()`.
    package func hold() { server.hold() }

    package func release() { server.release() }

    /// The client called `participant` will not come.
    package func abandon(participant: UInt64) { server.abandon(identity: participant) }

    /// `.alarm(number)` happens at `instant`.
    package func setAlarm(_ number: Int, at instant: Instant) {
        server.schedule(at: instant, participant: 0, payload: pending.insert(.alarm(number)))
    }

    /// Sends bytes to a machine's control device at `instant`, or at the earliest one after it that surprises nobody.
    package func sendControl(_ bytes: [UInt8], machine: Int, at instant: Instant = .zero) {
        for (index, attachment) in attachments.enumerated() {
            guard let attachment, case .control(machine) = attachment.role else { continue }
            schedule(
                .frame(bytes, attachment: index), at: max(instant, server.calendar.horizon), for: attachment)
        }
    }

    func addPort(network: Int) -> Int {
        let port = networks[network].addPort()
        while ports[network].count <= port { ports[network].append(nil) }
        return port
    }

    private func addSocket(
        path: String, name: String, role: DeviceRole, profile: DeviceProfile, participant: UInt64?, port: Int?
    ) throws(Errno) {
        let listener = try UnixSocket.listen(path: path)
        try listener.setNonBlocking()
        try reactor.add(listener, token: Token.deviceSocket | UInt64(sockets.count))
        sockets.append(
            DeviceSocket(
                name: name, listener: listener, role: role, profile: profile, participant: participant,
                port: port))
    }

    /// Locally administered, unicast, counted.
    private static func hubAddress(_ number: Int) -> MACAddress {
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

    // MARK: The loop

    /// Waits for something to happen and reads it, or only looks when the calendar can go on by itself; the owner acts on
    /// `takeHappenings()` next.
    package func wait() throws(Errno) {
        server.flush(reactor: reactor)
        hostedTurns = 0
        let count = try reactor.wait(milliseconds: isReady ? 0 : -1)
        for index in 0..<count {
            let event = reactor[index]
            let number = Int(event.token & ~Token.kind)
            switch event.token & Token.kind {
            case Token.calendar: try server.handle(event, reactor: reactor)
            case Token.deviceSocket: try accept(number)
            case Token.device: receive(number)
            case Token.backChannel: receiveReply(number)
            case Token.child: happenings.append(.childEnded(index: number))
            case Token.signals: if try signals?.next() != nil { happenings.append(.interrupted) }
            default: try tick()
            }
        }
        collect()
    }

    /// What happened since the last call.
    package func takeHappenings() -> [Happening] {
        defer { happenings.removeAll(keepingCapacity: true) }
        return happenings
    }

    /// Turns of models after which sockets are looked at.
    static let hostedTurnLimit = 4096

    /// Lets the calendar go on until a client has the turn or somebody else must act. Stops after each alarm so that
    /// the owner can act on it at its instant, and now and then so that sockets are looked at however much models do.
    package func advance() {
        defer { collect() }
        while hostedTurns < Self.hostedTurnLimit, let due = server.advance(reactor: reactor) {
            switch due {
            case .turn(let client):
                hostedTurns += 1
                takeTurn(client)
            case .arrival(let payload):
                switch pending.take(payload) {
                case .alarm(let number):
                    happenings.append(.alarm(number))
                    return
                case .frame(let bytes, let index): deliver(bytes, to: index)
                case .modelFrame(let bytes, let model, let interface):
                    deliver(bytes, to: model, on: interface)
                case .interrupt(let queue, let index):
                    // What was scheduled happens now and cannot be taken back.
                    if let completion = attachments[index]?.completion, completion.payload == payload {
                        attachments[index]?.completion = nil
                    }
                    interrupt(index, queue: queue)
                }
            }
        }
    }

    /// The owner may act now without the calendar going on.
    package var mustLook: Bool { hostedTurns >= Self.hostedTurnLimit }

    /// Nothing is left that the owner has not seen.
    package var hasHappenings: Bool { !happenings.isEmpty }

    private func collect() {
        for arrival in server.arrivals {
            clientsByIdentity[arrival.identity] = arrival.client
            happenings.append(.started(identity: arrival.identity, process: arrival.process))
        }
        server.arrivals.removeAll(keepingCapacity: true)
        for departure in server.departures { happenings.append(.departed(departure)) }
        server.departures.removeAll(keepingCapacity: true)
    }

    /// The calendar can go on without a word from outside.
    package var isReady: Bool { server.calendar.state == .ready }

    /// Nothing will ever happen again without a word from outside.
    package var isIdle: Bool { server.calendar.state == .idle }

    private func tick() throws(Errno) {
        _ = try timer.expirations()
        happenings.append(.tick)
        let progress = server.counters.messagesIn + deviceEvents + modelTurns
        quietTicks = progress == lastProgress ? quietTicks + 1 : 0
        lastProgress = progress
        guard quietTicks >= silenceTicks else { return }
        quietTicks = 0
        if server.calendar.state == .gathering { happenings.append(.nobodyComes) }
        server.endSilent(seconds: silenceTicks / Self.ticksPerSecond, reactor: reactor)
        for (index, attachment) in attachments.enumerated() where attachment?.holdsCalendar == true {
            end(index, reason: "no answer to an interrupt for \(silenceTicks / Self.ticksPerSecond) s")
        }
    }

    // MARK: Devices

    private func accept(_ number: Int) throws(Errno) {
        let socket = sockets[number]
        while let connection = try UnixSocket.accept(socket.listener) {
            let index = attachments.count
            if socket.participant != nil, let live = socket.attachment, attachments[live] != nil {
                happenings.append(
                    .deviceEnded(name: socket.name, reason: "a second connection to it was refused"))
                continue
            }
            var profile = socket.profile
            var port = socket.port
            if socket.participant == nil, case .port(let network) = socket.role {
                let added = addPort(network: network)
                port = added
                profile = .network(mac: Self.hubAddress(added + 1).octets, mtu: 1500)
            }
            let participant = socket.participant ?? UInt64.max - UInt64(index)
            let attachment = Attachment(
                backend: Backend(name: socket.name, socket: connection, profile: profile), socket: number,
                role: socket.role, participant: participant, port: port)
            try attachment.backend.register(with: reactor, token: Token.device | UInt64(index))
            socket.attachment = index
            attachments.append(attachment)
            if case .port(let network) = socket.role, let port { ports[network][port] = .attachment(index) }
        }
    }

    /// The guest said something to a device: a kick, at the calendar's instant, or a step of the handshake.
    private func receive(_ index: Int) {
        guard let attachment = attachments[index] else { return }
        deviceEvents += 1
        if let client = clientsByIdentity[attachment.participant] {
            server.finishUpdate(of: client, reactor: reactor)
        }
        do throws(BackendError) {
            let connection = try attachment.backend.receive()
            try registerBackChannel(index, attachment)
            let frames = attachment.backend.takeOutbox()
            for frame in frames { send(frame, from: attachment) }
            scheduleWantedInterrupts(index, attachment, sent: !frames.isEmpty)
            if case .closed = connection { end(index, reason: nil) }
        } catch {
            end(index, reason: error.description)
        }
    }

    private func registerBackChannel(_ index: Int, _ attachment: Attachment) throws(BackendError) {
        guard !attachment.hasBackChannel, attachment.backend.hasBackChannel else { return }
        try attachment.backend.registerBackChannel(with: reactor, token: Token.backChannel | UInt64(index))
        attachment.hasBackChannel = true
    }

    private func send(_ frame: [UInt8], from attachment: Attachment) {
        switch attachment.role {
        case .control(let machine):
            happenings.append(.control(machine: machine, bytes: frame))
        case .port(let network):
            guard let port = attachment.port else { return }
            send(frame, network: network, port: port)
        }
    }

    /// A station sends a frame at the calendar's instant.
    func send(_ frame: [UInt8], network: Int, port: Int) {
        networks[network].send(frame, from: port, at: now, into: &deliveries)
        for delivery in deliveries {
            switch ports[network][delivery.port] {
            case .attachment(let index)?:
                guard let target = attachments[index] else { continue }
                schedule(.frame(delivery.frame, attachment: index), at: delivery.at, for: target)
            case .model(let index, let interface)?:
                let payload = pending.insert(
                    .modelFrame(delivery.frame, model: index, interface: interface))
                server.schedule(
                    at: delivery.at, for: models[index].client, participant: models[index].identity,
                    payload: payload)
            case nil:
                continue
            }
        }
        deliveries.removeAll(keepingCapacity: true)
    }

    private func schedule(_ arrival: PendingArrival, at instant: Instant, for attachment: Attachment) {
        server.schedule(
            at: instant, for: clientsByIdentity[attachment.participant], participant: attachment.participant,
            payload: pending.insert(arrival))
    }

    /// A frame reaches a guest, at the calendar's instant.
    private func deliver(_ frame: [UInt8], to index: Int) {
        guard let attachment = attachments[index] else { return }
        do throws(BackendError) {
            if case .delivered(interrupt: true) = try attachment.backend.deliver(frame) {
                interrupt(index, queue: 0)
            }
        } catch {
            end(index, reason: error.description)
        }
    }

    /// Interrupts a waiting guest; time stands until it has answered, for it asks the time before.
    private func interrupt(_ index: Int, queue: Int) {
        guard let attachment = attachments[index], attachment.hasBackChannel else { return }
        // A network driver looks after what it has sent whenever it is interrupted.
        dropCompletion(attachment)
        let client = clientsByIdentity[attachment.participant]
        if let client { server.prepareInterrupt(of: client) }
        do throws(BackendError) {
            try attachment.backend.interrupt(queue: queue)
            guard !attachment.holdsCalendar else { return }
            attachment.holdsCalendar = true
            server.hold()
        } catch {
            end(index, reason: error.description)
        }
    }

    private func receiveReply(_ index: Int) {
        guard let attachment = attachments[index] else { return }
        deviceEvents += 1
        do throws(BackendError) {
            switch try attachment.backend.receiveReply() {
            case .replied:
                if let client = clientsByIdentity[attachment.participant] {
                    server.finishInterrupt(of: client, reactor: reactor)
                }
                releaseCalendar(attachment)
            case .incomplete: break
            case .closed: end(index, reason: nil)
            }
        } catch {
            end(index, reason: error.description)
        }
    }

    /// Longest time that a network driver is not told that a frame is sent, ns. Most answers are there before.
    private static let completionDelay: UInt64 = 50_000_000

    /// Interrupts that the driver wants for what it did itself. That one frame is sent is told with the next frame it
    /// receives, or that it sends, or after a while: a driver has no use for it before.
    private func scheduleWantedInterrupts(_ index: Int, _ attachment: Attachment, sent: Bool) {
        let now = server.calendar.horizon
        if sent, attachment.completion != nil {
            dropCompletion(attachment)
            schedule(
                .interrupt(queue: DeviceProfile.transmitQueue, attachment: index), at: now, for: attachment)
        }
        for queue in attachment.backend.takeInterruptsWanted() {
            guard case .port = attachment.role, queue == DeviceProfile.transmitQueue else {
                schedule(.interrupt(queue: queue, attachment: index), at: now, for: attachment)
                continue
            }
            let payload = pending.insert(.interrupt(queue: queue, attachment: index))
            let arrival = server.schedule(
                at: now.advanced(by: Self.completionDelay), for: clientsByIdentity[attachment.participant],
                participant: attachment.participant, payload: payload)
            attachment.completion = (arrival, payload)
        }
    }

    private func dropCompletion(_ attachment: Attachment) {
        guard let (arrival, payload) = attachment.completion else { return }
        attachment.completion = nil
        server.cancel(arrival)
        _ = pending.take(payload)
    }

    private func releaseCalendar(_ attachment: Attachment) {
        guard attachment.holdsCalendar, !attachment.backend.awaitingReply else { return }
        attachment.holdsCalendar = false
        server.release()
    }

    private func end(_ index: Int, reason: String?) {
        guard let attachment = attachments[index] else { return }
        attachments[index] = nil
        dropCompletion(attachment)
        attachment.backend.unregister(from: reactor)
        if attachment.holdsCalendar {
            attachment.holdsCalendar = false
            server.release()
        }
        let socket = sockets[attachment.socket]
        if socket.attachment == index { socket.attachment = nil }
        if case .port(let network) = attachment.role, let port = attachment.port {
            if case .attachment(index)? = ports[network][port] { ports[network][port] = nil }
            if socket.participant == nil { networks[network].removePort(port) }
        }
        happenings.append(.deviceEnded(name: socket.name, reason: reason))
    }
}
