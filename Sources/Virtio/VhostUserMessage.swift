internal import Posix
internal import SystemPackage

/// Requests of the front end that these devices handle (vhost-user, "Front-end message types").
enum FrontendRequest: UInt32, Sendable {
    case getFeatures = 1
    case setFeatures = 2
    case setOwner = 3
    case resetOwner = 4
    case setMemoryTable = 5
    case setVringSize = 8
    case setVringAddress = 9
    case setVringBase = 10
    case getVringBase = 11
    case setVringKick = 12
    case setVringCall = 13
    case setVringError = 14
    case getProtocolFeatures = 15
    case setProtocolFeatures = 16
    case getQueueCount = 17
    case setVringEnable = 18
    case setBackendSocket = 21
    case getConfig = 24
    case setConfig = 25
    case vringKick = 35
}

/// Requests of the back end (vhost-user, "Back-end message types").
enum BackendRequest: UInt32, Sendable {
    case configChange = 2
    case vringCall = 4
}

/// Flags of a message's header.
enum HeaderFlags {
    static let version: UInt32 = 1
    static let versionMask: UInt32 = 3
    static let reply: UInt32 = 4
    static let needReply: UInt32 = 8
}

/// One vhost-user message: 12 bytes of header, payload, and descriptors that came along.
struct VhostUserMessage: ~Copyable {
    static let headerSize = 12
    /// Longest payload accepted, bytes: a memory table and a config space are far smaller.
    static let payloadLimit = 4096

    let request: UInt32
    let flags: UInt32
    let payload: [UInt8]
    var files: ReceivedFiles

    func u32(at offset: Int) -> UInt32 { payload.native(UInt32.self, at: offset) }
    func u64(at offset: Int) -> UInt64 { payload.native(UInt64.self, at: offset) }
}

/// Descriptors that came with a message. Those that are not taken are closed.
final class ReceivedFiles {
    private var numbers: [CInt]

    init(_ numbers: [CInt] = []) { self.numbers = numbers }

    var count: Int { numbers.count }

    func append(_ more: [CInt]) { numbers += more }

    /// Takes the first descriptor over.
    func takeFirst() -> Descriptor? {
        numbers.isEmpty ? nil : Descriptor(owning: numbers.removeFirst())
    }

    deinit {
        for number in numbers { Descriptor(owning: number).close() }
    }
}

/// Makes messages of bytes that arrive in any split.
///
/// The kernel ends a read behind the bytes that descriptors came with, so they belong to the last message that begins in what
/// was read so far.
struct VhostUserDecoder {
    /// Most descriptors of one message (vhost-user, "Ancillary data").
    static let fileLimit = 8

    private var bytes: [UInt8] = []
    private var files = ReceivedFiles()
    /// Where in `bytes` the message begins that `files` belongs to.
    private var filesOffset = 0

    var pendingBytes: Int { bytes.count }

    /// Takes the descriptors over; closes all that it holds when a message has too many.
    mutating func append(_ more: ArraySlice<UInt8>, descriptors: [CInt]) throws(BackendError.Rule) {
        bytes += more
        guard !descriptors.isEmpty else { return }
        let offset = lastMessage
        if offset != filesOffset { files = ReceivedFiles() }
        filesOffset = offset
        files.append(descriptors)
        guard files.count <= Self.fileLimit else {
            files = ReceivedFiles()
            throw .descriptorsLost
        }
    }

    /// Where the last message begins.
    private var lastMessage: Int {
        var offset = 0
        while offset + VhostUserMessage.headerSize <= bytes.count {
            let length = Int(bytes.native(UInt32.self, at: offset + 8))
            let next = offset + VhostUserMessage.headerSize + length
            guard next < bytes.count else { break }
            offset = next
        }
        return offset
    }

    /// A complete message is such a request.
    func holds(_ request: FrontendRequest) -> Bool {
        var offset = 0
        while offset + VhostUserMessage.headerSize <= bytes.count {
            let length = Int(bytes.native(UInt32.self, at: offset + 8))
            guard length <= bytes.count - offset - VhostUserMessage.headerSize else { return false }
            if bytes.native(UInt32.self, at: offset) == request.rawValue { return true }
            offset += VhostUserMessage.headerSize + length
        }
        return false
    }

    /// The next complete message.
    mutating func next() throws(BackendError.Rule) -> VhostUserMessage? {
        guard bytes.count >= VhostUserMessage.headerSize else { return nil }
        let length = Int(bytes.native(UInt32.self, at: 8))
        guard length <= VhostUserMessage.payloadLimit else { throw .payloadTooLong(length) }
        let total = VhostUserMessage.headerSize + length
        guard bytes.count >= total else { return nil }
        let flags = bytes.native(UInt32.self, at: 4)
        guard flags & HeaderFlags.versionMask == HeaderFlags.version else { throw .badVersion(flags) }
        let message = VhostUserMessage(
            request: bytes.native(UInt32.self, at: 0), flags: flags,
            payload: Array(bytes[VhostUserMessage.headerSize..<total]), files: takeFiles())
        filesOffset -= total
        bytes.removeFirst(total)
        return message
    }

    /// The descriptors of the first message.
    private mutating func takeFiles() -> ReceivedFiles {
        guard filesOffset == 0 else { return ReceivedFiles() }
        defer { files = ReceivedFiles() }
        return files
    }
}

/// The bytes of a message to be sent.
func vhostUserFrame(request: UInt32, flags: UInt32, payload: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(native: request)
    bytes.append(native: flags)
    bytes.append(native: UInt32(payload.count))
    return bytes + payload
}

extension [UInt8] {
    /// A value in native byte order, as both ends of the socket are on one machine. Out of range reads are a
    /// programmer's error: lengths are checked first.
    func native<Value: FixedWidthInteger & BitwiseCopyable>(_ type: Value.Type, at offset: Int)
        -> Value
    {
        precondition(offset >= 0 && offset + MemoryLayout<Value>.size <= count)
        // The range was checked in the line above.
        return unsafe withUnsafeBytes { unsafe $0.loadUnaligned(fromByteOffset: offset, as: type) }
    }

    mutating func append<Value: FixedWidthInteger>(native value: Value) {
        unsafe Swift.withUnsafeBytes(of: value) { unsafe append(contentsOf: $0) }
    }
}
