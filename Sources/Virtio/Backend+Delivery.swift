package import Network

/// To the guest: frames and bytes into its buffers.
extension Backend {
    /// Puts a frame into the guest's buffers; if the driver takes no offloads, as the frames of the wire.
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

    /// Bytes of a stream, or a frame of the wire.
    package func deliver(_ bytes: [UInt8]) throws(BackendError) -> Delivery {
        try deliver(Frame(bytes))
    }

    private func deliverWhole(_ frame: Frame) throws(BackendError) -> Delivery {
        guard frames.toGuest.isEmpty else { return enqueue(frame) }
        do throws(VirtqueueError) {
            switch try put(frame) {
            case .noBuffers: return enqueue(frame)
            case .part(let rest): frames.toGuest.insert(rest, at: 0)
            case .whole: break
            }
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
        guard queues[DeviceProfile.receiveQueue].queue != nil, frames.toGuest.count < Self.pendingLimit else {
            counters.dropped += 1
            return .dropped
        }
        frames.toGuest.append(frame)
        queues[DeviceProfile.receiveQueue].queue?.askForKicks(true, memory)
        return .queued
    }

    /// Puts what waits into buffers that the guest has made available, as far as this look goes.
    func flushPending() throws(VirtqueueError) {
        var done = 0
        var isFilled = false
        flush: while done < frames.toGuest.count {
            guard work.budget.chains > 0 else {
                work.unfinished.insert(DeviceProfile.receiveQueue)
                break
            }
            switch try put(frames.toGuest[done]) {
            case .noBuffers: break flush
            case .whole:
                done += 1
                isFilled = true
            case .part(let rest):
                frames.toGuest[done] = rest
                isFilled = true
                break flush
            }
        }
        frames.toGuest.removeFirst(done)
        queues[DeviceProfile.receiveQueue].queue?.askForKicks(!frames.toGuest.isEmpty, memory)
        if isFilled, needsInterrupt(DeviceProfile.receiveQueue) == true {
            wantInterrupt(DeviceProfile.receiveQueue)
        }
    }

    /// What became of a frame in the guest's buffers.
    private enum Placement {
        case whole
        /// The buffers are used up; this is left.
        case part(Frame)
        /// Nothing was taken.
        case noBuffers
    }

    /// Fills as many chains as the frame needs, at most one ring's length.
    private func put(_ frame: Frame) throws(VirtqueueError) -> Placement {
        guard var queue = queues[DeviceProfile.receiveQueue].queue,
            queues[DeviceProfile.receiveQueue].isEnabled
        else {
            return .noBuffers
        }
        defer { queues[DeviceProfile.receiveQueue].queue = queue }
        guard try Int(queue.availableCount(memory)) > 0 else { return .noBuffers }
        if profile.headerLength > 0 { return try putFrame(frame, &queue) ? .whole : .noBuffers }
        var rest = frame.bytes[...]
        var count = 0
        while !rest.isEmpty, count < queue.size, let chain = try queue.pop(memory) {
            let length = min(rest.count, chain.writableBytes)
            write(rest.prefix(length), chain)
            rest = rest.dropFirst(length)
            queue.push(chain, written: length, memory)
            count += 1
        }
        work.budget.chains -= count
        counters.framesOut += 1
        queue.askForKicks(!rest.isEmpty, memory)
        return rest.isEmpty ? .whole : .part(Frame(Array(rest)))
    }

    /// A network frame: into one chain, or, where buffers are merged, into several (5.1.6.4). It is dropped when it is longer than
    /// all buffers of a ring.
    ///
    /// - Returns: false when there are too few buffers now; none was taken.
    private func putFrame(_ frame: Frame, _ queue: inout Virtqueue) throws(VirtqueueError) -> Bool {
        var bytes = NetworkHeader.bytes(for: frame)
        bytes += frame.bytes
        let before = queue
        var chains: [DescriptorChain] = []
        var room = 0
        let merges = features & DeviceProfile.Feature.networkMergedBuffers != 0
        while room < bytes.count, chains.isEmpty || merges && chains.count < queue.size,
            let chain = try queue.pop(memory)
        {
            chains.append(chain)
            room += chain.writableBytes
        }
        work.budget.chains -= chains.count
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
}
