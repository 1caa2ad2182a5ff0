internal import Posix
internal import SystemPackage

extension Backend {
    /// Handles a message and answers it.
    func handle(_ message: borrowing VhostUserMessage) throws(BackendError.Rule) {
        guard let request = FrontendRequest(rawValue: message.request) else {
            throw .unknownRequest(message.request)
        }
        switch request {
        case .getFeatures:
            try reply(message, u64: profile.features)
            return
        case .getProtocolFeatures:
            try reply(message, u64: Self.protocolFeatures)
            return
        case .getQueueCount:
            try reply(message, u64: UInt64(profile.queueCount))
            return
        case .getVringBase:
            return try answerVringBase(message)
        case .getConfig:
            return try answerConfig(message)
        case .setFeatures: try setFeatures(message)
        case .setProtocolFeatures: try setProtocolFeatures(message)
        case .setOwner, .setConfig: break
        case .resetOwner: queues = Array(repeating: QueueSetup(), count: queues.count)
        case .setMemoryTable: try setMemoryTable(message)
        case .setVringSize:
            let state = try vringState(message, request)
            queues[state.index].size = state.value
        case .setVringBase:
            let state = try vringState(message, request)
            queues[state.index].base = UInt16(truncatingIfNeeded: state.value)
        case .setVringAddress: try setVringAddress(message)
        case .setVringEnable:
            let state = try vringState(message, request)
            try enable(state.index, state.value != 0)
        case .setVringKick, .setVringCall, .setVringError:
            guard message.files.count == 0 else { throw .inBandOnly(request) }
        case .setBackendSocket: try setBackendSocket(message)
        case .vringKick:
            let state = try vringState(message, request)
            try kicked(state.index)
        }
        if message.flags & HeaderFlags.needReply != 0 { try reply(message, u64: 0) }
    }

    private func reply(_ message: borrowing VhostUserMessage, u64 value: UInt64) throws(BackendError
        .Rule)
    {
        var payload: [UInt8] = []
        payload.append(native: value)
        try reply(message, payload: payload)
    }

    private func reply(_ message: borrowing VhostUserMessage, payload: [UInt8]) throws(BackendError
        .Rule)
    {
        let flags = HeaderFlags.version | HeaderFlags.reply
        try send(vhostUserFrame(request: message.request, flags: flags, payload: payload))
    }

    private func setFeatures(_ message: borrowing VhostUserMessage) throws(BackendError.Rule) {
        guard message.payload.count == 8 else { throw .badPayload(.setFeatures, message.payload.count) }
        let wanted = message.u64(at: 0)
        guard wanted & ~profile.features == 0 else {
            throw .featureNotOffered(wanted & ~profile.features)
        }
        features = wanted
    }

    private func setProtocolFeatures(_ message: borrowing VhostUserMessage) throws(BackendError.Rule) {
        guard message.payload.count == 8 else {
            throw .badPayload(.setProtocolFeatures, message.payload.count)
        }
        let wanted = message.u64(at: 0)
        guard wanted & ~Self.protocolFeatures == 0 else {
            throw .protocolFeatureNotOffered(wanted & ~Self.protocolFeatures)
        }
    }

    /// Payload: u32 count, u32 padding, then 32 bytes a region.
    private func setMemoryTable(_ message: borrowing VhostUserMessage) throws(BackendError.Rule) {
        guard message.payload.count >= 8 else {
            throw .badPayload(.setMemoryTable, message.payload.count)
        }
        let count = Int(message.u32(at: 0))
        guard count <= GuestMemory.regionLimit else { throw .memory(.tooManyRegions) }
        guard message.payload.count >= 8 + 32 * count else {
            throw .badPayload(.setMemoryTable, message.payload.count)
        }
        for index in queues.indices { park(index) }
        memory.removeAll()
        for index in 0..<count {
            let offset = 8 + 32 * index
            guard let file = message.files.takeFirst() else { throw .missingDescriptor(.setMemoryTable) }
            let region = GuestMemory.RegionDescription(
                guestAddress: message.u64(at: offset), size: message.u64(at: offset + 8),
                userAddress: message.u64(at: offset + 16), mapOffset: message.u64(at: offset + 24))
            do throws(GuestMemoryError) {
                try memory.add(region, file: file)
            } catch {
                throw .memory(error)
            }
        }
        // A guest may send a new table at any time; queues that were set up move to it.
        for index in queues.indices where queues[index].isEnabled { try prepare(index) }
    }

