internal import Guest
internal import Network

/// Counts what arrives (RFC 863, and frames of `traffic`) and tells rate and, of what its sender stamped, latency.
package struct SinkModel: Model {
    package static let kind = "sink"
    package static let meaning =
        "Takes UDP datagrams and bare frames. Reports bytes, rate and latency of what `traffic` sent."
    package static let parameters = [
        ModelParameter(
            "port", .integer(1...65535), "UDP port.", default: .integer(9),
            example: "9")
    ]

    package static func ends(_ settings: ModelSettings) -> Bool { false }

    package static func summary(_ settings: ModelSettings) -> String {
        "sink port \(settings.integer("port"))"
    }

    private let port: UInt16

    package init(_ settings: ModelSettings) { port = UInt16(settings.integer("port")) }

    package func run(on machine: ModelMachine) async throws -> Int {
        let tally = Tally(machine.clock)
        machine.stack.onUDP[port] = { datagram, _ in tally.receive(datagram.data[...]) }
        machine.stack.onExperiment = { tally.receive($0) }
        await machine.untilTheEnd()
        machine.say(tally.report)
        return 0
    }

    private final class Tally {
        private let clock: GuestClock
        private var first: GuestClock.Instant?
        private var last = GuestClock.Instant(nanoseconds: 0)
        private var arrivals: UInt64 = 0
        private var bytes: UInt64 = 0
        private var bytesAfterFirst: UInt64 = 0
        private var latencies = LatencyTally()

        init(_ clock: GuestClock) { self.clock = clock }

        func receive(_ data: ArraySlice<UInt8>) {
            last = clock.instant
            arrivals += 1
            bytes += UInt64(data.count)
            if first == nil { first = last } else { bytesAfterFirst += UInt64(data.count) }
            guard let stamp = Stamp(data), stamp.nanoseconds <= UInt64(last.nanoseconds) else { return }
            latencies.add(.nanoseconds(last.nanoseconds - Int64(stamp.nanoseconds)))
        }

        var report: String {
            var text = "\(arrivals) received, \(bytes) bytes"
            if let first, first < last {
                // From the first arrival to the last, which is what was seen of the rate.
                let seconds = first.duration(to: last) / .seconds(1)
                let rate = Double(bytesAfterFirst) * 8 / seconds
                text += ", \(ModelFormat.decimal(rate / 1e6)) Mbit/s"
            }
            return latencies.count > 0 ? "\(text), latency \(latencies.text)" : text
        }
    }
}
