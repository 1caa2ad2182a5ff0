internal import Calendar
internal import CalendarServer
package import Models
internal import Network

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
    /// - Parameter index: what happenings call it.
    package func addModel(_ machine: ModelMachine, index: Int, identity: UInt64, networks: [Int]) {
        let number = models.count
        var places: [(network: Int, port: Int)] = []
        for (interface, network) in networks.enumerated() {
            let port = addPort(network: network)
            ports[network][port] = .model(number, interface: interface)
            places.append((network, port))
        }
        let client = server.host(identity: identity)
        modelOfClient[client] = number
        models.append(
            HostedModel(machine: machine, index: index, identity: identity, client: client, places: places))
    }

    /// Ends a model's program, at the calendar's instant; what it says is a happening.
    package func stopModel(index: Int) {
        guard let number = models.firstIndex(where: { $0.index == index }) else { return }
        models[number].isStopped = true
        models[number].machine.stop(at: models[number].origin.map { now.since($0) } ?? 0)
        server.unhost(models[number].client)
        tell(number)
    }

    /// A frame reaches a model: it has its turn for it at this instant.
    func deliver(_ frame: [UInt8], to number: Int, on interface: Int) {
        guard !models[number].isStopped else { return }
        models[number].machine.receive(frame, on: interface)
        if server.calendar.isWaiting(models[number].client) { server.wake(models[number].client) }
    }

    /// It is a model's turn.
    func takeTurn(_ client: ClientID) {
        guard let number = modelOfClient[client] else { preconditionFailure("a hosted client is a model") }
        modelTurns += 1
        if models[number].origin == nil {
            models[number].origin = now
            happenings.append(.started(identity: models[number].identity, process: nil))
        }
        let origin = models[number].origin ?? .zero
        let machine = models[number].machine
        let next = machine.turn(at: now.since(origin))
        server.endTurn(of: client, next: next.map { origin.advanced(by: $0) })
        // After its turn: then the calendar stands at this instant, and nobody runs who could be surprised.
        for frame in machine.takeOutbox() {
            let place = models[number].places[frame.interface]
            send(frame.bytes, network: place.network, port: place.port)
        }
        tell(number)
    }

    /// Tells the owner what is new about a model.
    private func tell(_ number: Int) {
        let machine = models[number].machine
        if machine.hasBegun, !models[number].hasBegun {
            models[number].hasBegun = true
            happenings.append(.modelBegan(machine: models[number].index, at: now))
        }
        let text = machine.takeText()
        if !text.isEmpty { happenings.append(.modelOutput(machine: models[number].index, text: text)) }
        guard !models[number].hasEnded, let status = machine.status else { return }
        models[number].hasEnded = true
        happenings.append(.modelEnded(machine: models[number].index, status: status))
        // The owner acts on it at its instant.
        hostedTurns = Self.hostedTurnLimit
    }
}
