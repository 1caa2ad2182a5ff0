import Network
import Testing

@testable import Models

/// Model machines on one switch, and a plain loop that hosts them: the smallest world in which models live.
final class ModelWorld {
    private(set) var now: UInt64 = 0
    private(set) var machines: [ModelMachine] = []
    private(set) var texts: [String] = []
    private var wakings: [UInt64?] = []
    /// In the order of sending, which is that of arriving: there is one latency.
    private var network: [(at: UInt64, frame: [UInt8], to: Int)] = []
    private var arrived = 0
    private let latency: UInt64
    /// Frames that are lost: machine that sends, number of the frame among its own.
    var loses: (Int, Int) -> Bool = { _, _ in false }
    private var sent: [Int] = []

    init(latency: UInt64 = 5_000_000) { self.latency = latency }

    static let subnet = IPv4Subnet("10.0.0.0/24")!

    static func address(_ index: Int) -> IPv4Address { IPv4Address(value: 0x0a00_0001 + UInt32(index)) }

    static func mac(_ index: Int) -> MACAddress { MACAddress(value: 0x0200_0000_0001 + UInt64(index)) }

    /// Adds a machine; its address is 10.0.0.1 plus its index.
    @discardableResult
    func add(_ kind: any Model.Type, _ given: [String: ModelValue] = [:], seed: UInt64 = 1) -> ModelMachine {
        let index = machines.count
        let values = kind.parameters.map { given[$0.name] ?? $0.defaultValue! }
        let settings = ModelSettings(kind.parameters.map(\.name), values)
        let machine = ModelMachine(
            name: "m\(index)", model: kind.init(settings),
            interfaces: [
                ModelInterface(mac: Self.mac(index), address: Self.address(index), subnet: Self.subnet)
            ], seed: seed, begin: 1_000_000_000)
        machines.append(machine)
        texts.append("")
        wakings.append(0)
        sent.append(0)
        return machine
    }

    static func peer(_ index: Int) -> ModelValue { .peer(name: "m\(index)", address: address(index)) }

    /// Lets a stranger's frame arrive at a machine now.
    func inject(_ frame: [UInt8], to index: Int) {
        machines[index].receive(frame, on: 0)
        turn(index)
    }

    private func turn(_ index: Int) {
        wakings[index] = machines[index].turn(at: now)
        for frame in machines[index].takeOutbox() {
            sent[index] += 1
            if loses(index, sent[index]) { continue }
            let destination = MACAddress.destination(of: frame.bytes)
            for other in machines.indices where other != index {
                guard destination.isGroup || destination == Self.mac(other) else { continue }
                network.append((now + latency, frame.bytes, other))
            }
        }
        texts[index] += machines[index].takeText()
    }

    /// Runs until `end` ns, or until nothing is left to do.
    func run(until end: UInt64) {
        while true {
            let waking = wakings.compactMap { $0 }.min()
            let arrival = arrived < network.count ? network[arrived] : nil
            guard let next = [waking, arrival?.at].compactMap({ $0 }).min(), next <= end else {
                now = end
                return
            }
            now = next
            if let arrival, arrival.at == next {
                arrived += 1
                machines[arrival.to].receive(arrival.frame, on: 0)
                turn(arrival.to)
            } else if let index = wakings.firstIndex(where: { $0 == next }) {
                turn(index)
            }
        }
    }

    /// The lab is over.
    func stop() {
        for index in machines.indices {
            machines[index].stop(at: now)
            texts[index] += machines[index].takeText()
        }
    }
}
