internal import Network
internal import Posix
internal import SystemPackage
internal import Virtio

/// A guest's memory: sealed, shared with a device, written by a driver.
final class DriverMemory {
    static let guestBase: UInt64 = 0x6000_0000
    static let userBase: UInt64 = 0x7000_0000
    static let size = 64 * 1024

    private let memory: SealedMemory
    private let mapping: Mapping

    init() throws(Errno) {
        memory = try SealedMemory(name: "almanac-fuzz", length: Self.size)
        mapping = try Mapping(memory)
    }

    var number: CInt { memory.descriptor.number }

    /// - Parameter offset: what is not inside the memory is not stored.
    func store<Value: BitwiseCopyable>(_ value: Value, at offset: Int) {
        guard offset >= 0, offset + MemoryLayout<Value>.size <= Self.size else { return }
        // Checked in the line above.
        unsafe mapping.bytes.storeBytes(of: value, toByteOffset: offset, as: Value.self)
    }

    func load<Value: BitwiseCopyable>(_ type: Value.Type, at offset: Int) -> Value {
        precondition(offset >= 0 && offset + MemoryLayout<Value>.size <= Self.size)
        // Checked in the line above.
        return unsafe mapping.bytes.loadUnaligned(fromByteOffset: offset, as: type)
    }

    func store(_ bytes: [UInt8], at offset: Int) {
        guard offset >= 0, offset + bytes.count <= Self.size else { return }
        // Checked in the line above.
        unsafe UnsafeMutableRawBufferPointer(rebasing: mapping.bytes[offset..<offset + bytes.count])
            .copyBytes(from: bytes)
    }

    func bytes(at offset: Int, count: Int) -> [UInt8] {
        precondition(offset >= 0 && count >= 0 && offset + count <= Self.size)
        // Checked in the line above.
        return unsafe Array(mapping.bytes[offset..<offset + count])
    }
}

/// The driver's side of a split virtqueue in the first part of a `DriverMemory`; buffers are behind `dataStart`.
struct DriverQueue {
    static let next: UInt16 = 1
    static let write: UInt16 = 2
    static let indirect: UInt16 = 4
    /// Where the queues end.
    static let dataStart = 0x6000
    private static let stride = 0x2800

    let memory: DriverMemory
    let size: UInt16
    let descriptors: Int
    let available: Int
    let used: Int

    init(_ memory: DriverMemory, index: Int, size: UInt16) {
        self.memory = memory
        self.size = size
        descriptors = index * Self.stride
        available = descriptors + 0x1000
        used = descriptors + 0x1400
    }

    func describe(
        _ index: UInt16, address: UInt64, length: UInt32, flags: UInt16 = 0, next: UInt16 = 0,
        table: Int? = nil
    ) {
        let place = (table ?? descriptors) + 16 * Int(index)
        memory.store(address, at: place)
        memory.store(length, at: place + 8)
        memory.store(flags, at: place + 12)
        memory.store(next, at: place + 14)
    }

    func offer(_ head: UInt16) {
        let index = availableIndex
        memory.store(head, at: available + 4 + 2 * Int(index & (size - 1)))
        memory.store(index &+ 1, at: available + 2)
    }

    var availableIndex: UInt16 { memory.load(UInt16.self, at: available + 2) }
    var usedIndex: UInt16 { memory.load(UInt16.self, at: used + 2) }

    /// Bytes written to the chain that was given back last.
    var lastUsedLength: UInt32 {
        memory.load(UInt32.self, at: used + 8 + 8 * Int((usedIndex &- 1) & (size - 1)))
    }
}

/// A back end and the guest's ends of its sockets.
final class DeviceEnd {
    let backend: Backend
    let socket: SocketEnd
    /// The guest's end of the back channel.
    let interrupts: SocketEnd
    let memory: DriverMemory
    private(set) var queues: [DriverQueue] = []

    init(name: String, _ profile: DeviceProfile, _ memory: DriverMemory) throws {
        let ends = try SocketEnd.pair()
        socket = ends.end
        backend = Backend(name: name, socket: ends.other.take(), profile: profile)
        self.memory = memory
        let channel = try SocketEnd.pair()
        interrupts = channel.end
        let theirs = channel.other.take()
        try ask(VhostUser.setBackendSocket, [], descriptors: [theirs.number])
    }

