internal import Glibc
package import Network
package import Posix
package import SystemPackage

/// One guest's connection to one device: a vhost-user back end as User Mode Linux needs it.
///
/// The owner's loop calls `read()` and `handle()` when the socket is readable and takes what the guest sent with `takeOutbox()`;
/// `deliver` and `interrupt` go the other way. Nothing here waits.
package final class Backend {
    /// Whether the guest is still there.
    package enum Connection: Sendable {
        case open
        case closed
    }

    /// What became of a frame for the guest.
    package enum Delivery: Hashable, Sendable {
        /// It is in the guest's buffers; `interrupt` says whether the driver wants to be told.
        case delivered(interrupt: Bool)
        /// The guest has no buffers now; it is kept until there are some.
        case queued
        /// It is lost.
        case dropped
    }

    /// What came over the back channel.
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

    let name: String
    let profile: DeviceProfile
    private let socket: Descriptor
    var backChannel: BackChannel?
    var memory = GuestMemory()
    var queues: [QueueSetup]
    var features: UInt64 = 0
    private var randomness: SplitMix64?
    /// The configuration space.
    private(set) var config: [UInt8]
    private var decoder = VhostUserDecoder()
    private var buffer = [UInt8](repeating: 0, count: 4096)
    private var outbox: [Frame] = []
    private var pending: [Frame] = []
    private var interruptsWanted: Set<Int> = []
    package private(set) var counters = Counters()

    /// - Parameters:
    ///   - name: for messages: "eth0 of m1".
    ///   - socket: the accepted connection, non-blocking.
    package init(name: String, socket: consuming Descriptor, profile: DeviceProfile) {
        self.name = name
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

    package func registerBackChannel(with reactor: borrowing Reactor, token: UInt64) throws(BackendError) {
        guard let backChannel else { return }
        do throws(Errno) {
            try reactor.add(backChannel.socket, token: token)
        } catch {
            throw failure(.socket("the back channel cannot be watched: \(error)"))
        }
    }

    /// Before the value goes away.
    package func unregister(from reactor: borrowing Reactor) {
        // One that was never registered is not an error here.
        try? reactor.remove(socket)
        if let backChannel { try? reactor.remove(backChannel.socket) }
    }

    func failure(_ rule: BackendError.Rule) -> BackendError { BackendError(device: name, rule: rule) }

    // MARK: From the guest

    /// Reads what is there and handles every complete message.
    package func receive() throws(BackendError) -> Connection {
        let connection = try read()
        if case .open = connection { try handle() }
        return connection
    }

    /// A kick was read and waits to be handled; until it is answered the guest stands.
    package var isKicked: Bool { decoder.holds(.vringKick) }

    /// Reads what is there.
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
        decoder.append(buffer[..<received.count], descriptors: descriptors)
        if received.descriptorsLost { throw failure(.descriptorsLost) }
        return received.count > 0 ? .open : .closed
    }

    /// Handles every complete message that was read.
    package func handle() throws(BackendError) {
        do throws(BackendError.Rule) {
            while let message = try decoder.next() { try handle(message) }
        } catch {
            throw failure(error)
        }
    }

    private func read(into descriptors: inout [CInt]) throws(Errno) -> UnixSocket.Received {
        let result = unsafe buffer.withUnsafeMutableBytes { room in
            Result { () throws(Errno) in
                try unsafe UnixSocket.receive(
                    socket, into: room, descriptors: &descriptors, limit: GuestMemory.regionLimit)
            }
        }
        return try result.get()
    }

    /// Frames the guest has sent since the last call, headers stripped.
    package func takeOutbox() -> [Frame] {
        guard !outbox.isEmpty else { return [] }
        defer { outbox = [] }
        return outbox
    }

    /// Queues whose interrupt became necessary while the guest itself was talking.
    package func takeInterruptsWanted() -> [Int] {
        guard !interruptsWanted.isEmpty else { return [] }
        defer { interruptsWanted.removeAll() }
        // This order is part of every run hash.
        return interruptsWanted.sorted()
    }

    func wantInterrupt(_ queue: Int) { interruptsWanted.insert(queue) }

    /// VRING_KICK: takes what is available. The reply goes out afterwards, so the guest goes on only then.
    func kicked(_ index: Int) throws(BackendError.Rule) {
        counters.kicks += 1
        guard queues[index].queue != nil else { throw .queueNotReady(index) }
        do throws(VirtqueueError) {
            if let disk = profile.disk {
                try serve(disk, index)
            } else if randomness != nil {
                try drain(index) { fill($0) }
            } else if index == DeviceProfile.transmitQueue {
                try drain(index) {
                    accept($0)
                    return 0
                }
            } else {
                try flushPending()
            }
        } catch {
            throw .queue(index, error)
        }
    }

    /// Most bytes that a kick gets of an entropy device for each buffer.
    static let entropyLimit = 4096

    /// Uses up what waits in a queue; `use` says how many bytes it has written into a chain.
    func drain(_ index: Int, _ use: (DescriptorChain) -> Int) throws(VirtqueueError) {
        guard var queue = queues[index].queue else { return }
        defer { queues[index].queue = queue }
        repeat {
            while let chain = try queue.pop(memory) { queue.push(chain, written: use(chain), memory) }
            queue.askForKicks(true, memory)
            // One may have become available before the driver saw that a kick is wanted.
        } while try queue.availableCount(memory) > 0
        if queue.needsInterrupt(memory) { wantInterrupt(index) }
    }

    /// Fills the chain with random bytes, at most `entropyLimit`.
    private func fill(_ chain: DescriptorChain) -> Int {
        let bytes = randomBytes(min(chain.writableBytes, Self.entropyLimit))
        write(bytes[...], chain)
        return bytes.count
    }

    private func randomBytes(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 7)
        while bytes.count < count {
            let word = randomness?.next() ?? 0
            for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(8 * shift))) }
        }
        return Array(bytes.prefix(count))
    }

    private func accept(_ chain: DescriptorChain) {
        let length = chain.readableBytes - profile.headerLength
        guard length > 0, length <= max(profile.frameLimit, DeviceProfile.segmentsLimit) else {
            counters.dropped += 1
            return
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(chain.readableBytes)
        for place in chain.readable { memory.read(place, into: &bytes) }
        guard let frame = strip(&bytes), frame.longestWireFrame <= profile.frameLimit else {
            counters.dropped += 1
            return
        }
        counters.framesIn += 1
        outbox.append(frame)
    }

    /// The frame behind its header.
    private func strip(_ bytes: inout [UInt8]) -> Frame? {
        guard profile.headerLength > 0 else { return Frame(bytes) }
        let header = Array(bytes[..<NetworkHeader.length])
        bytes.removeFirst(NetworkHeader.length)
        return NetworkHeader.frame(header[...], bytes, features: features)
    }

    // MARK: To the guest

    /// Puts a frame into the guest's buffers; as frames of the wire, if the driver does not take what is left to do.
    package func deliver(_ frame: Frame) throws(BackendError) -> Delivery {
        guard profile.headerLength > 0, !NetworkHeader.takes(frame, features: features) else {
            return try deliverWhole(frame)
        }
        var delivery = Delivery.dropped
        for bytes in frame.wireFrames() {
            switch (try deliverWhole(Frame(bytes)), delivery) {
            case (.delivered(let wanted), .delivered(let before)):
                delivery = .delivered(interrupt: wanted || before)
            case (.delivered(let wanted), _): delivery = .delivered(interrupt: wanted)
            case (.queued, .dropped): delivery = .queued
            case (.queued, _), (.dropped, _): break
            }
        }
        return delivery
    }

    /// Bytes of a stream, or a frame as it is on the wire.
    package func deliver(_ bytes: [UInt8]) throws(BackendError) -> Delivery { try deliver(Frame(bytes)) }

    private func deliverWhole(_ frame: Frame) throws(BackendError) -> Delivery {
        guard pending.isEmpty else { return enqueue(frame) }
        do throws(VirtqueueError) {
            guard try put(frame) else { return enqueue(frame) }
            guard let interrupt = needsInterrupt(DeviceProfile.receiveQueue) else { return .dropped }
            return .delivered(interrupt: interrupt)
        } catch {
            throw failure(.queue(DeviceProfile.receiveQueue, error))
        }
    }

    private func needsInterrupt(_ index: Int) -> Bool? {
        guard let wanted = queues[index].queue?.needsInterrupt(memory) else { return nil }
        if !wanted { counters.interruptsSpared += 1 }
        return wanted
    }

    private func enqueue(_ frame: Frame) -> Delivery {
        guard queues[DeviceProfile.receiveQueue].queue != nil, pending.count < Self.pendingLimit else {
            counters.dropped += 1
            return .dropped
        }
        pending.append(frame)
        queues[DeviceProfile.receiveQueue].queue?.askForKicks(true, memory)
        return .queued
    }

    private func flushPending() throws(VirtqueueError) {
        var done = 0
        while done < pending.count, try put(pending[done]) { done += 1 }
        pending.removeFirst(done)
        queues[DeviceProfile.receiveQueue].queue?.askForKicks(!pending.isEmpty, memory)
        if done > 0, needsInterrupt(DeviceProfile.receiveQueue) == true {
            wantInterrupt(DeviceProfile.receiveQueue)
        }
    }

    /// Fills as many chains as the frame needs; false when there are no buffers and nothing was taken.
    private func put(_ frame: Frame) throws(VirtqueueError) -> Bool {
        guard var queue = queues[DeviceProfile.receiveQueue].queue,
            queues[DeviceProfile.receiveQueue].isEnabled
        else {
            return false
        }
        defer { queues[DeviceProfile.receiveQueue].queue = queue }
        guard try Int(queue.availableCount(memory)) > 0 else { return false }
        if profile.headerLength > 0 { return try putFrame(frame, &queue) }
        var rest = frame.bytes[...]
        while !rest.isEmpty, let chain = try queue.pop(memory) {
            let count = min(rest.count, chain.writableBytes)
            write(rest.prefix(count), chain)
            rest = rest.dropFirst(count)
            queue.push(chain, written: count, memory)
        }
        counters.framesOut += 1
        if !rest.isEmpty { pending.insert(Frame(Array(rest)), at: 0) }
        queue.askForKicks(!rest.isEmpty, memory)
        return true
    }

    /// A network frame: into one chain, or, where buffers are merged, into several (5.1.6.4). It is lost when it fits into
    /// none that the driver can ever give.
    private func putFrame(_ frame: Frame, _ queue: inout Virtqueue) throws(VirtqueueError) -> Bool {
        var bytes = NetworkHeader.bytes(for: frame)
        bytes += frame.bytes
        let before = queue
        var chains: [DescriptorChain] = []
        var room = 0
        let merges = features & DeviceProfile.Feature.networkMergedBuffers != 0
        while room < bytes.count, merges || chains.isEmpty, let chain = try queue.pop(memory) {
            chains.append(chain)
            room += chain.writableBytes
        }
        guard room >= bytes.count else {
            if merges, chains.count < queue.size {
                // More may come: the chains are not taken yet.
                queue = before
                return false
            }
            for chain in chains { queue.push(chain, written: 0, memory) }
            counters.dropped += 1
            return true
        }
        bytes[NetworkHeader.buffersOffset] = UInt8(truncatingIfNeeded: chains.count)
        bytes[NetworkHeader.buffersOffset + 1] = UInt8(truncatingIfNeeded: chains.count >> 8)
        var rest = bytes[...]
        for chain in chains {
            let count = min(rest.count, chain.writableBytes)
            write(rest.prefix(count), chain)
            rest = rest.dropFirst(count)
            queue.push(chain, written: count, memory)
        }
        counters.framesOut += 1
        queue.askForKicks(false, memory)
        return true
    }

    func write(_ bytes: ArraySlice<UInt8>, _ chain: DescriptorChain) {
        var rest = bytes
        for place in chain.writable {
            let count = min(rest.count, place.length)
            memory.write(rest.prefix(count), to: place)
            rest = rest.dropFirst(count)
            if rest.isEmpty { return }
        }
    }

    // MARK: Interrupts

    /// An interrupt was sent and not yet answered.
    package var awaitingReply: Bool { (backChannel?.unanswered ?? 0) > 0 }

    /// VRING_CALL on the back channel. The guest asks the time, wants its turn now, and replies.
    package func interrupt(queue: Int) throws(BackendError) {
        guard let backChannel else { throw failure(.noBackChannel) }
        counters.interrupts += 1
        do throws(BackendError.Rule) {
            try backChannel.call(queue: queue)
        } catch {
            throw failure(error)
        }
    }

    /// A network interface's carrier comes or goes (virtio 1.2, 5.1.4): the driver reads it when it has been interrupted.
    ///
    /// - Returns: the driver is interrupted; false when it is told nothing because it has not set up the device yet.
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

    /// A network interface has no carrier when its driver comes.
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

    /// Sends a whole message. They are a few bytes and one at a time: a guest whose socket has no room for one does
    /// not read.
    func send(_ bytes: [UInt8]) throws(BackendError.Rule) {
        try Self.send(bytes, over: socket)
    }

    static func send(_ bytes: [UInt8], over socket: borrowing Descriptor) throws(BackendError.Rule) {
        let number = unsafe bytes.withUnsafeBytes { room in
            Result { () throws(Errno) in try unsafe UnixSocket.send(socket, room) }
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
