import Foundation
import Network
import Testing

@testable import Models

struct ModelTests {
    // MARK: Ping and echo

    @Test func roundTripsAreExact() {
        let world = ModelWorld(latency: 1_234_567)
        world.add(PingModel.self, ["to": ModelWorld.peer(1), "count": .integer(10)])
        world.add(EchoModel.self)
        world.run(until: 60_000_000_000)
        #expect(world.machines[0].status == 0)
        #expect(
            world.texts[0] == """
                PING m1 (10.0.0.2) 56 bytes of data
                10 packets transmitted, 10 received, 0% packet loss, rtt min/mean/max = 2.469134/2.469134/2.469134 ms

                """)
    }

    /// It goes on at its pace whether replies come or not, and waits for the last as long as they are given.
    @Test func lossIsCounted() {
        let world = ModelWorld()
        world.add(
            PingModel.self,
            ["to": ModelWorld.peer(1), "count": .integer(4), "timeout": .duration(2_000_000_000)])
        world.add(EchoModel.self)
        // Frame 1 asks by ARP; 3 is the second ping.
        world.loses = { machine, number in machine == 0 && number == 3 }
        world.run(until: 60_000_000_000)
        #expect(world.machines[0].status == 1)
        #expect(world.texts[0].contains("4 packets transmitted, 3 received, 25% packet loss"))
    }

    @Test func pingTakesNoLongerThanItMust() {
        let world = ModelWorld()
        let pinger = world.add(PingModel.self, ["to": ModelWorld.peer(1), "count": .integer(3)])
        world.add(EchoModel.self)
        // ARP takes 10 ms at 1 s; pings go out at 1.010, 2 and 3 s; the last reply is there at 3.010 s.
        world.run(until: 3_009_999_999)
        #expect(pinger.status == nil)
        world.run(until: 3_010_000_000)
        #expect(pinger.status == 0)
    }

    @Test func nobodyAnswers() {
        let world = ModelWorld()
        world.add(
            PingModel.self,
            ["to": ModelWorld.peer(9), "count": .integer(2), "timeout": .duration(1_000_000_000)])
        world.run(until: 60_000_000_000)
        #expect(world.machines[0].status == 1)
        #expect(world.texts[0].contains("2 packets transmitted, 0 received, 100% packet loss"))
    }

    @Test func aLostQuestionIsAskedAgain() {
        let world = ModelWorld()
        world.add(PingModel.self, ["to": ModelWorld.peer(1), "count": .integer(1)])
        world.add(EchoModel.self)
        world.loses = { machine, number in machine == 0 && number == 1 }
        world.run(until: 60_000_000_000)
        #expect(world.texts[0].contains("1 received, 0% packet loss, rtt min/mean/max = 10.000000/"))
    }

    /// At the end of the lab a ping that may yet be answered does not count; one that waited its time does.
    @Test func theEndOfTheLabIsNoLoss() {
        for (timeout, expected) in [
            (10_000_000_000, "5 packets transmitted, 5 received"), (100, "6 packets transmitted"),
        ]
            as [(UInt64, String)]
        {
            let world = ModelWorld()
            world.add(PingModel.self, ["to": ModelWorld.peer(1), "timeout": .duration(timeout)])
            world.add(EchoModel.self)
            world.run(until: 6_000_000_500)
            world.stop()
            #expect(world.texts[0].contains(expected), "\(world.texts[0])")
            #expect(world.machines[0].status == (timeout == 100 ? 1 : 0))
        }
    }

    /// More pings under way than sequence numbers: each reply belongs to its own.
    @Test(arguments: [0, 8, 56]) func manyPingsUnderWay(_ size: UInt64) {
        let world = ModelWorld(latency: 50_000_000)
        world.add(
            PingModel.self,
            [
                "to": ModelWorld.peer(1), "interval": .duration(1000), "count": .integer(70_000),
                "size": .integer(size),
            ])
        world.add(EchoModel.self)
        world.run(until: 60_000_000_000)
        #expect(
            world.texts[0].contains(
                "70000 received, 0% packet loss, rtt min/mean/max = 100.000000/100.000000/100.000000 ms"))
    }

    @Test func aLateReplyIsLost() {
        let world = ModelWorld()
        world.add(
            PingModel.self, ["to": ModelWorld.peer(1), "count": .integer(3), "timeout": .duration(9_999_999)])
        world.add(EchoModel.self)
        world.run(until: 60_000_000_000)
        #expect(world.texts[0].contains("3 packets transmitted, 0 received"))
        #expect(world.machines[0].status == 1)
    }

    /// The lab ends before anything could come back: that is no loss.
    @Test func anEndBeforeTheFirstReply() {
        let world = ModelWorld()
        world.add(PingModel.self, ["to": ModelWorld.peer(1)])
        world.add(EchoModel.self)
        world.run(until: 1_012_000_000)
        world.stop()
        #expect(world.machines[0].status == 0)
    }

    /// Thousands of frames at one instant.
    @Test func aBurst() {
        let world = ModelWorld()
        world.add(SinkModel.self)
        world.run(until: 2_000_000_000)
        let datagram = UDPDatagram(sourcePort: 9, destinationPort: 9, data: [1, 2, 3])
        let packet = IPv4Packet(
            source: ModelWorld.address(1), destination: ModelWorld.address(0), carried: 17,
            payload: datagram.payload(from: ModelWorld.address(1), to: ModelWorld.address(0)))
        for _ in 0..<3000 {
            world.machines[0].receive(packet.frame(from: ModelWorld.mac(1), to: ModelWorld.mac(0)), on: 0)
        }
        _ = world.machines[0].turn(at: world.now)
        world.stop()
        #expect(world.texts[0] == "3000 received, 9000 bytes\n")
    }

    @Test func modelsPingEachOther() {
        let world = ModelWorld()
        for index in 0..<5 {
            world.add(PingModel.self, ["to": ModelWorld.peer((index + 1) % 5), "count": .integer(3)])
        }
        world.run(until: 60_000_000_000)
        #expect(world.machines.allSatisfy { $0.status == 0 })
        #expect(world.texts.allSatisfy { $0.contains("rtt min/mean/max = 10.000000/10.000000/10.000000 ms") })
    }

    @Test func everyModelAnswersAndEchoAnswersUDP() throws {
        let world = ModelWorld()
        world.add(EchoModel.self)
        world.add(SinkModel.self)
        world.run(until: 2_000_000_000)
        let stranger = MACAddress(value: 0x0200_0000_0099)
        let source = IPv4Address("10.0.0.77")!
        let echo = ICMPEcho(isReply: false, identifier: 5, sequence: 6, data: [1, 2, 3])
        for index in 0..<2 {
            var replies: [[UInt8]] = []
            let target = ModelWorld.address(index)
            func send(_ payload: [UInt8], _ carried: UInt8) {
                let frame = IPv4Packet(
                    source: source, destination: target, carried: carried, payload: payload
                )
                .frame(from: stranger, to: ModelWorld.mac(index))
                world.machines[index].receive(frame, on: 0)
                _ = world.machines[index].turn(at: world.now)
                replies += world.machines[index].takeOutbox().map(\.bytes)
            }
            send(echo.payload, IPv4Packet.Carried.icmp)
            let datagram = UDPDatagram(sourcePort: 5000, destinationPort: 7, data: [4, 5])
            send(datagram.payload(from: source, to: target), IPv4Packet.Carried.udp)
            let pong = try #require(IPv4Packet(frame: replies[0]))
            #expect(pong.source == target && pong.destination == source)
            #expect(
                ICMPEcho(pong.payload)
                    == ICMPEcho(isReply: true, identifier: 5, sequence: 6, data: [1, 2, 3]))
            #expect(MACAddress.destination(of: replies[0]) == stranger)
            guard index == 0 else {
                #expect(replies.count == 1)
                continue
            }
            let packet = try #require(IPv4Packet(frame: replies[1]))
            let answer = try #require(UDPDatagram(packet))
            #expect(answer == UDPDatagram(sourcePort: 7, destinationPort: 5000, data: [4, 5]))
        }
        world.stop()
        #expect(world.texts[0] == "1 datagrams echoed\n")
    }

    /// Frames for others, broken ones and random bytes are ignored.
    @Test func strangeFramesAreIgnored() {
        let world = ModelWorld()
        world.add(EchoModel.self)
        world.run(until: 2_000_000_000)
        let other = IPv4Packet(
            source: ModelWorld.address(5), destination: ModelWorld.address(6), carried: 1,
            payload: ICMPEcho(isReply: false, identifier: 1, sequence: 1, data: []).payload)
        var frames = [
            [], [1, 2, 3], other.frame(from: ModelWorld.mac(5), to: ModelWorld.mac(0)),
            other.frame(from: ModelWorld.mac(5), to: ModelWorld.mac(6)),
            ARPPacket(
                .request, senderMAC: ModelWorld.mac(5), sender: ModelWorld.address(5),
                targetMAC: MACAddress(value: 0), target: ModelWorld.address(6)
            ).frame,
        ]
        var random = SplitMix64(seed: 3, name: "frames")
        for length in 0..<200 {
            var frame = ModelWorld.mac(0).octets
            frame += (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            frames.append(frame)
        }
        for frame in frames {
            world.machines[0].receive(frame, on: 0)
            _ = world.machines[0].turn(at: world.now)
            #expect(world.machines[0].takeOutbox().isEmpty)
        }
    }

    // MARK: Traffic and sink

    @Test(arguments: ["udp", "frames"]) func constantTraffic(_ carrier: String) {
        let world = ModelWorld()
        world.add(
            TrafficModel.self,
            [
                "to": ModelWorld.peer(1), "rate": .integer(3), "count": .integer(301), "size": .integer(100),
                "carrier": .word(carrier),
            ])
        world.add(SinkModel.self)
        world.run(until: 300_000_000_000)
        #expect(world.machines[0].status == 0)
        #expect(world.texts[0] == "301 sent, 30100 bytes\n")
        world.stop()
        // 300 times 100 bytes in the 100 s between the first and the last.
        #expect(
            world.texts[1]
                == "301 received, 30100 bytes, 0.002 Mbit/s, latency min/mean/max = 5.000000/5.000000/5.000000 ms\n"
        )
    }

    /// A rate that does not divide a second stays exact: the millionth is where it should be.
    @Test func constantTrafficDoesNotDrift() {
        let world = ModelWorld()
        world.add(
            TrafficModel.self,
            ["to": ModelWorld.peer(1), "rate": .integer(3000), "count": .integer(9000), "size": .integer(20)])
        world.add(SinkModel.self)
        // The last of 9000 at 3000 a second goes out 2.999666666 s after 1.010 s, and takes 10 ms there and back.
        world.run(until: 4_019_666_665)
        #expect(world.machines[0].status == nil)
        world.run(until: 4_019_666_666)
        #expect(world.machines[0].status == 0)
    }

    private func exponential(seed: UInt64) -> (count: Int, gaps: [UInt64]) {
        let world = ModelWorld()
        world.add(
            TrafficModel.self,
            ["to": ModelWorld.peer(1), "rate": .integer(100), "distribution": .word("exponential")],
            seed: seed)
        let gaps = Gaps()
        let sink = world.add(SinkModel.self)
        world.run(until: 1_000_000_000)
        let count = sink.stack.onUDP[9]
        sink.stack.onUDP[9] = { datagram, peer in
            gaps.times.append(world.now)
            count?(datagram, peer)
        }
        world.run(until: 101_000_000_000)
        return (gaps.times.count, zip(gaps.times, gaps.times.dropFirst()).map { $1 - $0 })
    }

    private final class Gaps { var times: [UInt64] = [] }

    /// 100 s at 100 a second: 10,000 expected, standard deviation 100; as many gaps below the mean as 1 - 1/e says.
    @Test func exponentialTraffic() {
        let (count, gaps) = exponential(seed: 7)
        #expect((9500...10500).contains(count))
        let below = Double(gaps.count { $0 < 10_000_000 }) / Double(gaps.count)
        #expect(abs(below - 0.632) < 0.03, "\(below)")
        #expect(exponential(seed: 7).gaps == gaps)
        #expect(exponential(seed: 8).gaps != gaps)
    }

    @Test func trafficToNobody() {
        let world = ModelWorld()
        world.add(TrafficModel.self, ["to": ModelWorld.peer(3), "rate": .integer(3)])
        world.run(until: 60_000_000_000)
        #expect(world.machines[0].status == 1)
        #expect(world.texts[0] == "m3 (10.0.0.4) does not answer\n")
    }

    @Test func aSinkWithoutTraffic() {
        let world = ModelWorld()
        world.add(SinkModel.self)
        world.run(until: 60_000_000_000)
        world.stop()
        #expect(world.texts[0] == "0 received, 0 bytes\n")
        #expect(world.machines[0].status == 0)
    }

    /// Stopped before its program began, a model ends as well.
    @Test func stoppedBeforeItBegan() {
        let world = ModelWorld()
        world.add(PingModel.self, ["to": ModelWorld.peer(1)])
        world.run(until: 500_000_000)
        world.stop()
        #expect(!world.machines[0].hasBegun)
        #expect(world.machines[0].status == 0)
    }

    // MARK: Parts

    @Test func stampsThereAndBack() {
        let stamp = Stamp(number: 0x0102_0304, nanoseconds: 0x1112_1314_1516_1718)
        for size in [16, 17, 1000] { #expect(Stamp(stamp.data(size: size)[...]) == stamp) }
        #expect(stamp.data(size: 5).count == 5)
        #expect(Stamp(stamp.data(size: 15)[...]) == nil)
        #expect(Stamp([UInt8](repeating: 0, count: 40)[...]) == nil)
    }

    @Test func logarithmAsTheLibraryHasIt() {
        var random = SplitMix64(seed: 1, name: "log")
        for _ in 0..<10_000 {
            let value = random.unit()
            let difference = abs(ReproducibleMath.log(value) - log(value))
            #expect(difference <= 4e-16 * max(1, abs(log(value))), "\(value)")
        }
        #expect(ReproducibleMath.log(1) == 0)
        #expect(ReproducibleMath.log(.leastNormalMagnitude) < -708)
    }

    @Test func everyKindIsFoundByItsName() {
        for kind in ModelKinds.all { #expect(ModelKinds.named(kind.kind) == kind) }
        #expect(ModelKinds.named("router") == nil)
        #expect(Set(ModelKinds.all.map { $0.kind }).count == ModelKinds.all.count)
    }
}