    /// Sends a request and lets the device handle it.
    func ask(_ request: UInt32, _ payload: [UInt8], descriptors: [CInt] = []) throws {
        socket.send(VhostUser.frame(request, payload), descriptors: descriptors)
        _ = try backend.receive()
    }

    /// Takes features and sets the queues up, as a kernel's driver does.
    ///
    /// - Parameter refused: features that this driver does not take.
    func setUp(queues count: Int, size: UInt16, refused: UInt64 = 0) throws {
        socket.send(VhostUser.frame(VhostUser.getFeatures, []))
        _ = try backend.receive()
        let answer = socket.receive()
        let features = answer.suffix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
        try ask(VhostUser.setFeatures, VhostUser.u64(features & ~refused))
        try ask(VhostUser.setMemoryTable, VhostUser.memoryTable(), descriptors: [memory.number])
        queues = (0..<count).map { DriverQueue(memory, index: $0, size: size) }
        var bytes: [UInt8] = []
        for (index, queue) in queues.enumerated() {
            let number = UInt32(index)
            bytes += VhostUser.frame(VhostUser.setVringSize, VhostUser.state(number, UInt32(size)))
            bytes += VhostUser.frame(VhostUser.setVringBase, VhostUser.state(number, 0))
            bytes += VhostUser.frame(VhostUser.setVringAddress, VhostUser.addresses(number, queue))
            bytes += VhostUser.frame(VhostUser.setVringEnable, VhostUser.state(number, 1))
        }
        socket.send(bytes)
        _ = try backend.receive()
        socket.drain()
    }

    /// VRING_KICK, handled and answered.
    func kick(_ queue: Int) throws {
        try ask(VhostUser.vringKick, VhostUser.state(UInt32(queue), 0))
        _ = socket.receive()
    }

    /// Interrupts that became necessary: each is sent and answered with `status`.
    func answerInterrupts(status: UInt64 = 0) throws {
        for queue in backend.takeInterruptsWanted() {
            try backend.interrupt(queue: queue)
            _ = interrupts.receive()
            interrupts.send(VhostUser.frame(VhostUser.vringCall, VhostUser.u64(status), flags: 5))
            _ = try backend.receiveReply()
        }
    }
}

/// Messages of vhost-user as a front end makes them.
enum VhostUser {
    static let getFeatures: UInt32 = 1
    static let setFeatures: UInt32 = 2
    static let setOwner: UInt32 = 3
    static let setMemoryTable: UInt32 = 5
    static let setVringSize: UInt32 = 8
    static let setVringAddress: UInt32 = 9
    static let setVringBase: UInt32 = 10
    static let getVringBase: UInt32 = 11
    static let setVringCall: UInt32 = 13
    static let getProtocolFeatures: UInt32 = 15
    static let setProtocolFeatures: UInt32 = 16
    static let setVringEnable: UInt32 = 18
    static let setBackendSocket: UInt32 = 21
    static let getConfig: UInt32 = 24
    static let vringKick: UInt32 = 35
    /// Of the back end.
    static let vringCall: UInt32 = 4

    /// - Parameter flags: version 1, and 8 to ask for a reply.
    static func frame(_ request: UInt32, _ payload: [UInt8], flags: UInt32 = 9) -> [UInt8] {
        u32(request) + u32(flags) + u32(UInt32(payload.count)) + payload
    }

    static func u32(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) }
    }

    static func u64(_ value: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
    }

    static func state(_ index: UInt32, _ value: UInt32) -> [UInt8] { u32(index) + u32(value) }

    static func memoryTable() -> [UInt8] {
        state(1, 0) + u64(DriverMemory.guestBase) + u64(UInt64(DriverMemory.size))
            + u64(DriverMemory.userBase)
            + u64(0)
    }

    static func addresses(_ index: UInt32, _ queue: DriverQueue) -> [UInt8] {
        let places = [queue.descriptors, queue.used, queue.available]
        return state(index, 0) + places.flatMap { u64(DriverMemory.userBase + UInt64($0)) } + u64(.max)
    }
}
