internal import Glibc
internal import Posix
internal import SystemPackage

/// One end of a stream socket; calls never wait.
final class SocketEnd {
    private var socket: Descriptor?
    private var room = [UInt8](repeating: 0, count: 16384)

    init(_ socket: consuming Descriptor) { self.socket = consume socket }

    /// Two connected ends: one as a descriptor for whom is tested.
    static func pair() throws(Errno) -> (end: SocketEnd, other: OwnedDescriptor) {
        var ends: [CInt] = [-1, -1]
        let type = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        guard unsafe socketpair(AF_UNIX, CInt(type), 0, &ends) == 0 else { throw Errno(rawValue: errno) }
        return (SocketEnd(Descriptor(owning: ends[0])), OwnedDescriptor(Descriptor(owning: ends[1])))
    }

    var number: CInt { socket?.number ?? -1 }

    func close() { socket = nil }

    /// Sends bytes, as many as there is room for; a closed peer is no error here.
    func send(_ bytes: [UInt8], descriptors: [CInt] = []) {
        guard socket != nil, !bytes.isEmpty else { return }
        _ = unsafe bytes.withUnsafeBytes { buffer in
            Result { () throws(Errno) in
                descriptors.isEmpty
                    ? try unsafe UnixSocket.send(socket!, buffer, waits: false)
                    : try unsafe UnixSocket.send(socket!, buffer, descriptors: descriptors)
            }
        }
    }

    /// What one read brings; descriptors that come along are closed.
    func receive() -> [UInt8] {
        guard socket != nil else { return [] }
        let result = unsafe room.withUnsafeMutableBytes { buffer in
            Result { () throws(Errno) in try unsafe UnixSocket.receive(socket!, into: buffer, waits: false) }
        }
        guard case .success(let count) = result else { return [] }
        return Array(room[..<count])
    }

    /// What one read brings, and the descriptors that come along, for the caller to own.
    func receiveWithDescriptors() -> (bytes: [UInt8], descriptors: [CInt]) {
        guard socket != nil, UnixSocket.input(socket!) == .bytes else { return ([], []) }
        var numbers: [CInt] = []
        let result = unsafe room.withUnsafeMutableBytes { buffer in
            Result { () throws(Errno) in
                try unsafe UnixSocket.receive(socket!, into: buffer, descriptors: &numbers, limit: 4)
            }
        }
        guard case .success(let received) = result else { return ([], []) }
        return (Array(room[..<received.count]), numbers)
    }

    /// Throws away what waits.
    func drain() { while receive().count == room.count {} }
}

/// A descriptor that can be handed through what takes copyable values only.
final class OwnedDescriptor {
    private var descriptor: Descriptor?

    init(_ descriptor: consuming Descriptor) { self.descriptor = consume descriptor }

    /// Takes it out; once.
    func take() -> Descriptor {
        guard let taken = descriptor.take() else { preconditionFailure("a descriptor is taken once") }
        return taken
    }
}
