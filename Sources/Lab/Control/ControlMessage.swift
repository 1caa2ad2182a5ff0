/// What a machine's init sends to almanac over the control device, a virtio console.
///
/// Frames in both directions: `u32` length of the payload, `u8` type, payload; little-endian. The other end is
/// `Kernel/init/`.
package enum ControlMessage: Hashable, Sendable {
    /// Init has started and speaks this version.
    case hello(version: UInt32)
    /// The machine is configured as the plan says.
    case ready
    /// A command was started.
    case started(command: Int, process: UInt32)
    /// A command wrote these bytes to standard output or standard error.
    case output(command: Int, bytes: [UInt8])
    /// A command ended with this exit status, 128 + signal when it was killed; its programs went to sleep so often.
    case ended(command: Int, status: Int32, signal: UInt8, sleeps: UInt64)
    /// The machine is about to power off.
    case bye
    /// Something could not be done.
    case problem(String)
    /// Answers `.look`: ns until the first timer that could wake a program, nil for none; how often
    /// programs have gone to sleep so far; how many are runnable; their names.
    case outlook(next: UInt64?, switches: UInt64, runnable: Int, programs: String)
    /// Answers `.file`: the piece is written, or a `.problem` said why not.
    case stored
    /// The program of a look wrote these bytes to standard error.
    case errors(command: Int, bytes: [UInt8])
    /// Answers `.need`.
    case need(command: Int, LookNeed)
    /// The program of a look has taken so many bytes of its input.
    case taken(command: Int, count: Int)
    /// A part of the answer to `.artifacts`.
    case artifact(FileEntry)

    /// The version of the protocol.
    package static let version: UInt32 = 8
    /// Longest payload that is accepted, bytes.
    package static let payloadLimit = 64 * 1024

    init?(type: UInt8, payload: [UInt8]) {
        switch (type, payload.count) {
        case (1, 4): self = .hello(version: payload.u32(at: 0))
        case (2, 0): self = .ready
        case (3, 8): self = .started(command: Int(payload.u32(at: 0)), process: payload.u32(at: 4))
        case (4, 4...): self = .output(command: Int(payload.u32(at: 0)), bytes: Array(payload[4...]))
        case (5, 17):
            self = .ended(
                command: Int(payload.u32(at: 0)), status: Int32(bitPattern: payload.u32(at: 4)),
                signal: payload[16], sleeps: payload.u64(at: 8))
        case (6, 0): self = .bye
        case (7, _): self = .problem(String(decoding: payload, as: UTF8.self))
        case (8, 20...):
            let next = payload.u64(at: 0)
            self = .outlook(
                next: next == .max ? nil : next, switches: payload.u64(at: 8),
                runnable: Int(payload.u32(at: 16)),
                programs: String(decoding: payload[20...], as: UTF8.self))
        case (9, 0): self = .stored
        case (10, 4...): self = .errors(command: Int(payload.u32(at: 0)), bytes: Array(payload[4...]))
        case (11, 5):
            guard let need = LookNeed(rawValue: payload[4]) else { return nil }
            self = .need(command: Int(payload.u32(at: 0)), need)
        case (13, 8): self = .taken(command: Int(payload.u32(at: 0)), count: Int(payload.u32(at: 4)))
        case (12, _):
            let entry = FileEntry(payload: payload) { offset, count in
                count == 8 ? payload.u64(at: offset) : UInt64(payload.u32(at: offset))
            }
            guard let entry else { return nil }
            self = .artifact(entry)
        default: return nil
        }
    }
}

/// What the program of a look needs so that it goes on.
package enum LookNeed: UInt8, Hashable, Sendable {
    /// It waits for input, and for nothing else.
    case nothing
    /// Simulated time.
    case time
    /// It waits for input, or for something that simulated time brings.
    case person
}

/// Rows and columns of a terminal.
package struct TerminalSize: Codable, Hashable, Sendable {
    package var rows: UInt16
    package var columns: UInt16

    package init(rows: UInt16, columns: UInt16) {
        self.rows = rows
        self.columns = columns
    }
}

extension TerminalSize {
    fileprivate var bytes: [UInt8] { rows.littleEndianBytes + columns.littleEndianBytes }
}

