internal import Calendar
internal import CalendarServer
package import Models
internal import Network
internal import Trace

/// A model machine and its places on the calendar and on networks.
struct HostedModel {
    let machine: ModelMachine
    /// The owner's number for it.
    let index: Int
    let identity: UInt64
    let client: ClientID
    /// The calendar's instant at its own 0; nil before its first turn.
    var origin: Instant?
    /// By interface.
    let places: [(network: Int, port: Int)]
    /// Its program has begun.
    var hasBegun = false
    /// Its program has ended; it still answers.
    var hasEnded = false
    var isStopped = false
}

extension Simulation {
    /// Hosts a model: a client called `identity` whose interfaces are on these networks. It starts when the calendar
    /// answers it, as other clients do.
    ///
    /// - Parameters:
    ///   - index: what events call it.
    ///   - links: by interface; those that are not there are ideal.
    /// - Returns: by interface, its port.
    @discardableResult
    package func addModel(
        _ machine: ModelMachine, index: Int, identity: UInt64, networks: [Int], links: [InterfaceLinks] = [],
        island: Int = 0
    ) -> [Int] {
        islands[identity] = island
        let number = models.count
        var places: [(network: Int, port: Int)] = []
        for (interface, network) in networks.enumerated() {
            let own = machine.interfaces[interface]
            let port = addPort(
                network: network, name: "\(machine.name)/eth\(interface)", participant: identity,
                device: UInt64(interface) + 1, for: .init(mac: own.mac, address: own.address),
                links: interface < links.count ? links[interface] : InterfaceLinks())
            ports[network][port]?.station = .model(number, interface: interface)
            places.append((network, port))
        }
        let client = server.host(identity: identity, island: island)
        modelOfClient[client] = number
        models.append(
            HostedModel(machine: machine, index: index, identity: identity, client: client, places: places))
        return places.map(\.port)
    }

    /// Ends a model's program, at the calendar's instant; what it reports are events.
    package func stopModel(index: Int) {
        guard let number = models.firstIndex(where: { $0.index == index }) else { return }
        models[number].isStopped = true
        // In an open window it may have got further than the last edge.
        let now = max(now, server.calendar.now(in: server.calendar.island(of: models[number].client)))
        models[number].machine.stop(at: models[number].origin.map { now.since($0) } ?? 0)
        server.calendar.leave(models[number].client)
        tell(number, at: now, isOwners: true)
    }

    /// A frame reaches a model: it has its turn for it at this instant.
    func deliver(_ frame: Frame, _ id: FrameID, to number: Int, on interface: Int) {
        guard !models[number].isStopped else { return }
        let now = server.calendar.now(of: models[number].client)
        let device = UInt64(interface) + 1
        recorder?.record(.deliver, models[number].identity, at: now, device, id.sender, id.number)
        captures?.arrived(
            frame, at: Sender(participant: models[number].identity, device: device), now, remark: nil)
        for bytes in frame.wireFrames() { models[number].machine.receive(bytes, on: interface) }
        if server.calendar.isWaiting(models[number].client) { server.wake(models[number].client) }
    }

    /// It is a model's turn.
    func takeTurn(_ client: ClientID) {
        guard let number = modelOfClient[client] else { preconditionFailure("a hosted client is a model") }
        modelTurns += 1
        let island = server.calendar.island(of: client)
        let now = server.calendar.now(in: island)
        if models[number].origin == nil {
            models[number].origin = now
            report(
                .started(identity: models[number].identity, process: nil),
                participant: models[number].identity, at: now)
        }
        let origin = models[number].origin ?? .zero
        let machine = models[number].machine
        let next = machine.turn(at: now.since(origin))
        server.endTurn(of: client, next: next.map { origin.advanced(by: $0) })
        // After its turn: then the calendar stands at this instant, and nobody runs who could be surprised.
        for frame in machine.takeOutbox() {
            let place = models[number].places[frame.interface]
            send(
                Frame(frame.bytes), network: place.network, port: place.port,
                sender: Sender(participant: models[number].identity, device: UInt64(frame.interface) + 1),
                island: island, at: now)
        }
        tell(number, at: now)
    }

    /// Tells the owner what is new about a model; at once if the owner made it happen.
    private func tell(_ number: Int, at instant: Instant, isOwners: Bool = false) {
        let machine = models[number].machine
        let index = models[number].index
        let identity = models[number].identity
        func say(_ event: SimulationEvent) {
            if isOwners {
                events.append(event)
            } else {
                report(event, participant: identity, at: instant)
            }
        }
        if machine.hasBegun, !models[number].hasBegun {
            models[number].hasBegun = true
            say(.modelBegan(machine: index, at: instant))
        }
        let text = machine.takeText()
        if !text.isEmpty { say(.modelOutput(machine: index, text: text, at: instant)) }
        guard !models[number].hasEnded, let status = machine.status else { return }
        models[number].hasEnded = true
        if !isOwners { server.calendar.send(from: server.calendar.island(of: models[number].client)) }
        say(.modelEnded(machine: index, status: status, at: instant))
    }
}
