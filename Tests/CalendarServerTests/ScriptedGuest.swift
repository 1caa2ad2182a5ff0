import Calendar
import CalendarServer
import Foundation
import Posix
import SystemPackage
import Testing
import TimeTravelProtocol

import struct Calendar.Calendar

/// Numbers that depend on the seed alone (xorshift, Marsaglia, 2003).
struct RandomNumbers {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 | 1 }

    /// The next number below `bound`.
    mutating func callAsFunction(_ bound: UInt64) -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state % bound
    }
}

/// A server in a temporary folder, its loop turned by the test.
final class Bench {
    var reactor: Reactor
    let server: CalendarServer
    let path: String
    private(set) var departures: [Departure] = []

    init(
        _ calendar: Calendar = Calendar(start: 5000), lookahead: [UInt64: UInt64] = [:],
        devices: CalendarServer.Devices = .foreign, sharedMemory: CalendarServer.SharedMemory = .none,
        slotLimit: Int? = nil, unstartedLimit: Int = 1024, takesInterruptsWithTurn: [UInt64] = []
    ) throws {
        let folder = NSTemporaryDirectory() + "almanac-server-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        path = folder + "/calendar"
        reactor = try Reactor()
        server = try CalendarServer(
            path: path, calendar: Islands(calendar), tokens: 100,
            expectations: Dictionary(
                lookahead.map { ($0, .init(identity: $0, lookahead: $1)) }
                    + takesInterruptsWithTurn.map {
                        ($0, .init(identity: $0, lookahead: 0, takesInterruptsWithTurn: true))
                    }, uniquingKeysWith: { $1 }),
            devices: devices, sharedMemory: sharedMemory, slotLimit: slotLimit,
            unstartedLimit: unstartedLimit, reactor: reactor)
    }

    deinit { try? FileManager.default.removeItem(atPath: (path as NSString).deletingLastPathComponent) }

    /// Handles what is there, until nothing more comes.
    func pump() throws {
        while true {
            while server.advance(reactor: reactor) != nil {}
            server.flush(reactor: reactor)
            let count = try reactor.wait(milliseconds: 0)
            if count == 0 { break }
            for index in 0..<count { server.handle(reactor[index], reactor: reactor) }
        }
        departures += server.departures
        server.departures.removeAll()
    }

    func guest() throws -> ScriptedGuest { ScriptedGuest(try UnixSocket.connect(path: path), self) }
}

/// The other end: says what the script says, and reads what the server has written.
final class ScriptedGuest {
    private var socket: Descriptor?
    private let bench: Bench
    private var sequence: UInt32 = 0
    private(set) var isClosed = false

    init(_ socket: consuming Descriptor, _ bench: Bench) {
        self.socket = consume socket
        self.bench = bench
    }

    func send(bytes: [UInt8]) throws {
        guard socket != nil else { return }
        var done = 0
        while done < bytes.count {
            done += try unsafe bytes[done...].withUnsafeBytes { try unsafe UnixSocket.send(socket!, $0) }
        }
    }

    /// Sends one message with the next sequence number; does not turn the loop.
    func post(_ operation: TimeTravelProtocol.Operation, _ time: UInt64 = 0) throws {
        sequence += 1
        var bytes: [UInt8] = []
        Message(operation, sequence: sequence, time: time).encode(into: &bytes)
        try send(bytes: bytes)
    }

    /// Sends a message, turns the loop, and returns all that came in one read.
    @discardableResult
    func say(_ operation: TimeTravelProtocol.Operation, _ time: UInt64 = 0) throws -> [Message] {
        try post(operation, time)
        try bench.pump()
        return try read()
    }

