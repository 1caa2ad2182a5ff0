internal import CAlmanac
internal import Glibc
package import SystemPackage

/// Unix stream sockets, with descriptors passed along.
package enum UnixSocket {
    /// The result of one `receive`.
    package struct Received: Sendable {
        /// Bytes read; 0 is the end of the stream.
        package var count: Int
        /// Descriptors were lost because there was no room for them.
        package var descriptorsLost: Bool
    }

    /// A listening socket, non-blocking, that appears at `path` only once it listens: it is bound to another name in
    /// the same folder, listens, and is renamed. A socket that was there is replaced; anything else is left in place and
    /// `.fileExists` is thrown. Paths longer than `sun_path` (107 bytes) are reached through the folder's descriptor.
    ///
    /// - Parameter backlog: connections the kernel holds until they are accepted.
    package static func listen(path: String, backlog: Int = 4096) throws(Errno) -> Descriptor {
        let (folder, name) = split(path)
        let directory = try Posix.open(folder, [.readOnly, .directory])
        let inside = "/proc/self/fd/\(directory.number)"
        let visible = "\(inside)/\(name)"
        var status = stat()
        if unsafe lstat(visible, &status) == 0, status.st_mode & S_IFMT != S_IFSOCK {
            throw .fileExists
        }
        let socket = try make()
        try socket.setNonBlocking()
        // Short, so that it fits `sun_path` whatever the name; unique by process and descriptor.
        let hidden = "\(inside)/.almanac-\(getpid())-\(socket.number)"
        _ = unsafe unlink(hidden)
        try unsafe withAddress(hidden) { address, length in
            unsafe Int(Glibc.bind(socket.number, address, length))
        }
        do throws(Errno) {
            _ = try Posix.retrying { Int(Glibc.listen(socket.number, CInt(clamping: backlog))) }
            _ = try Posix.retrying { unsafe Int(Glibc.rename(hidden, visible)) }
        } catch {
            _ = unsafe unlink(hidden)
            throw error
        }
        return socket
    }

    /// A connection to the socket at `path`, blocking.
    package static func connect(path: String) throws(Errno) -> Descriptor {
        // Only names the socket, as long as its path may be.
        let place = try Posix.open(path, .pathOnly)
        let socket = try make()
        try unsafe withAddress("/proc/self/fd/\(place.number)") { address, length in
            unsafe Int(Glibc.connect(socket.number, address, length))
        }
        return socket
    }

    /// Two sockets connected to each other.
    package struct Pair: ~Copyable {
        package let first: Descriptor
        package let second: Descriptor
    }

    /// Two connected sockets, blocking.
    package static func pair() throws(Errno) -> Pair {
        var ends: (CInt, CInt) = (-1, -1)
        _ = try Posix.retrying {
            unsafe withUnsafeMutablePointer(to: &ends) { pointer in
                // A pair of CInt is laid out as an array of two.
                unsafe pointer.withMemoryRebound(to: CInt.self, capacity: 2) { both in
                    unsafe Int(socketpair(AF_UNIX, streamType, 0, both))
                }
            }
        }
        return Pair(first: Descriptor(owning: ends.0), second: Descriptor(owning: ends.1))
    }

    /// The next connection, non-blocking; nil when none waits.
    package static func accept(_ listener: borrowing Descriptor) throws(Errno) -> Descriptor? {
        let number = listener.number
        do throws(Errno) {
            return Descriptor(owning: CInt(try Posix.retrying { Int(calmanac_accept(number)) }))
        } catch .resourceTemporarilyUnavailable, .connectionAbort {
            return nil
        }
    }

    /// What there is to read.
    package enum Input: Sendable {
        case none
        case bytes
        /// The other end is closed, or the connection broken.
        case end
    }

    /// Looks whether something can be read, without reading it.
    package static func input(_ socket: borrowing Descriptor) -> Input {
        let number = socket.number
        var byte: UInt8 = 0
        do throws(Errno) {
            // One byte of this frame's, for the call.
            let count = try Posix.retrying {
                unsafe recv(number, &byte, 1, CInt(MSG_PEEK | MSG_DONTWAIT))
            }
            return count > 0 ? .bytes : .end
        } catch .resourceTemporarilyUnavailable {
            return .none
        } catch {
            return .end
        }
    }

    /// Reads bytes and no descriptors; those sent along are closed by the kernel.
    ///
    /// - Parameter waits: false never waits, whoever else holds the socket and makes it blocking.
    package static func receive(
        _ socket: borrowing Descriptor, into buffer: UnsafeMutableRawBufferPointer, waits: Bool = true
    ) throws(Errno) -> Int {
        let number = socket.number
        let flags = waits ? 0 : CInt(MSG_DONTWAIT)
        return try Posix.retrying { unsafe recv(number, buffer.baseAddress, buffer.count, flags) }
    }

    /// Reads bytes and the descriptors sent with them, which are appended to `descriptors` (numbers that the caller
    /// now owns).
    ///
    /// - Parameter limit: most descriptors taken by this call, 16 at most.
    package static func receive(
        _ socket: borrowing Descriptor, into buffer: UnsafeMutableRawBufferPointer,
        descriptors: inout [CInt],
        limit: Int
    ) throws(Errno) -> Received {
        var numbers = [CInt](repeating: -1, count: limit)
        var received = 0
        var lost = false
        let number = socket.number
        let count = try Posix.retrying {
            unsafe numbers.withUnsafeMutableBufferPointer { room in
                // C writes at most `room.count` numbers and says how many.
                unsafe calmanac_receive(
                    number, buffer.baseAddress, buffer.count, room.baseAddress, room.count, &received, &lost)
            }
        }
        descriptors.append(contentsOf: numbers.prefix(received))
        return Received(count: count, descriptorsLost: lost)
    }

    /// Writes bytes and returns how many were taken. A closed peer is `.brokenPipe`, never a signal.
    ///
    /// - Parameter waits: false never waits, whoever else holds the socket and makes it blocking.
    package static func send(
        _ socket: borrowing Descriptor, _ buffer: UnsafeRawBufferPointer, waits: Bool = true
    ) throws(Errno) -> Int {
        let number = socket.number
        let flags = waits ? CInt(MSG_NOSIGNAL) : CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT)
        return try Posix.retrying { unsafe Glibc.send(number, buffer.baseAddress, buffer.count, flags) }
    }

    /// Writes bytes and sends descriptors with them; the caller keeps ownership of the descriptors.
    package static func send(
        _ socket: borrowing Descriptor, _ buffer: UnsafeRawBufferPointer, descriptors: [CInt]
    ) throws(Errno) -> Int {
        let number = socket.number
        return try Posix.retrying {
            unsafe calmanac_send(number, buffer.baseAddress, buffer.count, descriptors, descriptors.count)
        }
    }

    /// The process that connected, if the kernel knows it.
    package static func peerProcess(_ socket: borrowing Descriptor) -> Int32? {
        let process = calmanac_peer_process(socket.number)
        return process > 0 ? process : nil
    }

    /// This process's user has connected, or root.
    package static func peerIsOwner(_ socket: borrowing Descriptor) -> Bool {
        let user = calmanac_peer_user(socket.number)
        return user == geteuid() || user == 0
    }

    private static let streamType = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)

    private static func make() throws(Errno) -> Descriptor {
        Descriptor(owning: CInt(try Posix.retrying { Int(socket(AF_UNIX, streamType, 0)) }))
    }

    private static func split(_ path: String) -> (folder: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return (".", path) }
        let folder = path[..<slash]
        return (folder.isEmpty ? "/" : String(folder), String(path[path.index(after: slash)...]))
    }

    private static func withAddress(
        _ path: String, _ call: (UnsafePointer<sockaddr>, socklen_t) -> Int
    ) throws(Errno) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { throw .fileNameTooLong }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { room in
            unsafe room.copyBytes(from: bytes)
        }
        _ = try Posix.retrying {
            unsafe withUnsafePointer(to: &address) { pointer in
                // sockaddr_un begins as every sockaddr does; the length says how much is meant.
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                    unsafe call(generic, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
        }
    }
}
