internal import Calendar
internal import Foundation
internal import Models
internal import Network
internal import Posix
internal import SystemPackage
internal import Virtio

/// Virtqueues of one kind of device: chains as a driver makes them, with changes, in memory that changes meanwhile.
///
/// What a hostile network device sends crosses a switch to an honest device's machine and to a model.
final class QueueWorld: FuzzWorld {
    enum Kind: Sendable {
        case network, console, entropy, disk

        var queueCount: Int { self == .network || self == .console ? 2 : 1 }
    }

    private static let name = "device of hostile"
    private static let diskSize: UInt64 = 64 * 1024

    private let kind: Kind
    private let memory: DriverMemory
    private let disk: DiskImage
    private let honest: HonestDevice
    private var device: DeviceEnd?
    private var writer: ChainWriter
    private let machine: ModelMachine
    private var network = SimulatedNetwork(.init(latency: 1000, name: "lan"))
    private var outcomes = NetworkOutcomes()
    private var now: UInt64 = 0
    private var frames: UInt64 = 0

    init(_ kind: Kind) throws {
        self.kind = kind
        memory = try DriverMemory()
        disk = try Self.makeDisk()
        honest = try HonestDevice()
        writer = ChainWriter(kind, memory)
        let settings = ModelSettings(
            EchoModel.parameters.map(\.name), EchoModel.parameters.compactMap(\.defaultValue))
        guard let subnet = IPv4Subnet("10.0.0.0/24") else { preconditionFailure("a subnet") }
        let interface = ModelInterface(
            mac: MACAddress(value: 0x0200_0000_0002), address: IPv4Address(value: 0x0a00_0002), subnet: subnet
        )
        machine = ModelMachine(
            name: "model", model: EchoModel(settings), interfaces: [interface], seed: 1, begin: 0)
        for name in ["hostile/eth0", "honest/eth0", "model/eth0"] {
            _ = network.addPort(name: name, mtu: 1500)
        }
    }

    deinit { machine.stop(at: now) }

    /// A disk without a name in the file system.
    static func makeDisk() throws -> DiskImage {
        let path = ScratchFile.folder + "almanac-fuzz-disk-\(getpid())"
        let image = try DiskImage(path: path, size: diskSize)
        try FileManager.default.removeItem(atPath: path)
        return image
    }

    func run(_ random: inout FuzzRandom) throws -> String {
        let outcome: String
        do {
            outcome = try act(&random)
        } catch let error as BackendError {
            outcome = try Outcome.of(error, names: Self.name)
            device = nil
        }
        if device == nil || random.oneIn(8) { try honest.check() }
        return outcome
    }

    private func makeDevice(_ random: inout FuzzRandom) throws -> DeviceEnd {
        let profile: DeviceProfile =
            switch kind {
            case .network: .network(mac: [2, 0, 0, 0, 0, 9], mtu: 1500, offloads: !random.oneIn(4))
            case .console: .console()
            case .entropy: .entropy(SplitMix64(seed: 1, name: "fuzz"))
            case .disk: .disk(disk)
            }
        memory.store([UInt8](repeating: 0, count: DriverQueue.dataStart), at: 0)
        let device = try DeviceEnd(name: Self.name, profile, memory)
        let refused = random.oneIn(2) ? random.next() & (1 << 29 | 1 << 28 | 0xffff) : 0
        try device.setUp(
            queues: kind.queueCount, size: random.pick([1, 2, 8, 16, 64, 256]), refused: refused)
        return device
    }

    private func act(_ random: inout FuzzRandom) throws -> String {
        let device = try device ?? makeDevice(&random)
        self.device = device
        var outcome = "well"
        for (index, queue) in device.queues.enumerated() where !random.oneIn(4) {
            let before = queue.usedIndex
            for _ in 0..<1 + random.below(3) { writer.offer(queue, index, &random) }
            if random.oneIn(8) { writer.scribble(queue, &random) }
            try device.kick(index)
            if queue.usedIndex != before { outcome = "used" }
        }
        if kind.queueCount == 2 {
            for _ in 0..<random.below(3) { outcome = "\(try deliver(to: device, &random))" }
        }
        let sent = device.backend.takeOutbox()
        if !sent.isEmpty { outcome = "sent" }
        if kind == .network {
            for frame in sent { try pass(frame) }
            if random.oneIn(16) { _ = try device.backend.setLink(isUp: random.oneIn(2)) }
        }
        try device.answerInterrupts(status: random.oneIn(64) ? random.number() : 0)
        if random.oneIn(32) { try configure(device, &random) }
        return outcome
    }

    private func deliver(to device: DeviceEnd, _ random: inout FuzzRandom) throws -> Backend.Delivery {
        guard kind == .network, random.oneIn(2) else {
            return try device.backend.deliver(random.bytes(random.pick([1, 60, 1514, 4000])))
        }
        let frame = writer.segments(&random)
        return try device.backend.deliver(frame ?? Frame([UInt8](repeating: 2, count: 60)))
    }

    /// Through the switch to whom it reaches.
    private func pass(_ frame: Frame) throws {
        now += 1000
        frames += 1
        network.send(
            Parcel(frame, FrameID(sender: 1, number: frames, device: 1)), from: 0,
            at: Instant(nanoseconds: now))
        outcomes.removeAll()
        network.takeOutcomes(into: &outcomes)
        guard outcomes.deliveries.count + outcomes.losses.count > 0 else {
            throw FuzzFailure("frame \(frames) has no outcome")
        }
        for delivery in outcomes.deliveries {
            let whole = delivery.frame.wireFrames()
            guard whole.count == delivery.frame.wireCount,
                whole.reduce(0, { $0 + $1.count }) == delivery.frame.wireBytes
            else { throw FuzzFailure("frame \(frames) has \(whole.count) frames on the wire") }
            if delivery.port == 2 { for bytes in whole.prefix(64) { machine.receive(bytes, on: 0) } }
        }
        _ = machine.turn(at: now)
        _ = machine.takeOutbox()
        _ = machine.takeText()
    }

    /// The driver sets a queue up again, or asks where it stands.
    private func configure(_ device: DeviceEnd, _ random: inout FuzzRandom) throws {
        let index = UInt32(random.below(kind.queueCount))
        let value = UInt32(truncatingIfNeeded: random.number())
        switch random.below(5) {
        case 0: try device.ask(VhostUser.setVringSize, VhostUser.state(index, value))
        case 1: try device.ask(VhostUser.setVringBase, VhostUser.state(index, value))
        case 2: try device.ask(VhostUser.getVringBase, VhostUser.state(index, 0))
        default: try device.ask(VhostUser.setVringEnable, VhostUser.state(index, value & 1))
        }
        if random.oneIn(2) { try device.ask(VhostUser.setVringEnable, VhostUser.state(index, 1)) }
        device.socket.drain()
    }
}