    /// What one read brings: nothing, or messages.
    func read() throws -> [Message] {
        guard socket != nil, !isClosed else { return [] }
        try socket!.setNonBlocking()
        var room = [UInt8](repeating: 0, count: 65536)
        let result = unsafe room.withUnsafeMutableBytes { buffer in
            Result { () throws(Errno) in try unsafe UnixSocket.receive(socket!, into: buffer) }
        }
        guard case .success(let count) = result else { return [] }
        if count == 0 { isClosed = true }
        var decoder = MessageDecoder()
        return unsafe room.withUnsafeBytes { buffer in
            var rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[..<count])
            var messages: [Message] = []
            while let message = unsafe decoder.decode(&rest) { messages.append(message) }
            return messages
        }
    }

    /// Acknowledges, as a guest does, what needs it.
    func acknowledge(_ messages: [Message]) throws {
        var bytes: [UInt8] = []
        for message in messages where message.operation != .ack {
            Message(.ack, sequence: message.sequence).encode(into: &bytes)
        }
        try send(bytes: bytes)
        try bench.pump()
    }

    func close() { socket = nil }

    /// START, answered with scheduling memory: the memory, mapped.
    func startSharing(_ identity: UInt64) throws -> SharedRegion {
        try post(.start, identity)
        try bench.pump()
        return try takeMemory()
    }

    /// START's answer, which brings scheduling memory: the memory, mapped.
    func takeMemory() throws -> SharedRegion {
        try socket!.setNonBlocking()
        var room = [UInt8](repeating: 0, count: 64)
        var numbers: [CInt] = []
        let received = unsafe room.withUnsafeMutableBytes { buffer in
            Result { () throws(Errno) in
                try unsafe UnixSocket.receive(socket!, into: buffer, descriptors: &numbers, limit: 4)
            }
        }
        #expect(try received.get().count == Message.size && numbers.count == 2)
        let memory = Descriptor(owning: numbers[0])
        Descriptor(owning: numbers[1]).close()
        var decoder = MessageDecoder()
        let decoded = decoder.decode(Array(room.prefix(Message.size)))
        let answer = try #require(decoded)
        return try SharedRegion(memory, slot: Int(answer.time), of: self)
    }

    /// START and what it is answered with.
    func start(_ identity: UInt64) throws {
        let answer = try say(.start, identity)
        #expect(answer.map(\.operation) == [.ack])
    }
}

extension [Message] {
    var said: [String] { map { "\($0.operation?.name ?? String($0.code)) \($0.time)" } }
}

/// Scheduling memory as a guest sees it.
final class SharedRegion {
    let mapping: Mapping
    let slot: Int
    let number: UInt16
    /// It stays connected for as long as its memory is used.
    let guest: ScriptedGuest

    init(_ memory: borrowing Descriptor, slot: Int, of guest: ScriptedGuest) throws {
        self.guest = guest
        let header = try Mapping(memory, offset: 0, length: SchedulingMemoryLayout.headerSize)
        let length = Int(header.loadAcquire(UInt32.self, at: SchedulingMemoryLayout.lengthOffset))
        mapping = try Mapping(memory, offset: 0, length: length)
        self.slot = SchedulingMemoryLayout.slot(slot)
        number = UInt16(slot)
    }

    /// Says that it will be used.
    func use() { mapping.storeRelease(SchedulingMemoryLayout.sharesTime, at: slot) }

    func request(_ time: UInt64) {
        mapping.storeRelease(time, at: slot + SchedulingMemoryLayout.requestOffset)
        mapping.storeRelease(
            SchedulingMemoryLayout.requestFlag, at: slot + SchedulingMemoryLayout.flagsOffset)
    }

    /// What a client does that is interrupted while another runs.
    func requestNow() {
        request(currentTime)
        if currentTime < freeUntil {
            mapping.storeRelease(currentTime, at: SchedulingMemoryLayout.freeUntilOffset)
        }
    }

    func clearRequest() {
        mapping.storeRelease(0 as UInt32, at: slot + SchedulingMemoryLayout.flagsOffset)
    }

    /// The ID that the calendar has stored.
    var name: UInt64 {
        mapping.loadAcquire(UInt64.self, at: slot + SchedulingMemoryLayout.nameOffset)
    }
    /// Bits of the client that `running` names.
    var runningCapabilities: UInt32 {
        mapping.loadAcquire(UInt32.self, at: SchedulingMemoryLayout.slot(Int(running)))
    }
    /// What stands in the slot, without its name.
    var capabilities: UInt32 { mapping.loadAcquire(UInt32.self, at: slot) }
    var flags: UInt32 { mapping.loadAcquire(UInt32.self, at: slot + SchedulingMemoryLayout.flagsOffset) }
    var freeUntil: UInt64 { mapping.loadAcquire(UInt64.self, at: SchedulingMemoryLayout.freeUntilOffset) }
    var running: UInt16 { mapping.loadAcquire(UInt16.self, at: SchedulingMemoryLayout.runningOffset) }
    var currentTime: UInt64 {
        get { mapping.loadAcquire(UInt64.self, at: SchedulingMemoryLayout.currentTimeOffset) }
        set { mapping.storeRelease(newValue, at: SchedulingMemoryLayout.currentTimeOffset) }
    }
}
