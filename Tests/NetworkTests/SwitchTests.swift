import Calendar
import Testing

@testable import Network

/// A frame of the least size between two stations, with `payload` after the header.
private func frame(to destination: UInt64, from source: UInt64, payload: [UInt8] = [1, 2, 3]) -> [UInt8] {
    MACAddress(value: destination).octets + MACAddress(value: source).octets + [0x08, 0x00] + payload
}

private let broadcast = MACAddress.broadcast.value
private let multicast: UInt64 = 0x3333_0000_0001
private let (ann, bob, cid): (UInt64, UInt64, UInt64) = (0x0200_0000_0001, 0x0200_0000_0002, 0x0200_0000_0003)

extension Switch {
    /// The ports that a frame goes on to.
    fileprivate mutating func ports(_ frame: [UInt8], from port: Int, at now: UInt64) -> [Int] {
        var receivers: [Int] = []
        choose(Frame(frame), from: port, at: Instant(nanoseconds: now), into: &receivers)
        return receivers
    }

    fileprivate init(ports: Int, aging: UInt64 = defaultAging, tableSize: Int = defaultTableSize) {
        self.init(aging: aging, tableSize: tableSize)
        for number in 0..<ports { #expect(addPort() == number) }
    }
}

@Test func readsTheAddressesOfAFrame() {
    let bytes = frame(to: 0x0102_0304_0506, from: 0x0a0b_0c0d_0e0f)
    #expect(MACAddress.destination(of: bytes).description == "01:02:03:04:05:06")
    #expect(MACAddress.source(of: bytes).description == "0a:0b:0c:0d:0e:0f")
    #expect(MACAddress(frame: bytes, at: 2).value == 0x0304_0506_0a0b)
}

@Test(arguments: [broadcast, multicast, 0x0180_c200_000e, bob])
func floodsGroupsAndUnknownStationsInPortOrder(destination: UInt64) {
    var network = Switch(ports: 4)
    #expect(network.ports(frame(to: destination, from: ann), from: 2, at: 0) == [0, 1, 3])
    #expect(network.counters(of: 2).flooded == 1)
}

@Test func learnsWhereAStationIsAndFollowsItWhenItMoves() {
    var network = Switch(ports: 3)
    _ = network.ports(frame(to: broadcast, from: ann), from: 0, at: 0)
    #expect(network.ports(frame(to: ann, from: bob), from: 1, at: 1) == [0])
    #expect(network.ports(frame(to: bob, from: ann), from: 0, at: 2) == [1])
    _ = network.ports(frame(to: broadcast, from: ann), from: 2, at: 3)
    #expect(network.ports(frame(to: ann, from: bob), from: 1, at: 4) == [2])
    #expect(network.stationCount == 2)
}

@Test func neverLearnsAGroupAddress() {
    var network = Switch(ports: 3)
    _ = network.ports(frame(to: ann, from: multicast), from: 0, at: 0)
    _ = network.ports(frame(to: ann, from: broadcast), from: 0, at: 0)
    #expect(network.stationCount == 0)
    #expect(network.ports(frame(to: multicast, from: bob), from: 1, at: 1) == [0, 2])
}

@Test func filtersWhatStaysBehindItsOwnPort() {
    var network = Switch(ports: 3)
    _ = network.ports(frame(to: broadcast, from: ann), from: 0, at: 0)
    #expect(network.ports(frame(to: ann, from: bob), from: 0, at: 1) == [])
    #expect(network.ports(frame(to: ann, from: ann), from: 0, at: 2) == [])
    #expect(network.counters(of: 0).filtered == 2)
}

@Test func forgetsASilentStationAtExactlyItsAge() {
    let aging = Switch.defaultAging
    for (later, reached) in [(aging - 1, [0]), (aging, [0, 2])] {
        var network = Switch(ports: 3)
        _ = network.ports(frame(to: broadcast, from: ann), from: 0, at: 7)
        #expect(network.ports(frame(to: ann, from: bob), from: 1, at: 7 + later) == reached)
    }
}

@Test func trafficRefreshesAStationButBeingSpokenToDoesNot() {
    var network = Switch(ports: 3, aging: 100)
    _ = network.ports(frame(to: broadcast, from: ann), from: 0, at: 0)
    _ = network.ports(frame(to: broadcast, from: cid), from: 2, at: 0)
    _ = network.ports(frame(to: cid, from: ann), from: 0, at: 99)
    #expect(network.ports(frame(to: ann, from: bob), from: 1, at: 198) == [0])
    #expect(network.ports(frame(to: cid, from: bob), from: 1, at: 198) == [0, 2])
}

@Test func evictsTheStationSilentLongestWhenTheTableIsFull() {
    var network = Switch(ports: 3, tableSize: 2)
    _ = network.ports(frame(to: broadcast, from: ann), from: 0, at: 0)
    _ = network.ports(frame(to: broadcast, from: bob), from: 1, at: 1)
    _ = network.ports(frame(to: broadcast, from: ann), from: 0, at: 2)
    _ = network.ports(frame(to: broadcast, from: cid), from: 2, at: 3)
    #expect(network.stationCount == 2)
    #expect(network.evictions == 1)
    #expect(network.ports(frame(to: bob, from: multicast), from: 2, at: 4) == [0, 1])
    #expect(network.ports(frame(to: ann, from: multicast), from: 2, at: 5) == [0])
    #expect(network.ports(frame(to: cid, from: multicast), from: 0, at: 6) == [2])
}

@Test func staysWithinItsTableUnderAFloodOfAddresses() {
    var network = Switch(ports: 2)
    for address in 0..<20_000 as Range<UInt64> {
        _ = network.ports(frame(to: broadcast, from: 0x0200_0000_0000 + address), from: 0, at: address)
    }
    #expect(network.stationCount == Switch.defaultTableSize)
    #expect(network.evictions == 20_000 - 8192)
}

@Test func dropsAndCountsWhatIsNoFrame() {
    var bench = NetworkBench(latency: 5)
    let whole = frame(to: broadcast, from: ann, payload: [])
    #expect(whole.count == EthernetHeader.size)
    for bytes in [Array(whole.dropLast()), [], whole] { bench.send(Frame(bytes), at: 0) }
    bench.finish()
    #expect(bench.numbers == [3] && bench.arrivals == [5])
    #expect(bench.network.counters(of: 0).dropped == 2)
}

@Test func dropsWhatWouldArriveAfterTheEndOfTime() {
    var bench = NetworkBench(latency: 1 << 62)
    bench.send(plainFrame(), at: 1 << 62)
    bench.finish()
    #expect(bench.arrivals.isEmpty && bench.reasons == ["it would arrive after the end of time"])
    #expect(bench.network.counters(of: 0).dropped == 1)
}

@Test func passesATaggedFrameUntouchedAndLearnsByAddressAlone() {
    var network = Switch(ports: 3)
    func tagged(to destination: UInt64, from source: UInt64, vlan: UInt8) -> [UInt8] {
        var bytes = frame(to: destination, from: source)
        bytes.insert(contentsOf: [0x81, 0x00, 0x00, vlan], at: 12)
        return bytes
    }
    _ = network.ports(tagged(to: broadcast, from: ann, vlan: 1), from: 0, at: 0)
    #expect(network.ports(tagged(to: ann, from: bob, vlan: 2), from: 1, at: 1) == [0])
}

@Test func portsComeAndGoAndTheirNumbersStay() {
    var network = Switch(ports: 3)
    _ = network.ports(frame(to: broadcast, from: bob), from: 1, at: 0)
    #expect(network.removePort(1).flooded == 1)
    #expect(!network.hasPort(1))
    #expect(!network.hasPort(-1))
    #expect(network.stationCount == 0)
    #expect(network.addPort() == 3)
    #expect(network.portNumbers == [0, 2, 3])
    #expect(network.ports(frame(to: bob, from: ann), from: 3, at: 1) == [0, 2])
    #expect(network.ports(frame(to: ann, from: cid), from: 0, at: 2) == [3])
}

@Test func countsWhatPassesEachPort() {
    var network = SimulatedNetwork(.init(latency: 5))
    for name in ["a", "b", "c"] { _ = network.addPort(name: name) }
    var bench = NetworkBench(network)
    bench.send(Frame(frame(to: broadcast, from: ann)), from: 0, at: 0)
    bench.send(Frame(frame(to: ann, from: bob, payload: [])), from: 1, at: 0)
    var first = PortCounters()
    (first.framesIn, first.bytesIn, first.framesOut, first.bytesOut, first.flooded) = (1, 17, 1, 14, 1)
    #expect(bench.network.counters(of: 0) == first)
    var second = PortCounters()
    (second.framesIn, second.bytesIn, second.framesOut, second.bytesOut) = (1, 14, 1, 17)
    #expect(bench.network.counters(of: 1) == second)
}

@Test func timeThatGoesBackIsTheCallersFault() async {
    await #expect(processExitsWith: .failure) {
        var bench = NetworkBench()
        bench.send(plainFrame(), at: 2)
        bench.send(plainFrame(), at: 1)
    }
}

/// A station that hears selectively gets what is for it and is spared the rest; the others hear all, in port order.
@Test func selectiveStationsAreSparedTheRest() {
    var network = Switch()
    let address = IPv4Address("10.0.0.7")!
    _ = network.addPort()
    _ = network.addPort(for: .init(mac: MACAddress(value: bob), address: address))
    _ = network.addPort()
    _ = network.addPort(
        for: .init(mac: MACAddress(value: 0x0200_0000_0099), address: IPv4Address("10.0.0.9")!))
    // Nobody knows bob yet: he is found by his own address, in his place.
    #expect(network.ports(frame(to: bob, from: ann), from: 0, at: 0) == [1, 2])
    #expect(network.ports(frame(to: broadcast, from: ann), from: 0, at: 1) == [2])
    let request = ARPPacket(
        .request, senderMAC: MACAddress(value: ann), sender: IPv4Address("10.0.0.1")!,
        targetMAC: MACAddress(value: 0), target: address)
    #expect(network.ports(request.frame, from: 0, at: 2) == [1, 2])
    #expect(network.ports(request.frame, from: 2, at: 3) == [0, 1])
    // Its own question does not come back to it.
    #expect(network.ports(request.frame, from: 1, at: 4) == [0, 2])
}
