internal import Glibc
package import Network
package import Posix
package import SystemPackage

/// One guest's connection to one device: a vhost-user back end as User Mode Linux needs it.
///
/// The owner's loop calls `read()` and `handle()` when the socket is readable and takes what the guest sent with `takeOutbox()`;
/// `deliver` and `interrupt` go the other way. No call blocks.
package final class Backend {
    /// Whether the guest is still connected.
    package enum Connection: Sendable {
        case open
        case closed
    }

    /// What became of a frame for the guest.
    package enum Delivery: Hashable, Sendable {
        /// It is in the guest's buffers; `interrupt` says whether the driver wants an interrupt.
        case delivered(interrupt: Bool)
        /// The guest has no buffers now; it is kept until there are some.
        case queued
        /// It is dropped.
        case dropped
    }

    /// The state of the back channel after a read.
    package enum Reply: Sendable {
        case replied
        case incomplete
        case closed
    }

    package struct Counters: Sendable {
        package var framesIn: UInt64 = 0
        package var framesOut: UInt64 = 0
        package var dropped: UInt64 = 0
        package var kicks: UInt64 = 0
        package var interrupts: UInt64 = 0
        package var interruptsSpared: UInt64 = 0
    }

    /// Protocol features (vhost-user): REPLY_ACK, BACKEND_REQ, CONFIG, INBAND_NOTIFICATIONS. A guest in external
    /// time-travel mode needs all of them.
    static let protocolFeatures: UInt64 = 1 << 3 | 1 << 5 | 1 << 9 | 1 << 14
    /// Most frames that wait for buffers of the guest; more are dropped.
    static let pendingLimit = 1024

    /// A queue before and after the driver has set it up.
    struct QueueSetup {
        var size: UInt32 = 0
        var addresses: (descriptors: UInt64, available: UInt64, used: UInt64)?
        var base: UInt16 = 0
        var isEnabled = false
        var queue: Virtqueue?
    }

    /// Frames that wait for the owner or for the guest.
    struct WaitingFrames {
        /// For the owner, who takes them after the kick.
        var fromGuest: [Frame] = []
        /// For the guest, when it has buffers.
        var toGuest: [Frame] = []
    }

    let name: String
    let profile: DeviceProfile
    private let socket: Descriptor
    var backChannel: BackChannel?
    var memory: GuestMemory
    var queues: [QueueSetup]
    var features: UInt64 = 0
    var randomness: SplitMix64?
    /// The configuration space.
    private(set) var config: [UInt8]
    private var decoder = VhostUserDecoder()
    private var buffer = [UInt8](repeating: 0, count: 4096)
    var frames = WaitingFrames()
    private var interruptsWanted: Set<Int> = []
    var work = QueueWork()
    package internal(set) var counters = Counters()

    /// - Parameters:
    ///   - name: for messages: "eth0 of m1".
    ///   - socket: the accepted connection, non-blocking.
    package init(name: String, socket: consuming Descriptor, profile: DeviceProfile) {
        self.name = name
        memory = GuestMemory(process: UnixSocket.peerProcess(socket))
        self.socket = socket
        self.profile = profile
        queues = Array(repeating: QueueSetup(), count: profile.queueCount)
        randomness = profile.randomness
        config = profile.config
    }

    // MARK: Registration

    package func register(with reactor: borrowing Reactor, token: UInt64) throws(Errno) {
        try reactor.add(socket, token: token)
    }

    /// The guest has handed over the socket for interrupts.
    package var hasBackChannel: Bool { backChannel != nil }

    package func registerBackChannel(with reactor: borrowing Reactor, token: UInt64)
        throws(BackendError)
    {
        guard let backChannel else { return }
        do throws(Errno) {
            try reactor.add(backChannel.socket, token: token)
        } catch {
            throw failure(.socket("the back channel cannot be watched: \(error)"))
        }
    }

    /// Call it before dropping the value.
    package func unregister(from reactor: borrowing Reactor) {
        // One that was never registered is not an error here.
        try? reactor.remove(socket)
        if let backChannel { try? reactor.remove(backChannel.socket) }
    }

    func failure(_ rule: BackendError.Rule) -> BackendError { BackendError(device: name, rule: rule) }

    // MARK: From the guest

    /// Reads from the socket and handles every complete message.
    package func receive() throws(BackendError) -> Connection {
        let connection = try read()
        if case .open = connection { try handle() }
        return connection
    }

    /// A kick was read and waits to be handled; until it is answered the guest waits.
    package var isKicked: Bool { decoder.holds(.vringKick) }

    /// Reads from the socket, once.
    package func read() throws(BackendError) -> Connection {
        var descriptors: [CInt] = []
        let received: UnixSocket.Received
        do throws(Errno) {
            received = try read(into: &descriptors)
        } catch .resourceTemporarilyUnavailable {
            return .open
        } catch {
            return .closed
        }
        do throws(BackendError.Rule) {
            try decoder.append(buffer[..<received.count], descriptors: descriptors)
        } catch {
            throw failure(error)
        }
        if received.descriptorsLost { throw failure(.descriptorsLost) }
        return received.count > 0 ? .open : .closed
    }

    /// Handles every complete message that was read.
    package func handle() throws(BackendError) {
        work.budget = QueueWork.Budget()
        do throws(BackendError.Rule) {
            while let message = try decoder.next() { try handle(message) }
            try checkMemory()
        } catch {
            throw failure(error)
        }
    }

    private func read(into descriptors: inout [CInt]) throws(Errno) -> UnixSocket.Received {
        let result = unsafe buffer.withUnsafeMutableBytes { room in
            Result { () throws(Errno) in
                try unsafe UnixSocket.receive(
                    socket, into: room, descriptors: &descriptors, limit: VhostUserDecoder.fileLimit)
            }
        }
        return try result.get()
    }

    /// Frames the guest has sent since the last call, headers stripped.
    package func takeOutbox() -> [Frame] {
        guard !frames.fromGuest.isEmpty else { return [] }
        defer { frames.fromGuest = [] }
        return frames.fromGuest
    }

    /// Queues that need an interrupt for what the guest itself requested.
    package func takeInterruptsWanted() -> [Int] {
        guard !interruptsWanted.isEmpty else { return [] }
        defer { interruptsWanted.removeAll() }
        // This order is part of every run hash.
        return interruptsWanted.sorted()
    }

    func wantInterrupt(_ queue: Int) { interruptsWanted.insert(queue) }

    // MARK: Interrupts

    /// An interrupt was sent and not yet answered.
    package var awaitingReply: Bool { (backChannel?.unanswered ?? 0) > 0 }

    /// VRING_CALL on the back channel. The guest asks the time, wants its turn now, and replies if that is wanted.
    package func interrupt(queue: Int, wantsReply: Bool = true) throws(BackendError) {
        guard let backChannel else { throw failure(.noBackChannel) }
        counters.interrupts += 1
        do throws(BackendError.Rule) {
            try backChannel.call(queue: queue, wantsReply: wantsReply)
        } catch {
            throw failure(error)
        }
    }

    /// A network interface's carrier comes or goes (virtio 1.2, 5.1.4): the driver reads it after the interrupt.
    ///
    /// - Returns: whether the driver is interrupted; false when it has not set up the device yet.
    package func setLink(isUp: Bool) throws(BackendError) -> Bool {
        config[DeviceProfile.linkStatusOffset] = isUp ? 1 : 0
        guard let backChannel, features & DeviceProfile.Feature.networkStatus != 0 else { return false }
        counters.interrupts += 1
        do throws(BackendError.Rule) {
            try backChannel.noteConfigChange()
        } catch {
            throw failure(error)
        }
        return true
    }

    /// A network interface has no carrier when its driver starts.
    package func beginDown() { config[DeviceProfile.linkStatusOffset] = 0 }

    /// Reads what came over the back channel.
    package func receiveReply() throws(BackendError) -> Reply {
        guard let backChannel else { return .incomplete }
        do throws(BackendError.Rule) {
            return try backChannel.receiveReply()
        } catch {
            throw failure(error)
        }
    }

    // MARK: Output

    /// Sends a whole message of a few bytes. If the socket has no room for it, the guest does not read.
    func send(_ bytes: [UInt8]) throws(BackendError.Rule) {
        try Self.send(bytes, over: socket)
    }

    static func send(_ bytes: [UInt8], over socket: borrowing Descriptor) throws(BackendError.Rule) {
        let number = unsafe bytes.withUnsafeBytes { room in
            Result { () throws(Errno) in try unsafe UnixSocket.send(socket, room, waits: false) }
        }
        switch number {
        case .success(bytes.count): return
        case .success, .failure(.resourceTemporarilyUnavailable): throw .neverReads
        // The guest's process is gone: that its end of the socket is closed is read next.
        case .failure(.brokenPipe), .failure(.connectionReset): return
        case .failure(let error): throw .socket("the guest cannot be reached: \(error)")
        }
    }
}
