internal import Calendar
internal import TimeTravelProtocol

/// One connection's protocol state, without its socket: messages in, their meaning out; answers in, bytes out. The
/// phases of a connection are checked here; turns and times by the calendar.
struct Session: Sendable {
    /// Most messages to a client that may be unacknowledged: RUN, FREE_UNTIL and passed-on broadcasts.
    static let acknowledgementLimit = 1024
    /// Most broadcasts of a client in one turn, and between two of its turns: each is a message that all others have to
    /// acknowledge. Kernels send one in their lives.
    static let broadcastLimit = 64
    /// Most bytes that may wait for a client that does not read.
    static let outputLimit = 64 * 1024

    /// What a message means.
    enum Input: Hashable, Sendable {
        case start(identity: UInt64)
        case request(time: UInt64)
        case wait
        case get
        case update(time: UInt64)
        case timeOfDay
        case broadcast(UInt64)
        case acknowledgement
    }

    private enum Phase {
        case connected
        case starting(sequence: UInt32)
        case started
    }

    private var phase = Phase.connected
    private var decoder = MessageDecoder()
    /// Since its last WAIT.
    private var broadcasts = 0
    private var lastSent: UInt32 = 0
    private var lastAcknowledged: UInt32 = 0
    /// Bytes for the client, in order.
    private(set) var output: [UInt8] = []

    /// Bytes of an incomplete message.
    var pendingBytes: Int { decoder.pendingBytes }

    /// START came, and it is a client.
    var isClient: Bool {
        if case .connected = phase { return false }
        return true
    }

    mutating func decode(_ bytes: inout UnsafeRawBufferPointer) -> Message? {
        unsafe decoder.decode(&bytes)
    }

    /// What a message means, or the rule it breaks.
    mutating func receive(_ message: Message) throws(Misuse) -> Input {
        guard let operation = message.operation else { throw .unknownOperation(message.code) }
        switch (operation, phase) {
        case (.run, _), (.freeUntil, _):
            throw .calendarsOperation(operation.name)
        case (.start, .connected):
            phase = .starting(sequence: message.sequence)
            return .start(identity: message.time)
        case (.start, _):
            throw .startedTwice
        case (_, .connected), (_, .starting):
            throw .notStarted(operation: operation.name)
        case (.ack, .started):
            guard lastAcknowledged != lastSent else {
                throw .wrongAcknowledgement(sequence: message.sequence, expected: nil)
            }
            guard message.sequence == lastAcknowledged &+ 1 else {
                throw .wrongAcknowledgement(sequence: message.sequence, expected: lastAcknowledged &+ 1)
            }
            lastAcknowledged = message.sequence
            return .acknowledgement
        case (.request, .started): return .request(time: message.time)
        case (.wait, .started):
            broadcasts = 0
            return .wait
        case (.get, .started): return .get
        case (.update, .started): return .update(time: message.time)
        case (.getTimeOfDay, .started): return .timeOfDay
        case (.broadcast, .started):
            broadcasts += 1
            guard broadcasts <= Self.broadcastLimit else {
                throw .tooManyBroadcasts(limit: Self.broadcastLimit)
            }
            return .broadcast(message.time)
        }
    }

    /// Answers START, with the client's slot in the shared scheduling memory whose descriptor goes along, if any.
    mutating func acknowledgeStart(slot: UInt16 = 0) {
        guard case .starting(let sequence) = phase else {
            preconditionFailure("START is not waiting for its answer")
        }
        phase = .started
        acknowledge(sequence, time: UInt64(slot))
    }

    /// Gives the turn to a client that shares scheduling memory; it does not acknowledge that.
    mutating func sendRun(at time: UInt64) {
        Message(.run, sequence: 0, time: time).encode(into: &output)
    }

    /// Answers the message numbered `sequence`.
    mutating func acknowledge(_ sequence: UInt32, time: UInt64 = 0) {
        Message(.ack, sequence: sequence, time: time).encode(into: &output)
    }

    /// Sends a message that the client will acknowledge; nothing waits for that.
    mutating func send(_ operation: Operation, time: UInt64) throws(Misuse) {
        guard lastSent &- lastAcknowledged < Self.acknowledgementLimit else {
            throw .neverAcknowledges(limit: Self.acknowledgementLimit)
        }
        lastSent &+= 1
        Message(operation, sequence: lastSent, time: time).encode(into: &output)
    }

    /// The first `count` bytes of the output have been taken by the socket.
    mutating func sent(_ count: Int) throws(Misuse) {
        guard count < output.count else { return output.removeAll(keepingCapacity: true) }
        output.removeFirst(count)
        guard output.count <= Self.outputLimit else { throw .neverReads(limit: Self.outputLimit) }
    }
}