    private func vringState(_ message: borrowing VhostUserMessage, _ request: FrontendRequest)
        throws(BackendError.Rule) -> (index: Int, value: UInt32)
    {
        guard message.payload.count == 8 else { throw .badPayload(request, message.payload.count) }
        return (try queueIndex(message.u32(at: 0)), message.u32(at: 4))
    }

    private func queueIndex(_ value: UInt32) throws(BackendError.Rule) -> Int {
        guard value < UInt32(queues.count) else { throw .queueOutOfRange(UInt64(value)) }
        return Int(value)
    }

    /// Payload: u32 index, u32 flags, then the user addresses of descriptors, used ring, available ring and log.
    private func setVringAddress(_ message: borrowing VhostUserMessage) throws(BackendError.Rule) {
        guard message.payload.count == 40 else {
            throw .badPayload(.setVringAddress, message.payload.count)
        }
        let index = try queueIndex(message.u32(at: 0))
        queues[index].addresses = (
            descriptors: message.u64(at: 8), available: message.u64(at: 24), used: message.u64(at: 16)
        )
    }

    private func enable(_ index: Int, _ wanted: Bool) throws(BackendError.Rule) {
        queues[index].isEnabled = wanted
        park(index)
        if wanted { try prepare(index) }
    }

    /// Stops a queue. It goes on later where it is now.
    private func park(_ index: Int) {
        guard let queue = queues[index].queue else { return }
        queues[index].base = queue.nextAvailable
        queues[index].queue = nil
    }

    private func prepare(_ index: Int) throws(BackendError.Rule) {
        guard let addresses = queues[index].addresses else { throw .queueNotReady(index) }
        do throws(VirtqueueError) {
            let queue = try Virtqueue(
                size: queues[index].size, descriptors: addresses.descriptors,
                available: addresses.available,
                used: addresses.used, base: queues[index].base,
                eventIndex: features & DeviceProfile.Feature.eventIndex != 0,
                indirect: features & DeviceProfile.Feature.indirectDescriptors != 0, memory: memory)
            queue.askForKicks(profile.wantsKicks(index), memory)
            queues[index].queue = queue
        } catch {
            throw .queue(index, error)
        }
    }

    private func answerVringBase(_ message: borrowing VhostUserMessage) throws(BackendError.Rule) {
        let index = try vringState(message, .getVringBase).index
        park(index)
        var payload: [UInt8] = []
        payload.append(native: UInt32(index))
        payload.append(native: UInt32(queues[index].base))
        try reply(message, payload: payload)
    }

    private func setBackendSocket(_ message: borrowing VhostUserMessage) throws(BackendError.Rule) {
        guard let file = message.files.takeFirst() else { throw .missingDescriptor(.setBackendSocket) }
        guard backChannel == nil else { throw .badPayload(.setBackendSocket, message.payload.count) }
        backChannel = BackChannel(file)
    }

    /// Payload: u32 offset, u32 size, u32 flags, bytes. A driver may request more than a device has; the rest is zero.
    private func answerConfig(_ message: borrowing VhostUserMessage) throws(BackendError.Rule) {
        guard message.payload.count >= 12 else { throw .badPayload(.getConfig, message.payload.count) }
        let offset = message.u32(at: 0)
        let size = message.u32(at: 4)
        guard offset <= 256, size <= 256, message.payload.count == 12 + Int(size) else {
            throw .configOutOfRange(offset: offset, size: size)
        }
        var payload = Array(message.payload.prefix(12))
        for index in Int(offset)..<Int(offset + size) {
            payload.append(index < config.count ? config[index] : 0)
        }
        try reply(message, payload: payload)
    }
}
