import Calendar
import Network
import Testing

/// The switch as a plain list: slow, and with nothing to get wrong.
private struct Model {
    var latency: UInt64
    var aging: UInt64
    var tableSize: Int
    var ports: [Int] = []
    /// In the order they were last heard.
    var stations: [(address: [UInt8], port: Int, heard: UInt64)] = []

    mutating func send(_ frame: [UInt8], from port: Int, at now: UInt64) -> [Delivery] {
        guard frame.count >= 14 else { return [] }
        let (destination, source) = (Array(frame[0..<6]), Array(frame[6..<12]))
        if source[0] & 1 == 0 {
            stations.removeAll { $0.address == source }
            if stations.count == tableSize { stations.removeFirst() }
            stations.append((source, port, now))
        }
        var receivers = ports.filter { $0 != port }
        if destination[0] & 1 == 0, let known = stations.firstIndex(where: { $0.address == destination }) {
            if now - stations[known].heard < aging {
                receivers = receivers.filter { $0 == stations[known].port }
            } else {
                stations.remove(at: known)
            }
        }
        return receivers.map {
            Delivery(port: $0, at: Instant(nanoseconds: now + latency), frame: Frame(frame))
        }
    }
}

/// SplitMix64.
private struct Generator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

/// Random stations that talk, move, fall silent and pretend, on ports that come and go, in a table too small for them.
@Test(arguments: [1, 2, 3, UInt64.random(in: 0 ... .max)])
func doesWhatThePlainModelDoes(seed: UInt64) {
    var random = Generator(state: seed)
    let tableSize = Int.random(in: 1...12, using: &random)
    var model = Model(latency: UInt64.random(in: 0...50, using: &random), aging: 200, tableSize: tableSize)
    var network = Switch(latency: model.latency, aging: model.aging, tableSize: tableSize)
    var now: UInt64 = 0
    for step in 0..<5000 {
        now += UInt64.random(in: 0...30, using: &random)
        let choice = Int.random(in: 0..<100, using: &random)
        if model.ports.isEmpty || (choice < 2 && model.ports.count < 8) {
            model.ports.append(network.addPort())
            continue
        }
        let port = model.ports.randomElement(using: &random) ?? 0
        if choice == 2 {
            network.removePort(port)
            model.ports.removeAll { $0 == port }
            model.stations.removeAll { $0.port == port }
            continue
        }
        var frame: [UInt8] = []
        for _ in 0..<2 {
            frame += [choice < 10 ? 1 : 0, 0, 0, 0, 0, UInt8.random(in: 0..<16, using: &random)]
        }
        frame += [8, 0] + (0..<Int.random(in: 0..<4, using: &random)).map { UInt8($0) }
        if choice == 99 { frame.removeLast(4) }
        var deliveries: [Delivery] = []
        network.send(Frame(frame), from: port, at: Instant(nanoseconds: now), into: &deliveries)
        let expected = model.send(frame, from: port, at: now)
        guard deliveries == expected, network.stationCount == model.stations.count else {
            Issue.record("seed \(seed), step \(step): \(deliveries) instead of \(expected)")
            return
        }
    }
}
