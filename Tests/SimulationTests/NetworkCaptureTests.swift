import Calendar
import Foundation
import Network
import Testing
import Trace

@testable import Simulation

/// The frames that a network's capture marks as lost are those that reached nobody.
struct NetworkCaptureTests {
    /// A frame on the wire: of which sending, and which of a segment's frames.
    private struct Packet: Hashable {
        let sending: Int
        let part: Int
    }

    private static func profile(_ random: inout SplitMix64) -> LinkProfile {
        var profile = LinkProfile()
        guard random.next() % 4 > 0 else { return profile }
        profile.latency = random.next() % 3 * 1000
        if random.next() % 2 == 0 { profile.bandwidth = [1, 8, 100][Int(random.next() % 3)] * 100_000_000 }
        if random.next() % 2 == 0 { profile.jitter = Jitter(distribution: .uniform, scale: 3000) }
        if random.next() % 2 == 0 { profile.loss = .independent(Probability(partsPerBillion: 200_000_000)) }
        if random.next() % 3 == 0 { profile.duplicate = Probability(partsPerBillion: 300_000_000) }
        if random.next() % 3 == 0 {
            (profile.reorder.share, profile.reorder.by) = (Probability(partsPerBillion: 300_000_000), 9000)
        }
        profile.queue.limit = random.next() % 2 == 0 ? .frames(3) : .bytes(4000)
        switch random.next() % 3 {
        case 0: profile.queue.discipline = .codel(target: 500, interval: 2000)
        case 1:
            profile.queue.discipline = .red(
                minimum: 1, maximum: 3, probability: Probability(partsPerBillion: 300_000_000), weightShift: 1
            )
        default: break
        }
        return profile
    }

    private static func address(_ port: Int) -> MACAddress {
        MACAddress(value: 0x0200_0000_0001 + UInt64(port))
    }

    /// A datagram, or now and then a TCP segment that stands for three frames, from one port to another or to all.
    private static func frame(
        _ random: inout SplitMix64, from port: Int, to receiver: MACAddress
    ) throws -> Frame {
        let (source, destination) = (IPv4Address("10.0.0.1")!, IPv4Address("10.0.0.2")!)
        guard random.next() % 4 == 0 else {
            let payload = [UInt8](repeating: 7, count: Int(random.next() % 1200))
            let packet = IPv4Packet(source: source, destination: destination, carried: 99, payload: payload)
            return Frame(packet.frame(from: address(port), to: receiver))
        }
        var tcp: [UInt8] = [0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 0x10, 1, 0, 0, 0, 0, 0]
        tcp += [UInt8](repeating: 7, count: 2500)
        let packet = IPv4Packet(source: source, destination: destination, carried: 6, payload: tcp)
        let offload = Frame.Offload(
            checksum: .init(start: 34, offset: 16),
            segments: .init(isIPv6: false, size: 1000, notifiesCongestion: false))
        return try #require(Frame(packet.frame(from: address(port), to: receiver), offload: offload))
    }

