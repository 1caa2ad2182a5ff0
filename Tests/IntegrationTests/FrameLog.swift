import Calendar
import Testing
import Trace

/// The frames of a run, as its trace has them: which was sent when, and where it came to or was lost.
struct FrameLog {
    struct Sending: Hashable {
        /// ns.
        let at: UInt64
        let sender: String
        /// `eth0`.
        let device: String
        /// On the wire.
        let bytes: Int
        let number: UInt64
    }

    struct Arrival: Hashable {
        /// ns.
        let at: UInt64
        let receiver: String
        let device: String
        /// Why it is lost; empty when it is not.
        let reason: String
        let sending: Sending
    }

    private(set) var sendings: [Sending] = []
    /// In the order of their instants.
    private(set) var arrivals: [Arrival] = []
    private(set) var losses: [Arrival] = []

    /// - Parameter run: the run folder.
    init(_ run: String) throws {
        let reader = try TraceReader(path: "\(run)/trace.almt")
        var bySender: [UInt32: [Sending]] = [:]
        while let event = try reader.next() {
            let device = reader.header.device(event.fields.first, of: event.participant)
            switch event.kind {
            case .send:
                let sending = Sending(
                    at: event.time.nanoseconds, sender: reader.header.name(of: event.participant),
                    device: device, bytes: Int(event.fields.second),
                    number: UInt64(bySender[event.participant, default: []].count + 1))
                bySender[event.participant, default: []].append(sending)
                sendings.append(sending)
            case .deliver, .drop:
                let sender = UInt32(event.fields.second)
                let arrival = Arrival(
                    at: event.time.nanoseconds, receiver: reader.header.name(of: event.participant),
                    device: device, reason: event.text,
                    sending: try #require(bySender[sender]?[Int(event.fields.third) - 1]))
                if event.kind == .deliver { arrivals.append(arrival) } else { losses.append(arrival) }
            default: break
            }
        }
    }
}

/// What a link of a lab does, for the tests' own sums. Times in ns.
struct LinkSum {
    var latency: UInt64 = 0
    /// Bits a second, a divisor of 10^9; nil for unlimited.
    var bandwidth: UInt64?

    init(latency: UInt64 = 0, bandwidth: UInt64? = nil) {
        self.latency = latency
        self.bandwidth = bandwidth
    }

    /// How long it takes to put a frame on the wire: 60 bytes at least, and 24 of Ethernet's.
    func time(of bytes: Int) -> UInt64 {
        bandwidth.map { UInt64(max(bytes, 60) + 24) * 8 * (1_000_000_000 / $0) } ?? 0
    }

    /// When frames leave it that come to it, in order, at these instants.
    func leave(_ frames: [(at: UInt64, bytes: Int)]) -> [UInt64] {
        var isFreeAt: UInt64 = 0
        return frames.map { frame in
            isFreeAt = max(frame.at, isFreeAt) + time(of: frame.bytes)
            return isFreeAt + latency
        }
    }
}
