import Calendar
import Testing

@testable import Network

/// A network under test and what has come out of it.
struct NetworkBench {
    var network: SimulatedNetwork
    var outcomes = NetworkOutcomes()
    private var sent: UInt64 = 0

    init(_ network: SimulatedNetwork) { self.network = network }

    /// A cable from port 0 to port 1.
    init(
        out: LinkProfile = LinkProfile(), in: LinkProfile = LinkProfile(), latency: UInt64 = 0,
        seed: UInt64 = 1
    ) {
        network = SimulatedNetwork(.init(kind: .pointToPoint, latency: latency, seed: seed, name: "cable"))
        _ = network.addPort(name: "a/eth0", out: out)
        _ = network.addPort(name: "b/eth0", in: `in`)
    }

    /// Sends a frame; it is the next of its sender, the port.
    mutating func send(_ frame: Frame, from port: Int = 0, at now: UInt64) {
        sent += 1
        network.send(
            Parcel(frame, FrameID(sender: UInt64(port), number: sent, device: 0)), from: port,
            at: Instant(nanoseconds: now))
    }

    /// Everything inside comes out.
    mutating func finish() {
        network.advance(entries: .never, exits: .never)
        network.takeOutcomes(into: &outcomes)
    }

    mutating func advance(to now: UInt64) {
        network.advance(entries: Instant(nanoseconds: now), exits: Instant(nanoseconds: now))
        network.takeOutcomes(into: &outcomes)
    }

    /// Instants of the deliveries, ns, in the order in which they came about.
    var arrivals: [UInt64] { outcomes.deliveries.map(\.at.nanoseconds) }
    /// Numbers of the frames delivered.
    var numbers: [UInt64] { outcomes.deliveries.map(\.id.number) }
    var reasons: [String] { outcomes.losses.map(\.reason.description) }
}

/// A frame of so many bytes between two stations, by their numbers.
func plainFrame(_ bytes: Int = 60, to destination: UInt64 = 2, from source: UInt64 = 1) -> Frame {
    var frame = MACAddress(value: 0x0200_0000_0000 + destination).octets
    frame += MACAddress(value: 0x0200_0000_0000 + source).octets
    frame += [0x88, 0xb5]
    frame += [UInt8](repeating: 0x5a, count: max(0, bytes - frame.count))
    return Frame(frame)
}

extension LinkProfile {
    init(_ change: (inout LinkProfile) -> Void) {
        self.init()
        change(&self)
    }
}

extension Probability {
    init(_ value: Double) { self.init(partsPerBillion: UInt32((value * 1e9).rounded())) }
}

/// A seed that changes from run to run; each test that draws one says it.
func anySeed() -> UInt64 { .random(in: 0...(.max)) }

/// What a test has measured, for docs/network-model.md.
func note(_ text: String) { print("measured: \(text)") }

/// Mean and variance of many numbers, in one pass (Welford 1962).
struct Moments {
    private(set) var count = 0.0
    private(set) var mean = 0.0
    private var squares = 0.0

    init() {}
    init(_ values: some Sequence<Double>) { for value in values { add(value) } }

    mutating func add(_ value: Double) {
        count += 1
        let difference = value - mean
        mean += difference / count
        squares += difference * (value - mean)
    }

    var variance: Double { squares / (count - 1) }
    /// Of the mean, for independent numbers.
    var standardError: Double { (variance / count).squareRoot() }
}