    @Test(arguments: 0..<40 as Range<UInt64>) func marksWhatReachedNobody(_ seed: UInt64) throws {
        var random = SplitMix64(seed: seed, name: "captures")
        let path = NSTemporaryDirectory() + "almanac-capture-\(UUID().uuidString).pcapng"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let ports = 3
        let capture = NetworkCapture(
            try CaptureFile(
                path: path, start: 0, comment: nil,
                interfaces: (0..<ports).map { Pcapng.Interface(name: "m\($0)/eth0", description: "lan") }))
        var network = SimulatedNetwork(
            .init(kind: random.next() % 4 == 0 ? .hub : .switch, latency: 500, seed: seed, name: "lan"))
        for port in 0..<ports {
            _ = network.addPort(
                name: "m\(port)/eth0", out: Self.profile(&random), in: Self.profile(&random),
                mtu: random.next() % 6 == 0 ? 600 : nil)
        }
        var parts: [Int] = []
        var arrived: Set<Packet> = []
        var lost: Set<Packet> = []
        func settle() {
            var outcomes = NetworkOutcomes()
            network.takeOutcomes(into: &outcomes)
            func packets(_ parcel: Parcel) -> [Packet] {
                let sending = Int(parcel.id.number)
                return (parcel.part.map { [$0] } ?? Array(0..<parts[sending])).map {
                    Packet(sending: sending, part: $0)
                }
            }
            for delivery in outcomes.deliveries {
                // One in ten is lost at its receiver.
                if random.next() % 10 == 0 {
                    delivery.parcel.lost("the receiver is off")
                    lost.formUnion(packets(delivery.parcel))
                } else {
                    delivery.parcel.arrived()
                    arrived.formUnion(packets(delivery.parcel))
                }
            }
            for loss in outcomes.losses {
                loss.parcel.lost(loss.reason.description)
                lost.formUnion(packets(loss.parcel))
            }
        }
        var now: UInt64 = 0
        for sending in 0..<300 {
            if random.next() % 3 > 0 { now += random.next() % 20_000 }
            let port = Int(random.next() % UInt64(ports))
            let receiver = Int(random.next() % UInt64(ports + 1))
            let frame = try Self.frame(
                &random, from: port, to: receiver == ports ? .broadcast : Self.address(receiver))
            parts.append(frame.wireCount)
            network.advance(entries: Instant(nanoseconds: now), exits: Instant(nanoseconds: now))
            settle()
            let fate = capture.sent(frame, interface: port, at: Instant(nanoseconds: now))
            network.send(
                Parcel(frame, FrameID(sender: UInt64(port), number: UInt64(sending), device: 0), fate: fate),
                from: port, at: Instant(nanoseconds: now))
            settle()
            if sending % 50 == 0 { capture.remark("remark \(sending)", at: Instant(nanoseconds: now)) }
        }
        network.advance(entries: .never, exits: .never)
        settle()
        capture.finish()

        let records = try CapturedPacket.read(path)
        let frames = records.filter { $0.interface < ports }
        #expect(records.count - frames.count == 6)
        let sent = parts.indices.flatMap { sending in
            (0..<parts[sending]).map { Packet(sending: sending, part: $0) }
        }
        try #require(frames.count == sent.count)
        #expect(zip(records, records.dropFirst()).allSatisfy { $0.time <= $1.time })
        for (packet, record) in zip(sent, frames) {
            let isLost = !arrived.contains(packet)
            #expect(lost.contains(packet) || !isLost)
            #expect((record.comment != nil) == isLost, "\(packet): \(record.comment ?? "no comment")")
            if let comment = record.comment { #expect(comment.hasPrefix("lost: ")) }
        }
        #expect(sent.count > lost.subtracting(arrived).count)
    }

    /// A receiver that is paused holds up what waits behind its frame, but only so much of it.
    @Test func whatWaitsIsBounded() throws {
        let path = NSTemporaryDirectory() + "almanac-capture-\(UUID().uuidString).pcapng"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let capture = NetworkCapture(
            try CaptureFile(
                path: path, start: 0, comment: nil,
                interfaces: [Pcapng.Interface(name: "m/eth0", description: "lan")]))
        let frame = Frame([UInt8](repeating: 1, count: 60))
        let paused = capture.sent(frame, interface: 0, at: .zero)
        for _ in 0..<NetworkCapture.waitingLimit + 10 {
            capture.sent(frame, interface: 0, at: .zero).lost(nil, reason: "here")
        }
        capture.sync()
        // The paused receiver's frame is written without a reason; the others with theirs.
        let records = try CapturedPacket.read(path)
        #expect(records.count == NetworkCapture.waitingLimit + 11)
        #expect(records[0].comment == nil)
        #expect(records.dropFirst().allSatisfy { $0.comment == "lost: here" })
        paused.lost(nil, reason: "too late")
    }
}

/// A packet of a capture file, read back (pcapng draft, 4.3: Enhanced Packet Block).
private struct CapturedPacket {
    let interface: Int
    let time: UInt64
    let comment: String?

    static func read(_ path: String) throws -> [CapturedPacket] {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        func word(_ place: Int) -> Int { (0..<4).reduce(0) { $0 | Int(bytes[place + $1]) << ($1 * 8) } }
        var packets: [CapturedPacket] = []
        var place = 0
        while place < bytes.count {
            let (type, length) = (word(place), word(place + 4))
            if type == 6 {
                let options = place + 28 + (word(place + 20) + 3) / 4 * 4
                packets.append(
                    CapturedPacket(
                        interface: word(place + 8),
                        time: UInt64(word(place + 12)) << 32 | UInt64(word(place + 16)),
                        comment: comment(in: bytes[options..<place + length - 4])))
            }
            place += length
        }
        return packets
    }

    /// The option number 1.
    private static func comment(in options: ArraySlice<UInt8>) -> String? {
        var rest = options
        while rest.count >= 4 {
            let start = rest.startIndex
            let code = Int(rest[start]) | Int(rest[start + 1]) << 8
            let length = Int(rest[start + 2]) | Int(rest[start + 3]) << 8
            if code == 0 { return nil }
            if code == 1 { return String(decoding: rest[start + 4..<start + 4 + length], as: UTF8.self) }
            rest = rest.dropFirst(4 + (length + 3) / 4 * 4)
        }
        return nil
    }
}
