internal import Network

/// From the guest: what it makes available in queues, taken up at its kicks.
///
/// A guest that waits for the reply to its kick has at most one ring's length available. One that does not wait may refill the
/// ring while it is drained; each look takes a bounded amount, and `resume` takes up the rest at a later simulated instant.
extension Backend {
    /// The bounds of one look at a guest's queues, and what it leaves for the next.
    struct QueueWork {
        /// What one look may still do.
        struct Budget {
            /// Most chains of one look: one ring's length.
            static let chainLimit = Int(Virtqueue.sizeLimit)
            /// Most bytes of one look that are kept: more than a ring of the longest TCP segments.
            static let byteLimit = 32 << 20

            var chains = Self.chainLimit
            var bytes = Self.byteLimit

            var isLeft: Bool { chains > 0 && bytes > 0 }
        }

        var budget = Budget()
        /// Queues with chains that the last look has left.
        var unfinished: Set<Int> = []
    }

    /// Most bytes that an entropy device gives for one chain.
    static let entropyLimit = 4096

    /// VRING_KICK: takes what is available. The reply goes out afterwards, so the guest goes on only then.
    func kicked(_ index: Int) throws(BackendError.Rule) {
        counters.kicks += 1
        guard queues[index].queue != nil else { throw .queueNotReady(index) }
        try take(index)
    }

    /// Chains are left that a look did not take. No kick will come for them: call `resume` at a later simulated instant.
    package var hasUnfinishedWork: Bool { !work.unfinished.isEmpty }

    /// Takes up what a look has left.
    package func resume() throws(BackendError) {
        let indices = work.unfinished.sorted()
        work.unfinished.removeAll()
        work.budget = QueueWork.Budget()
        do throws(BackendError.Rule) {
            for index in indices where queues[index].queue != nil { try take(index) }
            try checkMemory()
        } catch {
            throw failure(error)
        }
    }

    private func take(_ index: Int) throws(BackendError.Rule) {
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

    /// Uses up what is available in a queue, as far as this look goes; `use` returns how many bytes it has written into a chain.
    func drain(_ index: Int, _ use: (DescriptorChain) -> Int) throws(VirtqueueError) {
        guard var queue = queues[index].queue else { return }
        defer { queues[index].queue = queue }
        var left: UInt16
        repeat {
            while work.budget.isLeft, let chain = try queue.pop(memory) {
                work.budget.chains -= 1
                queue.push(chain, written: use(chain), memory)
            }
            queue.askForKicks(true, memory)
            // One may have become available before the driver saw that a kick is wanted.
            left = try queue.availableCount(memory)
        } while left > 0 && work.budget.isLeft
        if left > 0 { work.unfinished.insert(index) }
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
        let readable = chain.readableBytes
        let length = readable - profile.headerLength
        guard length > 0, length <= max(profile.frameLimit, DeviceProfile.segmentsLimit) else {
            counters.dropped += 1
            return
        }
        work.budget.bytes -= readable
        var bytes: [UInt8] = []
        bytes.reserveCapacity(readable)
        for part in chain.readable { memory.read(part, into: &bytes) }
        guard let frame = strip(&bytes), frame.longestWireFrame <= profile.frameLimit else {
            counters.dropped += 1
            return
        }
        counters.framesIn += 1
        frames.fromGuest.append(frame)
    }

    /// The frame behind its header.
    private func strip(_ bytes: inout [UInt8]) -> Frame? {
        guard profile.headerLength > 0 else { return Frame(bytes) }
        let header = Array(bytes[..<NetworkHeader.length])
        bytes.removeFirst(NetworkHeader.length)
        return NetworkHeader.frame(header[...], bytes, features: features)
    }

    /// Ends the device of a guest that has cut its memory: what is read there is zero, and what is written is lost.
    func checkMemory() throws(BackendError.Rule) {
        if memory.isCut() { throw .memory(.cut) }
    }
}
