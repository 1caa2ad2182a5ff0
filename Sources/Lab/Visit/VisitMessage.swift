internal import Foundation

/// What somebody who visits a run sends to it, over the socket in its folder. A connection has at most one look.
///
/// Frames in both directions: `u32` length of the payload, `u8` type, payload; little-endian; structures are JSON.
package enum VisitRequest: Hashable, Sendable {
    /// Starts a look.
    case look(LookPlan)
    /// Input for the look's program; none: it ends.
    case input([UInt8])
    /// The size of the look's terminal has changed.
    case resize(TerminalSize)
    /// Lets simulated time go on, or ends the run.
    case drive(VisitDrive)
    /// Asks how the run stands.
    case state

    /// Largest payload, bytes.
    package static let payloadLimit = 1 << 20

    var frame: [UInt8] {
        switch self {
        case .look(let plan): ByteFrame.bytes(1, VisitFrame.json(plan))
        case .input(let bytes): ByteFrame.bytes(2, bytes)
        case .resize(let size): ByteFrame.bytes(3, VisitFrame.json(size))
        case .drive(let drive): ByteFrame.bytes(4, VisitFrame.json(drive))
        case .state: ByteFrame.bytes(5, [])
        }
    }

    init?(type: UInt8, payload: [UInt8]) {
        switch type {
        case 1: if let plan: LookPlan = VisitFrame.value(payload) { self = .look(plan) } else { return nil }
        case 2: self = .input(payload)
        case 3:
            if let size: TerminalSize = VisitFrame.value(payload) { self = .resize(size) } else { return nil }
        case 4:
            if let drive: VisitDrive = VisitFrame.value(payload) { self = .drive(drive) } else { return nil }
        case 5: self = .state
        default: return nil
        }
    }
}

/// A program that somebody starts on a machine.
package struct LookPlan: Codable, Hashable, Sendable {
    package var machine: String
    /// For the machine's /bin/sh.
    package var command: String
    package var hasInput: Bool
    /// It gets a terminal of this size.
    package var terminal: TerminalSize?
    /// It serves a debugger: while it waits for that, simulated time goes on only when the visitor says so.
    package var drivesTime: Bool

    package init(
        machine: String, command: String, hasInput: Bool = false, terminal: TerminalSize? = nil,
        drivesTime: Bool = false
    ) {
        self.machine = machine
        self.command = command
        self.hasInput = hasInput
        self.terminal = terminal
        self.drivesTime = drivesTime
    }
}

/// What a visitor does to the time of a run.
package enum VisitDrive: Codable, Hashable, Sendable {
    /// A held run goes on for ns.
    case pass(UInt64)
    /// The visitor has a debugger, which may keep a machine from going on. From now on, until it leaves, that is not a fault.
    case debug
    /// A held run goes on until `halt`: the debugger lets go.
    case go
    /// Simulated time stands: the debugger has stopped something.
    case halt
    /// A held run is held no longer.
    case resume
    /// The run shuts down now.
    case end
}

/// What a run sends to a visitor.
package enum VisitReply: Hashable, Sendable {
    case output([UInt8])
    case errors([UInt8])
    /// The look's program has ended with this exit status, 128 + signal when it was killed; or a drive is done, with 0.
    case ended(Int32)
    /// What was asked for cannot be: the exit code for the visitor, and why.
    case failed(VisitFailure)
    /// Answers `.state`; and comes by itself, for those who have a look, when time has passed.
    case state(VisitState)

    var frame: [UInt8] {
        switch self {
        case .output(let bytes): ByteFrame.bytes(1, bytes)
        case .errors(let bytes): ByteFrame.bytes(2, bytes)
        case .ended(let status): ByteFrame.bytes(3, VisitFrame.json(status))
        case .failed(let failure): ByteFrame.bytes(4, VisitFrame.json(failure))
        case .state(let state): ByteFrame.bytes(5, VisitFrame.json(state))
        }
    }

    init?(type: UInt8, payload: [UInt8]) {
        switch type {
        case 1: self = .output(payload)
        case 2: self = .errors(payload)
        case 3: if let status: Int32 = VisitFrame.value(payload) { self = .ended(status) } else { return nil }
        case 4:
            if let failure: VisitFailure = VisitFrame.value(payload) {
                self = .failed(failure)
            } else {
                return nil
            }
        case 5:
            if let state: VisitState = VisitFrame.value(payload) { self = .state(state) } else { return nil }
        default: return nil
        }
    }
}

/// Why a run does not do what a visitor asks for.
package struct VisitFailure: Codable, Hashable, Sendable {
    package var exitCode: Int32
    /// One line.
    package var reason: String

    init(_ error: RunError) {
        exitCode = error.exitCode
        reason = error.description
    }
}

/// How a run stands.
package struct VisitState: Codable, Hashable, Sendable {
    /// A machine that a visitor can look at, or why not.
    package struct Machine: Codable, Hashable, Sendable {
        package var name: String
        /// Why nothing can be started on it; nil: it can.
        package var obstacle: String?
        /// The process of its kernel.
        package var process: Int32?
        /// Path of its kernel.
        package var kernel: String?
    }

    /// ns of simulated time.
    package var nanoseconds: UInt64
    package var isHeld: Bool
    package var machines: [Machine]
}

/// What is in the frames of visits.
enum VisitFrame {
    static func json(_ value: some Encodable) -> [UInt8] {
        // These structures have nothing that JSON lacks.
        (try? JSONEncoder().encode(value)).map(Array.init) ?? []
    }

    static func value<Value: Decodable>(_ payload: [UInt8]) -> Value? {
        try? JSONDecoder().decode(Value.self, from: Data(payload))
    }

    /// Cuts complete frames from the bytes that have come.
    ///
    /// - Returns: nil when a frame is too long.
    static func take(from bytes: inout [UInt8], limit: Int) -> [(type: UInt8, payload: [UInt8])]? {
        var frames: [(type: UInt8, payload: [UInt8])] = []
        var used = 0
        do throws(ByteFrame.TooLong) {
            while let frame = try ByteFrame.next(in: bytes, at: &used, limit: limit) { frames.append(frame) }
        } catch {
            return nil
        }
        bytes.removeFirst(used)
        return frames
    }
}
