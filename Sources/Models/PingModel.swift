internal import Guest
internal import Network

/// Sends ICMP echo requests at a steady pace and expects every reply.
package struct PingModel: Model {
    package static let kind = "ping"
    package static let meaning =
        "Sends ICMP echo requests; each must be answered. Reports loss and round-trip times to the nanosecond."
    package static let parameters = [
        ModelParameter(
            "to", .peer,
            "Machine, address, or an entry with `count`: then machine n pings machine n of that entry.",
            example: "m2"),
        ModelParameter(
            "interval", .duration(1...UInt64(Int64.max)), "From one request to the next.",
            default: .duration(1_000_000_000),
            example: "100ms"),
        ModelParameter(
            "count", .integer(0...1_000_000_000), "Number of requests; 0: as long as the lab lasts.",
            default: .integer(0),
            example: "10"),
        ModelParameter(
            "size", .integer(0...65507), "Bytes of data in a request.", default: .integer(56),
            example: "1000"),
        ModelParameter(
            "timeout", .duration(1...UInt64(Int64.max)), "How long to wait for each reply.",
            default: .duration(10_000_000_000),
            example: "2s"),
    ]

    package static func objection(to settings: ModelSettings, mtu: Int) -> String? {
        settings.objection(toSizeWith: IPv4Packet.headerSize + ICMPEcho.headerSize, mtu: mtu)
    }

    package static func ends(_ settings: ModelSettings) -> Bool { settings.integer("count") > 0 }

    package static func summary(_ settings: ModelSettings) -> String {
        let count = settings.integer("count")
        return "ping" + (count > 0 ? " -c \(count)" : "") + " \(settings.peerName("to"))"
    }

    private let peer: (name: String, address: IPv4Address)
    private let interval: Duration
    /// 0 for as long as the lab lasts.
    private let count: UInt64
    private let size: Int
    private let timeout: Duration

    package init(_ settings: ModelSettings) {
        peer = settings.peer("to")
        interval = settings.duration("interval")
        count = settings.integer("count")
        size = Int(settings.integer("size"))
        timeout = settings.duration("timeout")
    }

    package func run(on machine: ModelMachine) async throws -> Int {
        let tally = Tally(machine.clock, timeout)
        machine.stack.onEchoReply = { echo, _ in tally.receive(echo) }
        machine.say("PING \(peer.name) (\(peer.address)) \(size) bytes of data")
        let begin = machine.clock.instant
        do {
            try await send(on: machine, tally)
            // The last replies may take as long as they are given.
            let end = machine.clock.instant.advanced(by: timeout)
            while tally.received < tally.sent, try await tally.allReceived.wait(until: end) {}
        } catch is CancellationError {
            // The lab is over: what was sent just now cannot have come back, and does not count.
            tally.forget(since: machine.clock.instant.advanced(by: .zero - timeout))
        }
        machine.say(tally.report(from: begin, to: machine.clock.instant))
        return tally.received == tally.sent ? 0 : 1
    }

    private func send(on machine: ModelMachine, _ tally: Tally) async throws {
        let filling = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
        var next = machine.clock.instant
        var number: UInt64 = 0
        while count == 0 || number < count {
            if let target = try await machine.stack.resolve(peer.address) {
                let echo = ICMPEcho(
                    isReply: false, identifier: 1, sequence: UInt16(truncatingIfNeeded: number + 1),
                    data: PingNumber.data(number + 1, filling: filling))
                tally.send(number + 1)
                machine.stack.send(echo, to: target)
            } else {
                tally.sendNowhere()
            }
            number += 1
            next = next.advanced(by: interval)
            if count == 0 || number < count { try await machine.clock.sleep(until: next) }
        }
    }

    /// What was sent and what came back.
    private final class Tally {
        let clock: GuestClock
        let allReceived: GuestSignal
        var sent: UInt64 = 0
        var received: UInt64 { times.count }
        private let timeout: Duration
        private var outstanding: [UInt64: GuestClock.Instant] = [:]
        private var times = LatencyTally()

        init(_ clock: GuestClock, _ timeout: Duration) {
            self.clock = clock
            self.timeout = timeout
            allReceived = GuestSignal(clock)
        }

        func send(_ number: UInt64) {
            sent += 1
            outstanding[number] = clock.instant
        }

        func sendNowhere() { sent += 1 }

        func receive(_ echo: ICMPEcho) {
            guard let number = PingNumber.of(echo, upTo: sent, among: { outstanding[$0] != nil }),
                let begin = outstanding.removeValue(forKey: number)
            else { return }
            let time = begin.duration(to: clock.instant)
            // Too late is lost.
            if time <= timeout { times.add(time) }
            if received == sent { allReceived.signal() }
        }

        func forget(since instant: GuestClock.Instant) {
            let late = outstanding.filter { $0.value >= instant }.map(\.key)
            for number in late { outstanding[number] = nil }
            sent -= UInt64(late.count)
        }

        func report(from begin: GuestClock.Instant, to end: GuestClock.Instant) -> String {
            let lost = sent - received
            let share = sent > 0 ? Double(lost) * 100 / Double(sent) : 0
            let head =
                "\(sent) packets transmitted, \(received) received, \(ModelFormat.decimal(share))% packet loss"
            return received > 0 ? "\(head), rtt \(times.text)" : head
        }
    }
}

/// Which ping a reply answers. Its 16-bit sequence number comes again after 65536 pings, which may all be under way; so the
/// whole number stands in front of the data where there is room for it.
private enum PingNumber {
    private static let size = 8

    static func data(_ number: UInt64, filling: [UInt8]) -> [UInt8] {
        guard filling.count >= size else { return filling }
        var data = filling
        for index in 0..<size { data[index] = UInt8(truncatingIfNeeded: number >> UInt64(56 - 8 * index)) }
        return data
    }

    /// Without the whole number it is the oldest one under way with the sequence number.
    static func of(_ echo: ICMPEcho, upTo last: UInt64, among isOutstanding: (UInt64) -> Bool) -> UInt64? {
        if echo.data.count >= size { return echo.data.prefix(size).reduce(0) { $0 << 8 | UInt64($1) } }
        return stride(from: UInt64(echo.sequence), through: last, by: 0x1_0000).first(where: isOutstanding)
    }
}
