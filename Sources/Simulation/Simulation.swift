package import Calendar
package import CalendarServer
package import Network
internal import Posix
package import SystemPackage
package import Trace

/// A calendar, its clients, and the devices and networks between them, on one reactor thread.
///
/// The owner's loop is: `wait`, act on `takeEvents(into:)`, `advance`, and again. Each part returns; nothing calls back.
/// The state belongs to the parts below; here is the loop, which decides in which order they act.
package final class Simulation {
    /// Ticks per second of wall-clock time.
    package static let ticksPerSecond = 4

    var reactor: Reactor
    private let timer: WallTimer
    private let signals: SignalSource?
    let server: CalendarServer
    let clients: ClientDirectory
    let arrivals: ArrivalBook
    let recording: Recording
    let exchange: Exchange
    let outbox: EventOutbox
    let networks: NetworkFabric
    let devices: DeviceHub
    let models: ModelHost
    let consoles: ConsoleReader
    var progress: ProgressWatch
    var pauses = Pauses()

    /// - Parameters:
    ///   - socketPath: where the calendar listens.
    ///   - devices: who interrupts clients.
    ///   - sharedMemory: what clients that can use it get.
    ///   - silenceLimit: wall-clock seconds without progress of simulated time after which the owner receives `.stuck`.
    ///   - reservedDescriptors: what the owner and its clients need; connections that never begin to work get less.
    ///   - catchesSignals: SIGINT and SIGTERM become `.interrupted`.
    package init(
        socketPath: String, calendar: consuming Islands, networks: [SimulatedNetwork],
        expectations: [UInt64: CalendarServer.Expectation] = [:], devices: CalendarServer.Devices = .foreign,
        sharedMemory: CalendarServer.SharedMemory = .none,
        silenceLimit: Int = 60, reservedDescriptors: Int = 0, catchesSignals: Bool
    ) throws(Errno) {
        Posix.ignoreBrokenPipes()
        reactor = try Reactor()
        server = try CalendarServer(
            path: socketPath, calendar: calendar, tokens: Token.calendar, expectations: expectations,
            devices: devices, sharedMemory: sharedMemory,
            unstartedLimit: Listener.idleLimit(reserved: reservedDescriptors), reactor: reactor)
        var islands: [UInt64: Int] = [:]
        for expectation in expectations.values { islands[expectation.identity] = expectation.island }
        clients = ClientDirectory(islands: islands)
        arrivals = ArrivalBook(server: server, clients: clients)
        recording = Recording()
        exchange = Exchange()
        outbox = EventOutbox(server: server, exchange: exchange)
        self.networks = NetworkFabric(
            networks, server: server, clients: clients, arrivals: arrivals, exchange: exchange,
            recording: recording)
        self.devices = DeviceHub(
            server: server, clients: clients, arrivals: arrivals, networks: self.networks, outbox: outbox,
            recording: recording, reservedDescriptors: reservedDescriptors)
        models = ModelHost(server: server, networks: self.networks, outbox: outbox, recording: recording)
        consoles = try ConsoleReader(
            server: server, clients: clients, outbox: outbox, recording: recording, reactor: reactor)
        progress = ProgressWatch(limit: silenceLimit, ticksPerSecond: Self.ticksPerSecond)
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

    /// Connections that were closed because they never began to work, and there were too many of them, or for too long.
    package var connectionsClosed: Int { server.connectionsClosed + devices.idle.closed }

    /// The calendar's instant; with windows the last edge.
    package var now: Instant { server.calendar.now }

    /// Where frames are captured.
    package var captures: Captures? {
        get { recording.captures }
        set { recording.captures = newValue }
    }

    /// Where events are recorded.
    package var recorder: TraceRecorder? {
        get { recording.recorder }
        set {
            recording.recorder = newValue
            server.recorder = newValue
        }
    }

    // MARK: Waiting

    /// Waits until a descriptor is ready and handles it, or only polls when the calendar can go on by itself; the owner
    /// acts on `takeEvents(into:)` next.
    package func wait() throws(Errno) {
        server.flush(reactor: reactor)
        models.poll()
        let patience = server.calendar.running > 1 ? progress.contention.patience : nil
        let count = try reactor.wait(milliseconds: isReady ? 0 : patience ?? pauses.patience ?? -1)
        if patience != nil, let identities = progress.contention.check(server) {
            outbox.append(.coreContended(identities))
        }
        // What a machine wrote in its turn came before the end of its turn.
        if count > 0 { try consoles.readAll() }
        for index in 0..<count {
            let event = reactor[index]
            let number = Int(event.token & ~Token.kind)
            switch event.token & Token.kind {
            case Token.calendar: server.handle(event, reactor: reactor)
            case Token.deviceSocket: devices.accept(number, reactor: reactor)
            case Token.idle: devices.idleIsReady(number, reactor: reactor)
            case Token.device: devices.receive(number, reactor: reactor)
            case Token.backChannel: devices.receiveReply(number, reactor: reactor)
            case Token.child: childEnded(number)
            case Token.console: break
            case Token.visitor: outbox.append(.visitorIsReady(number))
            case Token.signals: if try signals?.next() != nil { outbox.append(.interrupted) }
            default: try tick()
            }
        }
        collect()
    }

    /// Moves the events since the last call into `buffer`, whose former content goes and whose memory is used again.
    package func takeEvents(into buffer: inout [SimulationEvent]) { outbox.take(into: &buffer) }

    /// There are events that the owner has not received.
    package var hasEvents: Bool { !outbox.isEmpty }

    /// Reports which clients started and left.
    private func collect() {
        for arrival in server.arrivals {
            clients.started(arrival.identity, as: arrival.client)
            consoles.clientStarted(arrival.identity)
            outbox.report(
                .started(identity: arrival.identity, process: arrival.process), participant: arrival.identity,
                at: .zero)
        }
        server.arrivals.removeAll(keepingCapacity: true)
        // What a client wrote in its turn comes before its departure.
        outbox.releaseHeld()
        for departure in server.departures {
            if let identity = departure.identity { devices.removeDevices(of: identity, reactor: reactor) }
            outbox.report(
                .departed(departure), participant: departure.identity ?? .max, at: departure.instant)
        }
        server.departures.removeAll(keepingCapacity: true)
        outbox.releaseEnds()
        for client in server.cores.unused {
            outbox.append(.dedicatedCoreUnused(server.calendar.account(of: client).identity))
        }
        server.cores.unused.removeAll(keepingCapacity: true)
    }

    /// A child process has ended: reported when the owner waits for that. It is reported at once when it never started,
    /// because the owner does not wait then, and before all clients have started, because then there is no edge.
    private func childEnded(_ number: Int) {
        let participant = clients.participant(ofChild: number) ?? .max
        // Processes that it started may hold its connection open, but the client has left.
        if let client = clients[participant] {
            server.end(client, server.calendar.isRunning(client) ? .leftInTurn : nil, reactor: reactor)
        }
        if !clients.hasStarted(participant) || server.calendar.window != nil && !outbox.hasEdges {
            exchange.endIsReported(of: participant)
            outbox.append(.childEnded(index: number))
        } else {
            exchange.stageEnd(of: number, participant: participant)
        }
    }

    private func tick() throws(Errno) {
        _ = try timer.expirations()
        outbox.append(.tick)
        recording.tick()
        server.closeIdle(reactor: reactor)
        devices.closeIdle(reactor: reactor)
        watchProgress()
    }

    // MARK: Advancing

    /// Advances the calendar until a client has the turn or the owner must act: after each alarm, so that the owner acts
    /// at its instant, and after many turns of models, so that sockets are polled.
    package func advance() {
        defer { collect() }
        guard !pauses.areOn else { return }
        repeat {
            flushTrace()
            runIslands()
            // At the edge the owner acts first on what happened in the window.
            guard outbox.isEmpty, !models.mustPoll, server.calendar.isSettled() else { return }
            collect()
            if hasEdgeWork {
                exchange.exchangeFrames(with: networks)
                outbox.releaseStaged(before: server.calendar.earliest, edge: now)
            }
            guard outbox.isEmpty else { return }
        } while server.calendar.openWindow(
            limit: exchange.limit, sent: exchange.firstSending, arriving: networks.nextArrival)
    }

    /// Advances every island as far as it can go.
    private func runIslands() {
        while !models.mustPoll, let due = server.advance(reactor: reactor) {
            switch due {
            case .turn(let client): models.takeTurn(client)
            case .arrival(let slot, let island):
                let arrival = arrivals.take(slot)
                if case .alarm(let number, let alarm) = arrival {
                    // The owner acts at this instant.
                    exchange.removeAlarm(alarm)
                    return outbox.append(.alarm(number))
                }
                if case .interrupt(_, let index) = arrival { devices.interruptIsDue(index, slot: slot) }
                if !isDeferred(arrival) { carryOut(arrival, in: island) }
            }
        }
    }

    /// An arrival happens, at its island's instant.
    private func carryOut(_ arrival: PendingArrival, in island: Int) {
        switch arrival {
        case .frame(let parcel, let network, let port):
            switch networks.receiver(of: parcel, network: network, port: port) {
            case .attachment(let index)?: devices.deliver(parcel, to: index, reactor: reactor)
            case .model(let number, let interface)?: models.deliver(parcel, to: number, interface: interface)
            case nil: break
            }
        case .network(let network): networks.eventIsDue(in: network, island: island)
        case .controlMessage(let message, let index):
            devices.deliver(controlMessage: message, to: index, reactor: reactor)
        case .interrupt(let queue, let index): devices.interrupt(index, queue: queue, reactor: reactor)
        case .carrier(let isUp, let index): devices.setCarrier(isUp: isUp, of: index, reactor: reactor)
        case .resume(let index): devices.resume(index, reactor: reactor)
        case .alarm: preconditionFailure("alarms are the owner's")
        }
    }

    /// Something waits for the edge.
    private var hasEdgeWork: Bool { exchange.hasWork || networks.isBusy }

    /// The calendar can go on without input from outside.
    package var isReady: Bool {
        guard !pauses.areOn else { return false }
        return switch server.calendar.state {
        case .ready: true
        // A window can be opened, unless the edge waits for the owner.
        case .bounded: true
        case .idle: hasEdgeWork
        case .held: exchange.hasAwaitedEnds && server.calendar.interruptHolds == 0
        case .running, .gathering: false
        }
    }

    /// Without input from outside nothing will ever happen again.
    package var isIdle: Bool { server.calendar.state == .idle && !hasEdgeWork }

    /// `advance` returned so that sockets are polled: call `wait` next.
    package var mustPoll: Bool { models.mustPoll }

    /// Writes the part of the trace whose order is final, now and then. Only when the owner has acted on all events: what
    /// it records of them is earlier than what comes now.
    private func flushTrace() {
        guard recording.needsFlush, outbox.isEmpty, !outbox.holdsEvents, let before = settledBefore else {
            return
        }
        recording.flush(before: before)
    }

    /// What is recorded from now on is not earlier; nil while an interrupt is in transit.
    var settledBefore: Instant? {
        guard var before = server.calendar.settledBefore else { return nil }
        for other in [exchange.firstSending, exchange.firstStaged, networks.nextEvent].compactMap({ $0 }) {
            before = min(before, other)
        }
        return before
    }
}
