internal import CalendarServer
internal import TimeTravelProtocol

/// Conversations with the calendar's server over real sockets: mostly what a kernel says, with changes.
final class SessionWorld: FuzzWorld {
    private let bench: CalendarBench

    init() throws { bench = try CalendarBench(longestGrant: 10_000, devices: .foreign, sharedMemory: .none) }

    func run(_ random: inout FuzzRandom) throws -> String {
        var clients = [HostileClient(try bench.connect())]
        if random.oneIn(4) { clients.append(HostileClient(try bench.connect())) }
        for _ in 0..<1 + random.below(6) {
            for client in clients { client.say(&random) }
            try bench.pump()
            try bench.honest.step()
            for client in clients where !random.oneIn(8) { client.read() }
        }
        if random.oneIn(4) { try bench.endSilent() }
        for client in clients { client.socket.close() }
        try bench.pump()
        let departures = bench.takeDepartures()
        // A connection that has sent nothing ends without a trace.
        let senders = clients.count(where: \.hasSent)
        guard departures.count == senders else {
            throw FuzzFailure("\(senders) connections have sent something, ends: \(departures)")
        }
        try bench.checkProgress()
        guard let first = departures.first else { return "nothing was sent" }
        return try Outcome.of("\(first)")
    }
}

/// A client that breaks rules now and then.
final class HostileClient {
    let socket: SocketEnd
    private var decoder = MessageDecoder()
    private var sequence: UInt32 = 0
    /// It has sent at least one byte.
    private(set) var hasSent = false
    private var hasStarted = false
    private var now: UInt64 = 0
    private var freeUntil: UInt64 = 0
    /// Sequence numbers to acknowledge.
    private var unacknowledged: [UInt32] = []

    init(_ socket: SocketEnd, hasStarted: Bool = false) {
        self.socket = socket
        self.hasStarted = hasStarted
    }

    /// Says the next few messages.
    func say(_ random: inout FuzzRandom) {
        var bytes: [UInt8] = []
        for number in unacknowledged where !random.oneIn(24) {
            Message(.ack, sequence: random.oneIn(48) ? number &+ 1 : number).encode(into: &bytes)
        }
        unacknowledged = []
        if random.oneIn(256) { return flood(&random) }
        // Most wait for START's answer.
        let count = !hasStarted && !random.oneIn(12) ? 1 : 1 + random.below(3)
        for _ in 0..<count { append(&random, to: &bytes) }
        if random.oneIn(24) { random.mutate(&bytes) }
        hasSent = hasSent || !bytes.isEmpty
        socket.send(bytes)
    }

    /// Many messages, none of whose answers is read.
    private func flood(_ random: inout FuzzRandom) {
        var bytes: [UInt8] = []
        let operation = random.pick([Operation.get, .request, .getTimeOfDay, .update, .broadcast])
        for _ in 0..<200 {
            sequence &+= 1
            Message(operation, sequence: sequence, time: now).encode(into: &bytes)
        }
        hasSent = true
        for _ in 0..<1 + random.below(8) { socket.send(bytes) }
    }

    private func append(_ random: inout FuzzRandom, to bytes: inout [UInt8]) {
        sequence &+= 1
        let (operation, time): (Operation, UInt64)
        if !hasStarted, !random.oneIn(12) {
            hasStarted = true
            (operation, time) = (.start, random.pick([1, 2, 3, 4, random.number()]))
        } else {
            switch random.below(40) {
            case 0..<14:
                (operation, time) = (.request, random.oneIn(8) ? random.number() : now + random.next() % 3000)
            case 14..<26: (operation, time) = (.wait, 0)
            case 26..<30: (operation, time) = (.get, 0)
            case 30..<34:
                let room = freeUntil > now ? min(freeUntil - now, 1 << 40) : 0
                (operation, time) = (
                    .update, random.oneIn(6) ? random.number() : now + random.next() % (room + 1)
                )
            case 34: (operation, time) = (.getTimeOfDay, 0)
            case 35: (operation, time) = (.broadcast, random.number())
            default: (operation, time) = (random.pick(Operation.allCases), random.number())
            }
        }
        let code = random.oneIn(128) ? UInt32(truncatingIfNeeded: random.number()) : operation.rawValue
        Message(code: code, sequence: sequence, time: time).encode(into: &bytes)
    }

    func read() { take(socket.receive()) }

    func take(_ bytes: [UInt8]) {
        unsafe bytes.withUnsafeBytes { buffer in
            var rest = unsafe buffer
            while let message = unsafe decoder.decode(&rest) {
                if message.operation == .run { now = message.time }
                if message.operation == .freeUntil { freeUntil = message.time }
                if message.operation != .ack { unacknowledged.append(message.sequence) }
            }
        }
    }
}
