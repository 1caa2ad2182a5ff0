internal import Calendar
internal import CalendarServer
internal import Posix
internal import SystemPackage
internal import TimeTravelProtocol

/// Clients that share scheduling memory and store anything in it, at any moment at which the calendar looks.
final class SchedulingMemoryWorld: FuzzWorld {
    private let bench: CalendarBench
    private var client: ClientID?
    private var region: Region?

    /// - Parameter isCommon: all clients use one region, the hostile ones after each other; the honest one exchanges messages.
    init(isCommon: Bool = false) throws {
        bench = try CalendarBench(
            longestGrant: 10_000, devices: isCommon ? .foreign : .own,
            sharedMemory: isCommon ? .common(lookahead: 500) : .separate)
    }

    /// The memory as the client maps it.
    private final class Region {
        private let mapping: Mapping
        private let slot: Int

        init(_ memory: consuming Descriptor, slot: Int) throws(Errno) {
            mapping = try Mapping(memory, offset: 0, length: SchedulingMemoryLayout.slot(slot + 1))
            self.slot = SchedulingMemoryLayout.slot(slot)
        }

        var time: UInt64 { mapping.loadAcquire(UInt64.self, at: SchedulingMemoryLayout.currentTimeOffset) }
        var freeUntil: UInt64 { mapping.loadAcquire(UInt64.self, at: SchedulingMemoryLayout.freeUntilOffset) }

        func use() { mapping.storeRelease(SchedulingMemoryLayout.sharesTime, at: slot) }

        func request(_ time: UInt64) {
            mapping.storeRelease(time, at: slot + SchedulingMemoryLayout.requestOffset)
            mapping.storeRelease(
                SchedulingMemoryLayout.requestFlag, at: slot + SchedulingMemoryLayout.flagsOffset)
        }

        func reach(_ time: UInt64) {
            mapping.storeRelease(time, at: SchedulingMemoryLayout.currentTimeOffset)
        }

        /// Anything anywhere.
        func scribble(_ random: inout FuzzRandom) {
            let words = SchedulingMemoryLayout.slot(2) / 8
            let places = [
                0, 8, 16, 24, slot, slot + SchedulingMemoryLayout.requestOffset, 8 * random.below(words),
            ]
            mapping.storeRelease(random.number(), at: random.pick(places))
        }
    }

    func run(_ random: inout FuzzRandom) throws -> String {
        let socket = try bench.connect()
        let speaker = HostileClient(socket, hasStarted: true)
        region = nil
        client = nil
        socket.send(Self.message(.start, random.pick([1, 3, random.number()])))
        try start(socket, speaker, &random)
        for _ in 0..<1 + random.below(6) {
            act(socket, speaker, &random)
            // Now and then the calendar looks after several actions.
            guard !random.oneIn(3) else { continue }
            try bench.pump()
            try bench.honest.step()
            speaker.read()
        }
        if random.oneIn(4) { try bench.endSilent() }
        socket.close()
        try bench.pump()
        let departures = bench.takeDepartures()
        guard departures.count == 1 else { throw FuzzFailure("one connection, ends: \(departures)") }
        try bench.checkProgress()
        return try Outcome.of("\(departures[0])")
    }

    private static func message(_ operation: Operation, _ time: UInt64 = 0) -> [UInt8] {
        var bytes: [UInt8] = []
        Message(operation, sequence: 1, time: time).encode(into: &bytes)
        return bytes
    }

    /// Takes START's answer, which comes when nobody has the turn.
    private func start(_ socket: SocketEnd, _ speaker: HostileClient, _ random: inout FuzzRandom) throws {
        for _ in 0..<16 where bench.server.arrivals.isEmpty {
            _ = try bench.handleReady()
            try bench.honest.step()
        }
        client = bench.server.arrivals.first?.client
        bench.server.arrivals.removeAll()
        let (bytes, numbers) = socket.receiveWithDescriptors()
        guard client != nil, bytes.count >= Message.size, numbers.count == 2 else {
            throw FuzzFailure(
                "no memory came with START's answer: \(bytes.count) bytes, \(numbers.count) descriptors")
        }
        Descriptor(owning: numbers[1]).close()
        let region = try Region(Descriptor(owning: numbers[0]), slot: Int(bytes[8]) | Int(bytes[9]) << 8)
        if !random.oneIn(16) { region.use() }
        self.region = region
        speaker.take(Array(bytes[Message.size...]))
    }

    private func act(_ socket: SocketEnd, _ speaker: HostileClient, _ random: inout FuzzRandom) {
        guard let region, let client else { return }
        for _ in 0..<random.below(3) { region.scribble(&random) }
        let soon = region.time &+ random.next() % 3000
        switch random.below(12) {
        case 0..<4:
            region.request(soon)
            socket.send(Self.message(.wait))
        case 4:
            region.reach(soon)
            bench.with { bench.server.finishUpdate(of: client, reactor: $0) }
        case 5: bench.server.lowerGrant(of: client, to: Instant(nanoseconds: random.number() >> 1))
        case 6, 7: interrupt(client, region, &random)
        case 8: socket.send(Self.message(.getTimeOfDay))
        default: speaker.say(&random)
        }
    }

    /// A device interrupts the client: the calendar is held until the guest has replied.
    private func interrupt(_ client: ClientID, _ region: Region, _ random: inout FuzzRandom) {
        bench.server.calendar.hold()
        bench.with { bench.server.prepareInterrupt(of: client, reactor: $0) }
        if random.oneIn(2) { region.request(region.time &+ random.next() % 100) }
        if random.oneIn(2) { region.scribble(&random) }
        bench.with { bench.server.finishInterrupt(of: client, reactor: $0) }
        bench.server.calendar.release()
    }
}