/// What almanac sends to a machine's init over the control device.
package enum ControlRequest: Sendable {
    /// The machine's identity and what it has to run.
    case plan([PlanRecord])
    /// Start the commands.
    case go
    /// Stop the commands and power off.
    case shutDown
    /// Starts a command again, or a check, which then repeats at its intervals.
    case begin(command: Int)
    /// Kills what a command has started, if it runs.
    case kill(command: Int)
    /// Steps the wall clock by ns.
    case clock(step: Int64)
    /// Asks whether any program could run without outside input.
    case look
    /// A piece of a file: the first one makes it, the others are appended. Init answers with `.stored`.
    case file(path: String, mode: UInt32, bytes: [UInt8], isFirst: Bool)
    /// Starts a look's program, with input, on a terminal, or with neither. Init reports its output and end under this number.
    case execute(command: Int, text: String, hasInput: Bool = false, terminal: TerminalSize? = nil)
    /// Input for a look's program; none: it ends.
    case input(command: Int, bytes: [UInt8])
    /// The size of a look's terminal has changed.
    case resize(command: Int, TerminalSize)
    /// Nobody reads what a look's program writes any more: it gets SIGHUP.
    case hangUp(command: Int)
    /// Asks what a look's program needs.
    case need(command: Int)
    /// Sends files that match before the machine powers off, at most so many bytes and entries.
    case artifacts(patterns: [String], bytes: UInt64, entries: UInt64)

    /// The frame on the wire.
    package var frame: [UInt8] {
        let (type, payload): (UInt8, [UInt8]) =
            switch self {
            case .plan(let records): (1, records.flatMap(\.bytes))
            case .go: (2, [])
            case .shutDown: (3, [])
            case .begin(let command): (4, UInt32(command).littleEndianBytes)
            case .kill(let command): (13, UInt32(command).littleEndianBytes)
            case .clock(let step): (5, step.littleEndianBytes)
            case .look: (6, [])
            case .file(let path, let mode, let bytes, let isFirst):
                (
                    7,
                    mode.littleEndianBytes + [isFirst ? 1 : 0] + UInt32(path.utf8.count).littleEndianBytes
                        + Array(path.utf8) + bytes
                )
            case .execute(let command, let text, let hasInput, let terminal):
                (
                    8,
                    UInt32(command).littleEndianBytes + [(hasInput ? 1 : 0) | (terminal == nil ? 0 : 2)]
                        + (terminal ?? TerminalSize(rows: 0, columns: 0)).bytes + Array(text.utf8)
                )
            case .input(let command, let bytes): (9, UInt32(command).littleEndianBytes + bytes)
            case .resize(let command, let size): (10, UInt32(command).littleEndianBytes + size.bytes)
            case .hangUp(let command): (11, UInt32(command).littleEndianBytes)
            case .need(let command): (12, UInt32(command).littleEndianBytes)
            case .artifacts(let patterns, let bytes, let entries):
                (
                    15,
                    bytes.littleEndianBytes + entries.littleEndianBytes
                        + patterns.flatMap { Array($0.utf8) + [0] }
                )
            }
        return ByteFrame.bytes(type, payload)
    }
}

/// One record of a plan: `u8` kind, `u32` length, bytes.
package enum PlanRecord: Sendable {
    case hostName(String)
    case hosts(String)
    case environment(name: String, value: String)
    /// `address` is `10.0.0.1/24`, nil for none.
    case interface(name: String, mac: String, address: String?, mtu: Int)
    case route(destination: String, gateway: String)
    case forward
    case command(CommandRecord)
    /// As whom commands run.
    case user(String)
    case workingFolder(String)
    /// A folder of the host, an absolute path, at a path of the machine.
    case folder(host: String, path: String)
    /// An empty folder in memory, bytes; nil: half of the machine's.
    case memory(path: String, size: UInt64?)
    /// A setting of the kernel: a path below /proc/sys.
    case sysctl(path: String, value: String)
    /// A limit of what commands may use; nil for none.
    case limit(name: String, soft: UInt64?, hard: UInt64?)
    /// What commands have between their stop signal and SIGKILL, ns.
    case grace(UInt64)

    var bytes: [UInt8] {
        let (kind, body): (UInt8, [UInt8]) =
            switch self {
            case .hostName(let name): (1, Array(name.utf8))
            case .hosts(let text): (2, Array(text.utf8))
            case .environment(let name, let value): (3, Array("\(name)=\(value)".utf8))
            case .interface(let name, let mac, let address, let mtu):
                (4, Array("\(name) \(mac) \(address ?? "-") \(mtu)".utf8))
            case .route(let destination, let gateway): (5, Array("\(destination) \(gateway)".utf8))
            case .forward: (6, [])
            case .command(let command): (8, command.bytes)
            case .user(let user): (9, Array(user.utf8))
            case .workingFolder(let path): (10, Array(path.utf8))
            case .folder(let host, let path): (11, Array("\(host)\0\(path)".utf8))
            case .memory(let path, let size):
                (12, Array("size=\(size.map(String.init) ?? "50%")\0\(path)".utf8))
            case .limit(let name, let soft, let hard):
                (
                    14,
                    Array(
                        "\(name)\0\(soft.map(String.init) ?? "unlimited") \(hard.map(String.init) ?? "unlimited")"
                            .utf8)
                )
            case .grace(let nanoseconds): (15, Array("\(nanoseconds)".utf8))
            case .sysctl(let path, let value): (13, Array("\(path)\0\(value)".utf8))
            }
        return [kind] + UInt32(body.count).littleEndianBytes + body
    }
}

