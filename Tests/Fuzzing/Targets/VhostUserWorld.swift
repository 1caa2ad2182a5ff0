internal import Foundation
internal import Network
internal import Posix
internal import SystemPackage
internal import Virtio

/// Conversations of a driver with its device: the handshake of a kernel, with changes.
final class VhostUserWorld: FuzzWorld {
    private static let name = "eth0 of hostile"

    private let memory: DriverMemory
    private let disk: DiskImage
    private let honest: HonestDevice
    /// Ends of back channels that are handed over.
    private let channel: SocketEnd
    private let channelOther: Descriptor
    private let null: Descriptor

    init() throws {
        memory = try DriverMemory()
        disk = try QueueWorld.makeDisk()
        honest = try HonestDevice()
        let ends = try SocketEnd.pair()
        channel = ends.end
        channelOther = ends.other.take()
        null = try Posix.open("/dev/null", .readWrite)
    }

    private struct Request {
        var code: UInt32
        var payload: [UInt8]
        var flags: UInt32 = 9
        var descriptors: [CInt] = []
        /// Bytes of the payload as the header says, when that is not true.
        var length: UInt32?

        var bytes: [UInt8] {
            var bytes = VhostUser.frame(code, payload, flags: flags)
            if let length { bytes.replaceSubrange(8..<12, with: VhostUser.u32(length)) }
            return bytes
        }
    }

    func run(_ random: inout FuzzRandom) throws -> String {
        channel.drain()
        let ends = try SocketEnd.pair()
        let kind = random.below(8)
        let backend = Backend(name: Self.name, socket: ends.other.take(), profile: profile(kind))
        let outcome: String
        do {
            outcome = try talk(to: backend, kind, ends.end, &random)
        } catch let error as BackendError {
            outcome = try Outcome.of(error, names: Self.name)
        }
        if random.oneIn(4) { try honest.check() }
        return outcome
    }

    private func profile(_ kind: Int) -> DeviceProfile {
        switch kind {
        case 0: .entropy(SplitMix64(seed: 1, name: "fuzz"))
        case 1: .disk(disk)
        case 2: .console()
        default: .network(mac: [2, 0, 0, 0, 0, 9], mtu: 1500, offloads: kind.isMultiple(of: 2))
        }
    }

    private func talk(to backend: Backend, _ kind: Int, _ socket: SocketEnd, _ random: inout FuzzRandom)
        throws -> String
    {
        var requests = handshake(&random)
        for _ in 0..<random.below(4) { change(&requests, &random) }
        var bytes: [UInt8] = []
        for request in requests {
            // Descriptors belong to the message that is read with them.
            if !request.descriptors.isEmpty {
                if try !exchange(&bytes, [], backend, socket) { return "the connection is closed" }
            }
            bytes += request.bytes
            if random.oneIn(200) { random.mutate(&bytes) }
            if !request.descriptors.isEmpty || random.oneIn(16) {
                if try !exchange(&bytes, request.descriptors, backend, socket) {
                    return "the connection is closed"
                }
            }
        }
        _ = try exchange(&bytes, [], backend, socket)
        return try use(backend, kind, &random)
    }

    private func exchange(
        _ bytes: inout [UInt8], _ descriptors: [CInt], _ backend: Backend, _ socket: SocketEnd
    ) throws -> Bool {
        guard !bytes.isEmpty else { return true }
        socket.send(bytes, descriptors: descriptors)
        bytes = []
        defer { _ = socket.receive() }
        if case .closed = try backend.receive() { return false }
        return true
    }

    /// What a kernel's driver says, kicks included.
    private func handshake(_ random: inout FuzzRandom) -> [Request] {
        let features: UInt64 = 1 << 32 | 1 << 30 | (random.next() & (1 << 29 | 1 << 28))
        var requests = [
            Request(code: VhostUser.setOwner, payload: []),
            Request(code: VhostUser.getFeatures, payload: [], flags: 1),
            Request(code: VhostUser.getProtocolFeatures, payload: [], flags: 1),
            Request(code: VhostUser.setProtocolFeatures, payload: VhostUser.u64(0x4228)),
            Request(code: VhostUser.setBackendSocket, payload: [], descriptors: [channelOther.number]),
            Request(
                code: VhostUser.getConfig, payload: VhostUser.state(0, 16) + [UInt8](repeating: 0, count: 20)),
            Request(code: VhostUser.setFeatures, payload: VhostUser.u64(features)),
            Request(
                code: VhostUser.setMemoryTable, payload: VhostUser.memoryTable(), descriptors: [memory.number]
            ),
        ]
        for index in 0..<random.pick([1, 2, 2]) {
            let queue = DriverQueue(memory, index: index, size: 64)
            let number = UInt32(index)
            requests += [
                Request(code: VhostUser.setVringSize, payload: VhostUser.state(number, 64)),
                Request(code: VhostUser.setVringBase, payload: VhostUser.state(number, 0)),
                Request(code: VhostUser.setVringAddress, payload: VhostUser.addresses(number, queue)),
                Request(code: VhostUser.setVringCall, payload: VhostUser.u64(UInt64(number) | 1 << 8)),
                Request(code: VhostUser.setVringEnable, payload: VhostUser.state(number, 1)),
            ]
        }
        requests.append(Request(code: VhostUser.vringKick, payload: VhostUser.state(0, 0)))
        if random.oneIn(3) {
            requests.append(Request(code: VhostUser.getVringBase, payload: VhostUser.state(0, 0)))
        }
        return requests
    }

    private func change(_ requests: inout [Request], _ random: inout FuzzRandom) {
        guard !requests.isEmpty else { return }
        let place = random.below(requests.count)
        switch random.below(10) {
        case 0: requests.remove(at: place)
        case 1: requests.insert(requests[place], at: random.below(requests.count + 1))
        case 2: requests.swapAt(place, random.below(requests.count))
        case 3, 4: random.mutate(&requests[place].payload)
        case 5:
            requests[place].code = UInt32(
                truncatingIfNeeded: random.oneIn(2) ? random.next() % 40 : random.number())
        case 6: requests[place].flags = UInt32(truncatingIfNeeded: random.number())
        case 7: requests[place].length = UInt32(truncatingIfNeeded: random.number())
        case 8:
            let numbers = [memory.number, null.number, channelOther.number]
            requests[place].descriptors = (0..<random.below(10)).map { _ in random.pick(numbers) }
        default:
            let words = requests[place].payload.count / 8
            guard words > 0 else { return }
            let word = 8 * random.below(words)
            requests[place].payload.replaceSubrange(word..<word + 8, with: VhostUser.u64(random.number()))
        }
    }

    /// What the owner does with a device.
    private func use(_ backend: Backend, _ kind: Int, _ random: inout FuzzRandom) throws -> String {
        _ = backend.takeOutbox()
        let isStream = kind >= 2
        let delivery = isStream ? try backend.deliver([UInt8](repeating: 1, count: 60)) : .dropped
        if random.oneIn(2) {
            if kind > 2, random.oneIn(2) { _ = try backend.setLink(isUp: false) }
            try backend.interrupt(queue: 0)
            var reply = VhostUser.frame(VhostUser.vringCall, VhostUser.u64(0), flags: 5)
            if random.oneIn(2) { random.mutate(&reply) }
            channel.send(reply)
            _ = try backend.receiveReply()
        }
        return "\(delivery)"
    }
}
