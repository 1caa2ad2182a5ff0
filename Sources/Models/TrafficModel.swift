internal import Guest
internal import Network

/// Sends UDP datagrams or bare frames to a peer at a rate, evenly or at random.
package struct TrafficModel: Model {
    package static let kind = "traffic"
    package static let meaning = "Sends UDP datagrams or bare frames at a mean rate."
    package static let parameters = [
        ModelParameter(
            "to", .peer,
            "Machine, address, or an entry with `count`: then machine n sends to machine n of that entry.",
            example: "m2"),
        ModelParameter(
            "rate", .integer(1...1_000_000_000), "Datagrams or frames a second.",
            example: "100"),
        ModelParameter(
            "size", .integer(1...65507), "Bytes of data in each.", default: .integer(1000),
            example: "200"),
        ModelParameter(
            "distribution", .word(["constant", "exponential"]),
            "Time between two: always the same, or exponential, drawn from the seed.",
            default: .word("constant"),
            example: "exponential"),
        ModelParameter(
            "carrier", .word(["udp", "frames"]), "UDP datagrams or bare Ethernet frames.",
            default: .word("udp"),
            example: "frames"),
        ModelParameter(
            "port", .integer(1...65535), "UDP port.", default: .integer(9),
            example: "4000"),
        ModelParameter(
            "count", .integer(0...1_000_000_000_000), "Number to send; 0: as long as the lab lasts.",
            default: .integer(0),
            example: "5000"),
    ]

    package static func objection(to settings: ModelSettings, mtu: Int) -> String? {
        let overhead =
            settings.word("carrier") == "udp" ? IPv4Packet.headerSize + UDPDatagram.headerSize : 0
        return settings.objection(toSizeWith: overhead, mtu: mtu)
    }

    package static func ends(_ settings: ModelSettings) -> Bool { settings.integer("count") > 0 }

    package static func summary(_ settings: ModelSettings) -> String {
        "traffic \(settings.integer("rate"))/s \(settings.word("carrier")) \(settings.peerName("to"))"
    }

    private let peer: (name: String, address: IPv4Address)
    private let rate: UInt64
    private let size: Int
    private let isExponential: Bool
    private let isUDP: Bool
    private let port: UInt16
    private let count: UInt64

    package init(_ settings: ModelSettings) {
        peer = settings.peer("to")
        rate = settings.integer("rate")
        size = Int(settings.integer("size"))
        isExponential = settings.word("distribution") == "exponential"
        isUDP = settings.word("carrier") == "udp"
        port = UInt16(settings.integer("port"))
        count = settings.integer("count")
    }

    package func run(on machine: ModelMachine) async throws -> Int {
        guard let target = try await machine.stack.resolve(peer.address) else {
            machine.say("\(peer.name) (\(peer.address)) does not answer")
            return 1
        }
        var sent: UInt64 = 0
        do {
            try await send(on: machine, to: target, &sent)
            try await untilArrived(machine, target)
        } catch is CancellationError {}
        machine.say("\(sent) sent, \(sent * UInt64(size)) bytes")
        return 0
    }

    /// Networks keep the order: when an echo of the peer's is back, what was sent before it has arrived. One that does not
    /// answer is waited for as long as ping does.
    private func untilArrived(_ machine: ModelMachine, _ target: IPv4Stack.Peer) async throws {
        let echoed = GuestSignal(machine.clock)
        machine.stack.onEchoReply = { _, _ in echoed.signal() }
        machine.stack.send(ICMPEcho(isReply: false, identifier: 1, sequence: 1, data: []), to: target)
        _ = try await echoed.wait(until: machine.clock.instant.advanced(by: .seconds(10)))
    }

    private func send(on machine: ModelMachine, to target: IPv4Stack.Peer, _ sent: inout UInt64) async throws
    {
        let begin = machine.clock.instant
        var next = begin
        while count == 0 || sent < count {
            let now = machine.clock.instant
            let data = Stamp(number: UInt32(truncatingIfNeeded: sent), nanoseconds: UInt64(now.nanoseconds))
                .data(size: size)
            if isUDP {
                machine.stack.send(
                    UDPDatagram(sourcePort: port, destinationPort: port, data: data), to: target)
            } else {
                machine.stack.sendExperiment(data, to: target)
            }
            sent += 1
            guard count == 0 || sent < count else { return }
            if isExponential {
                let gap = -ReproducibleMath.log(machine.random.unit()) * 1e9 / Double(rate)
                next = next.advanced(by: .nanoseconds(Int64(min(gap.rounded(), 9e18))))
            } else {
                // From the beginning, so that what does not divide evenly does not add up.
                let offset = sent.multipliedFullWidth(by: 1_000_000_000)
                let elapsed = rate.dividingFullWidth(offset).quotient
                next = begin.advanced(by: .nanoseconds(Int64(clamping: elapsed)))
            }
            try Task.checkCancellation()
            try await machine.clock.sleep(until: next)
        }
    }
}
