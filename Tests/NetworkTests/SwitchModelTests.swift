import Calendar
import Testing

@testable import Network

/// A switch with ideal links as a plain list: slow, and with nothing to get wrong.
private struct Model {
    var latency: UInt64
    var aging: UInt64
    var tableSize: Int
    var ports: [Int] = []
    /// In the order they were last heard.
    var stations: [(address: [UInt8], port: Int, heard: UInt64)] = []

    /// By port: frames in, frames out, frames that were none.
    var counts: [Int: [UInt64]] = [:]

    /// Who gets a frame.
    mutating func send(_ frame: [UInt8], from port: Int, at now: UInt64) -> [Int] {
        counts[port, default: [0, 0, 0]][0] += 1
        guard frame.count >= 14 else {
            counts[port, default: [0, 0, 0]][2] += 1
            return []
        }
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
        for receiver in receivers { counts[receiver, default: [0, 0, 0]][1] += 1 }
        return receivers
    }
}

/// Random stations that talk, move, fall silent and pretend, on ports that come and go, in a table too small for them.
@Test(arguments: [1, 2, 3, anySeed()]) func anIdealNetworkDoesWhatThePlainModelDoes(seed: UInt64) {
    var random = SplitMix64(seed: seed, name: "stations")
    func below(_ bound: UInt64) -> Int { Int(random.next() % bound) }
    var model = Model(latency: UInt64(below(50)), aging: 200, tableSize: 1 + below(12))
    var network = SimulatedNetwork(.init(latency: model.latency))
    network.middle = Switch(aging: model.aging, tableSize: model.tableSize)
    var now: UInt64 = 0
    for step in 0..<5000 {
        now += UInt64(below(31))
        let choice = below(100)
        let instant = Instant(nanoseconds: now)
        if model.ports.isEmpty || (choice < 2 && model.ports.count < 8) {
            model.ports.append(network.addPort(name: "m\(step)/eth0"))
            continue
        }
        let port = model.ports[below(UInt64(model.ports.count))]
        if choice == 2 {
            #expect(network.removePort(port, at: instant).framesIn == model.counts[port]?[0] ?? 0)
            model.ports.removeAll { $0 == port }
            model.stations.removeAll { $0.port == port }
            continue
        }
        var frame: [UInt8] = []
        for _ in 0..<2 { frame += [choice < 10 ? 1 : 0, 0, 0, 0, 0, UInt8(below(16))] }
        frame += [8, 0] + (0..<below(4)).map { UInt8($0) }
        if choice == 99 { frame.removeLast(4) }
        network.send(Parcel(Frame(frame), FrameID(sender: 1, number: 1, device: 0)), from: port, at: instant)
        #expect(network.nextEvent == nil && network.nextArrival == nil)
        var outcomes = NetworkOutcomes()
        network.takeOutcomes(into: &outcomes)
        let expected = model.send(frame, from: port, at: now)
        guard outcomes.deliveries.map(\.port) == expected,
            outcomes.deliveries.allSatisfy({
                $0.at == instant.advanced(by: model.latency) && $0.frame.bytes == frame
            }), outcomes.losses.count == (expected.isEmpty ? 1 : 0),
            network.middle.stationCount == model.stations.count
        else {
            Issue.record("seed \(seed), step \(step): \(outcomes) instead of \(expected)")
            return
        }
        for port in model.ports {
            let counters = network.counters(of: port)
            #expect(
                [counters.framesIn, counters.framesOut, counters.dropped] == model.counts[port] ?? [0, 0, 0])
        }
    }
}
