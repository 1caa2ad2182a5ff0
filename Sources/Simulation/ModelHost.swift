internal import Calendar
internal import CalendarServer
internal import Models
internal import Network

/// A model machine and its places on the calendar and on networks.
private struct HostedModel {
    let machine: ModelMachine
    /// The owner's number for it.
    let index: Int
    let participant: UInt64
    let client: ClientID
    /// By interface.
    let places: [(network: Int, port: Int)]
    /// The calendar's instant at the model's own 0; nil before its first turn.
    var origin: Instant?
    /// Its program has begun.
    var hasBegun = false
    /// Its program has ended; it still answers.
    var hasEnded = false
    var isStopped = false
}

/// The machines without a kernel: hosted clients of the calendar.
final class ModelHost {
    /// Turns of models after which sockets are polled.
    private static let turnLimit = 4096

    private let server: CalendarServer
    private let networks: NetworkFabric
    private let outbox: EventOutbox
    private let recording: Recording

    private var models: ContiguousArray<HostedModel> = []
    private var numbers: [ClientID: Int] = [:]
    /// Turns so far.
    private(set) var turns: UInt64 = 0
    private var turnsSincePoll = 0

    init(server: CalendarServer, networks: NetworkFabric, outbox: EventOutbox, recording: Recording) {
        self.server = server
        self.networks = networks
        self.outbox = outbox
        self.recording = recording
    }

    /// Hosts a model; see `Simulation.addModel`.
    ///
    /// - Returns: by interface, its port.
    func add(
        _ machine: ModelMachine, index: Int, participant: UInt64, networks numbers: [Int],
        links: [InterfaceLinks], island: Int
    ) -> [Int] {
        let number = models.count
        var places: [(network: Int, port: Int)] = []
        for (interface, network) in numbers.enumerated() {
            let own = machine.interfaces[interface]
            let port = networks.addPort(
                network: network, name: "\(machine.name)/eth\(interface)", participant: participant,
                device: UInt64(interface) + 1, for: .init(mac: own.mac, address: own.address),
                links: interface < links.count ? links[interface] : InterfaceLinks())
            networks.connect(.model(number, interface: interface), to: port, of: network)
            places.append((network, port))
        }
        let client = server.host(identity: participant, island: island)
        self.numbers[client] = number
        models.append(
            HostedModel(
                machine: machine, index: index, participant: participant, client: client, places: places))
        return places.map(\.port)
    }

    /// Ends a model's program; the owner receives what it reports at once.
    func stop(index: Int) {
        guard let number = models.firstIndex(where: { $0.index == index }) else { return }
        models[number].isStopped = true
        let client = models[number].client
        // In an open window it may have got further than the last edge.
        let now = max(server.calendar.now, server.calendar.now(of: client))
        models[number].machine.stop(at: models[number].origin.map { now.since($0) } ?? 0)
        server.calendar.leave(client)
        report(number, at: now, isStopped: true)
    }

    // MARK: Turns

    /// Sockets are polled now.
    func poll() { turnsSincePoll = 0 }

    /// Sockets must be polled, or the owner must act, before models have more turns.
    var mustPoll: Bool { turnsSincePoll >= Self.turnLimit }

    /// It is a model's turn.
    func takeTurn(_ client: ClientID) {
        guard let number = numbers[client] else { preconditionFailure("a hosted client is a model") }
        turns += 1
        turnsSincePoll += 1
        let island = server.calendar.island(of: client)
        let now = server.calendar.now(in: island)
        let participant = models[number].participant
        if models[number].origin == nil {
            models[number].origin = now
            outbox.report(.started(identity: participant, process: nil), participant: participant, at: now)
        }
        let origin = models[number].origin ?? .zero
        let machine = models[number].machine
        let next = machine.turn(at: now.since(origin))
        server.endTurn(of: client, next: next.map { origin.advanced(by: $0) })
        // After its turn: then no client of its island runs that a frame could reach in its past.
        for frame in machine.takeOutbox() {
            let place = models[number].places[frame.interface]
            networks.send(
                Frame(frame.bytes), network: place.network, port: place.port,
                sender: Sender(participant: participant, device: UInt64(frame.interface) + 1),
                island: island, at: now)
        }
        report(number, at: now, isStopped: false)
    }

    /// A frame reaches a model: it has a turn for it at this instant.
    func deliver(_ parcel: Parcel, to number: Int, interface: Int) {
        guard !models[number].isStopped else { return parcel.lost("the receiver has stopped") }
        let client = models[number].client
        recording.frameArrived(
            parcel, at: Sender(participant: models[number].participant, device: UInt64(interface) + 1),
            server.calendar.now(of: client))
        for bytes in parcel.frame.wireFrames() { models[number].machine.receive(bytes, on: interface) }
        if server.calendar.isWaiting(client) { server.wake(client) }
    }

    /// Reports what is new about a model; at once if the owner stopped it.
    private func report(_ number: Int, at instant: Instant, isStopped: Bool) {
        let machine = models[number].machine
        let index = models[number].index
        if machine.hasBegun, !models[number].hasBegun {
            models[number].hasBegun = true
            report(.modelBegan(machine: index, at: instant), of: number, at: instant, isStopped)
        }
        let text = machine.takeText()
        if !text.isEmpty {
            report(.modelOutput(machine: index, text: text, at: instant), of: number, at: instant, isStopped)
        }
        guard !models[number].hasEnded, let status = machine.status else { return }
        models[number].hasEnded = true
        if !isStopped { server.calendar.send(from: server.calendar.island(of: models[number].client)) }
        let isAtOnce = report(
            .modelEnded(machine: index, status: status, at: instant), of: number, at: instant, isStopped)
        // The owner acts on a model's end at its instant.
        if isAtOnce, !isStopped { turnsSincePoll = Self.turnLimit }
    }

    /// - Returns: the owner receives the event at once.
    @discardableResult
    private func report(
        _ event: SimulationEvent, of number: Int, at instant: Instant, _ isStopped: Bool
    ) -> Bool {
        guard isStopped else {
            return outbox.report(event, participant: models[number].participant, at: instant)
        }
        outbox.append(event)
        return true
    }

    /// Networks and ports of a participant's interfaces.
    func ports(of participant: UInt64) -> [(network: Int, port: Int)] {
        models.first { $0.participant == participant }?.places ?? []
    }
}