/// A command or check of a plan. Times are ns of the machine's own clock, which begins at 0 when it boots.
package struct CommandRecord: Sendable {
    /// Which it is: commands first, then checks.
    package var index: Int
    /// For the shell.
    package var text: String
    /// A program and its arguments, instead of `text`.
    package var words: [String]?
    /// When it starts first; nil: in sequence, or on request.
    package var at: UInt64?
    /// From start to start; nil: it starts once.
    package var every: UInt64?
    /// No start then or later.
    package var until: UInt64?
    package var isInSequence = false
    /// It does not hold up the next in sequence.
    package var isBackground = false
    /// It does not start again once it has ended with this status.
    package var passStatus: UInt8?
    package var stopSignal: UInt8

    package init(index: Int, text: String, stopSignal: UInt8) {
        self.index = index
        self.text = text
        self.stopSignal = stopSignal
    }

    var bytes: [UInt8] {
        let flags: UInt8 =
            (isBackground ? 1 : 0) | (isInSequence ? 2 : 0) | (passStatus == nil ? 0 : 4)
            | (words == nil ? 0 : 8)
        return UInt32(index).littleEndianBytes + (at ?? .max).littleEndianBytes
            + (every ?? 0).littleEndianBytes + (until ?? .max).littleEndianBytes
            + [flags, stopSignal, passStatus ?? 0]
            + Array((words.map { $0.joined(separator: "\0") } ?? text).utf8)
    }
}

/// Decodes control messages from bytes that arrive in any split.
package struct ControlDecoder: Sendable {
    /// Why the bytes are not control messages.
    package enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        case tooLong(Int)
        case malformed(type: UInt8, length: Int)

        package var description: String {
            switch self {
            case .tooLong(let length): "a control message of \(length) bytes"
            case .malformed(let type, let length):
                "a malformed control message: type \(type), \(length) bytes"
            }
        }
    }

    private var bytes: [UInt8] = []

    package init() {}

    /// Takes bytes and returns the messages that are complete.
    package mutating func decode(_ input: [UInt8]) throws(Failure) -> [ControlMessage] {
        bytes += input
        var messages: [ControlMessage] = []
        var used = 0
        while let frame = try nextFrame(at: &used) {
            guard let message = ControlMessage(type: frame.type, payload: frame.payload) else {
                throw .malformed(type: frame.type, length: frame.payload.count)
            }
            messages.append(message)
        }
        bytes.removeFirst(used)
        return messages
    }

    private func nextFrame(at used: inout Int) throws(Failure) -> (type: UInt8, payload: [UInt8])? {
        do throws(ByteFrame.TooLong) {
            return try ByteFrame.next(in: bytes, at: &used, limit: ControlMessage.payloadLimit)
        } catch {
            throw .tooLong(error.length)
        }
    }
}

extension [UInt8] {
    fileprivate func u32(at offset: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(self[offset + $1]) << (8 * UInt32($1)) }
    }

    fileprivate func u64(at offset: Int) -> UInt64 {
        UInt64(u32(at: offset)) | UInt64(u32(at: offset + 4)) << 32
    }
}

extension FixedWidthInteger {
    fileprivate var littleEndianBytes: [UInt8] {
        (0..<Self.bitWidth / 8).map { UInt8(truncatingIfNeeded: self >> (8 * $0)) }
    }
}
