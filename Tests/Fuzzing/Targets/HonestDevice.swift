internal import Network
internal import Virtio

/// A network device whose driver keeps all rules, beside a hostile one: its frames go out and come in unchanged.
final class HonestDevice {
    private let device: DeviceEnd
    private var round: UInt8 = 0

    init() throws {
        let profile = DeviceProfile.network(mac: [2, 0, 0, 0, 0, 1], mtu: 1500, offloads: false)
        device = try DeviceEnd(name: "eth0 of honest", profile, DriverMemory())
        try device.setUp(queues: 2, size: 16)
    }

    /// One frame each way.
    func check() throws {
        round &+= 1
        let frame = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xb5] + [UInt8](repeating: round, count: 46)
        try send(frame)
        try receive(frame)
        try device.answerInterrupts()
    }

    private func send(_ frame: [UInt8]) throws {
        let place = DriverQueue.dataStart
        device.memory.store([UInt8](repeating: 0, count: 12) + frame, at: place)
        let queue = device.queues[1]
        queue.describe(
            0, address: DriverMemory.guestBase + UInt64(place), length: UInt32(12 + frame.count))
        queue.offer(0)
        try device.kick(1)
        guard device.backend.takeOutbox().map(\.bytes) == [frame] else {
            throw FuzzFailure("the honest device's frame \(round) did not go out")
        }
    }

    private func receive(_ frame: [UInt8]) throws {
        let place = DriverQueue.dataStart + 0x1000
        let queue = device.queues[0]
        let before = queue.usedIndex
        queue.describe(
            0, address: DriverMemory.guestBase + UInt64(place), length: 2048, flags: DriverQueue.write)
        queue.offer(0)
        guard case .delivered = try device.backend.deliver(frame), queue.usedIndex == before &+ 1,
            queue.lastUsedLength == UInt32(12 + frame.count),
            device.memory.bytes(at: place + 12, count: frame.count) == frame
        else { throw FuzzFailure("the honest device did not get frame \(round)") }
    }
}
