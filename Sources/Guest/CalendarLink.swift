internal import TimeTravelProtocol

/// A guest's connection to its calendar (seed: `time_travel_ext_*`).
///
/// Where later kernels corrected the seed, this does as they do (6.12): a grant (FREE_UNTIL) is forgotten on WAIT, what
/// it covers is not requested, and an UPDATE to the time of the last one is not sent.
final class CalendarLink {
    private let host: any GuestHost
    private let time: VirtualTime
    private let interrupts: InterruptTable
    private var sequence: UInt32 = 0
    /// Waits in progress, nested.
    private(set) var waits = 0
    /// RUNs so far; a wait ends when it has risen, however deep it came in.
    private var runs: UInt64 = 0
    private var previousRequest: UInt64?
    private var freeUntil: UInt64?
    /// As in kernels, time 0 needs no announcing.
    private var lastUpdate: UInt64 = 0
    private var memory: SchedulingMemoryClient?
    /// Messages of unknown meaning; they are acknowledged and ignored.
    private(set) var unexpectedMessages = 0
    /// Called with each value that another client broadcasts.
    var onBroadcast: ((UInt64) -> Void)?

    init(host: any GuestHost, time: VirtualTime, interrupts: InterruptTable) {
        self.host = host
        self.time = time
        self.interrupts = interrupts
    }

    /// The calendar shares memory with this guest.
    var sharesMemory: Bool { memory != nil }

    /// The time it may reach without a request, if the calendar granted any, in the guest's own scale.
    private var grant: UInt64? {
        guard let memory else { return freeUntil }
        return memory.freeUntil
    }

    private func isGranted(_ time: UInt64) -> Bool {
        guard waits == 0, let grant else { return false }
        return time < grant
    }

    // MARK: Messages

    /// START (seed: `time_travel_connect_external`).
    func start(id: UInt64) throws(GuestError) { _ = try ask(.start, id) }

    /// GET_TOD: wall clock of the simulation, ns since the epoch.
    func timeOfDay() throws(GuestError) -> UInt64 { try ask(.getTimeOfDay, .max) }

    /// GET, or a read of shared memory: adopts the calendar's time (seed: `time_travel_ext_get_time`).
    func getTime() throws(GuestError) {
        if let memory { try time.set(memory.currentTime) } else { _ = try ask(.get, .max) }
    }

    /// BROADCAST: `value` goes to every other client (kernel 6.11 and later).
    func broadcast(_ value: UInt64) throws(GuestError) { _ = try ask(.broadcast, value) }

    /// UPDATE: reports the time reached, before it interacts with another participant (seed:
    /// `__time_travel_propagate_time`).
    func update() throws(GuestError) {
        if let memory { return try memory.setCurrentTime(time.now) }
        guard lastUpdate != time.now else { return }
        _ = try ask(.update, time.now)
        lastUpdate = time.now
    }

    /// REQUEST, unless exactly this was requested last or is granted anyway (seed: `time_travel_ext_update_request`).
    func updateRequest(_ time: UInt64) throws(GuestError) {
        guard previousRequest != time, !isGranted(time) else { return }
        previousRequest = time
        if let memory {
            if memory.storeRequest(time) { return }
            _ = try ask(.request, memory.shared(time))
        } else {
            _ = try ask(.request, time)
        }
    }

    /// Advances time to `target`: directly if that is granted, else by a turn (seed: `__time_travel_update_time`,
    /// `time_travel_ext_request`).
    func moveTime(to target: UInt64) throws(GuestError) {
        if isGranted(target) { return try time.set(target) }
        try updateRequest(target)
        try wait()
    }

    /// WAIT until the turn comes (seed: `time_travel_ext_wait`). RUN ends it even when it came while an ACK was
    /// awaited.
    private func wait() throws(GuestError) {
        previousRequest = nil
        freeUntil = nil
        waits += 1
        defer { waits -= 1 }
        let before = runs
        _ = try ask(.wait, .max)
        while runs == before {
            switch try host.wait(link: true, sources: interrupts.descriptors, until: nil) {
            case .source(let index): try interrupts.handle(index)
            case .link, .deadline: _ = try handleMessage()
            }
        }
        // RUN has answered whatever was requested meanwhile.
        previousRequest = nil
    }

    /// Withdraws every request and ends the turn, so that closing the connection breaks no rule.
    func leave() throws(GuestError) {
        previousRequest = nil
        freeUntil = nil
        try updateRequest(GuestTime.never)
        _ = try ask(.wait, .max)
    }

    /// Waits for another descriptor while serving the calendar (seed: `__time_travel_wait_readable`).
    func waitReadable(_ descriptor: Int32) throws(GuestError) {
        while try host.wait(link: true, sources: [descriptor], until: nil) == .link {
            _ = try handleMessage()
        }
    }

    /// Sends a message and serves the calendar until its ACK is there (seed: `time_travel_ext_req`). No interrupt is taken
    /// meanwhile: its handler could send a request too, and the ACKs would be confused.
    ///
    /// - Returns: the ACK's time.
    private func ask(_ operation: Operation, _ value: UInt64) throws(GuestError) -> UInt64 {
        sequence &+= 1
        let own = sequence
        try send(Message(operation, sequence: own, time: value))
        if operation == .wait, sharesMemory { return 0 }
        var answer: Message
        repeat {
            answer = try handleMessage(mayShareMemory: operation == .start)
        } while answer.operation != .ack
        guard answer.sequence == own else {
            throw .wrongSequence(
                operation: operation.name, sequence: answer.sequence, expected: own, time: answer.time)
        }
        if operation == .get { try time.set(answer.time) }
        return answer.time
    }

    /// Takes the next message and acts on it (seed: `time_travel_handle_message`).
    private func handleMessage(mayShareMemory: Bool = false) throws(GuestError) -> Message {
        let message = try receive(mayShareMemory: mayShareMemory)
        switch message.operation {
        case .ack?:
            return message
        case .run?:
            try time.set(memory.map { $0.runTime(message.time) } ?? message.time)
            runs += 1
            if let memory {
                memory.clearRequest()
                return message
            }
        case .freeUntil?:
            // With shared memory the grant is there and the message means nothing.
            if memory == nil { freeUntil = message.time }
        case .broadcast?:
            onBroadcast?(message.time)
        case .start?, .request?, .wait?, .get?, .update?, .getTimeOfDay?, nil:
            unexpectedMessages += 1
        }
        try send(Message(.ack, sequence: message.sequence))
        return message
    }

    private func send(_ message: Message) throws(GuestError) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Message.size)
        message.encode(into: &bytes)
        try host.write(bytes)
    }

    private func receive(mayShareMemory: Bool) throws(GuestError) -> Message {
        var descriptors: [Int32] = []
        var decoder = MessageDecoder()
        while true {
            let bytes = try host.read(
                limit: Message.size - decoder.pendingBytes, descriptors: &descriptors)
            guard !bytes.isEmpty else {
                SchedulingMemoryClient.discard(descriptors)
                throw decoder.pendingBytes == 0 ? .linkBroken : .shortMessage(bytes: decoder.pendingBytes)
            }
            guard let message = decoder.decode(bytes) else { continue }
            if mayShareMemory, message.operation == .ack {
                memory = SchedulingMemoryClient(adopting: descriptors, acknowledgement: message.time)
            } else {
                SchedulingMemoryClient.discard(descriptors)
            }
            return message
        }
    }
}
