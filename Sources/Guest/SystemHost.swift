internal import Posix
internal import SystemPackage

/// The real system: a unix socket, the monotonic clock, poll.
final class SystemHost: GuestHost {
    private var socket: Descriptor?
    private var socketNumber: Int32?

    init() {}

    func connect(path: String) throws(GuestError) {
        do throws(Errno) {
            let connection = try UnixSocket.connect(path: path)
            socketNumber = connection.number
            socket = consume connection
        } catch {
            throw .cannotConnect(path: path, reason: "\(error)")
        }
    }

    var nanoseconds: UInt64 { Posix.wallNanoseconds() }

    var timeOfDay: UInt64 { Posix.timeOfDayNanoseconds() }

    func write(_ bytes: [UInt8]) throws(GuestError) {
        var done = 0
        while done < bytes.count {
            let result = unsafe bytes.withUnsafeBytes { buffer in
                // The pointer is used only inside the call.
                Result { () throws(Errno) in
                    try unsafe send(UnsafeRawBufferPointer(rebasing: buffer[done...]))
                }
            }
            switch result {
            case .success(let count): done += count
            case .failure(.brokenPipe), .failure(.connectionReset): throw .linkBroken
            case .failure(let error): throw .linkFailed(reason: "\(error)")
            }
        }
    }

    private func send(_ bytes: UnsafeRawBufferPointer) throws(Errno) -> Int {
        guard socket != nil else { throw .badFileDescriptor }
        return try unsafe UnixSocket.send(socket!, bytes)
    }

    func read(limit: Int, descriptors: inout [Int32]) throws(GuestError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: limit)
        let result = unsafe bytes.withUnsafeMutableBytes { room in
            Result { () throws(Errno) in try unsafe receive(room, &descriptors) }
        }
        switch result {
        case .success(let count): return Array(bytes.prefix(count))
        case .failure(.connectionReset): return []
        case .failure(let error): throw .linkFailed(reason: "\(error)")
        }
    }

    private func receive(_ room: UnsafeMutableRawBufferPointer, _ descriptors: inout [Int32]) throws(Errno)
        -> Int
    {
        guard socket != nil else { throw .badFileDescriptor }
        return try unsafe UnixSocket.receive(socket!, into: room, descriptors: &descriptors, limit: 2).count
    }

    func close() {
        socketNumber = nil
        socket = nil
    }

    func wait(link: Bool, sources: [Int32], until deadline: UInt64?) throws(GuestError) -> GuestHostReadiness
    {
        var descriptors = sources
        if link, let socketNumber { descriptors.append(socketNumber) }
        while true {
            let ready: Int?
            do throws(Errno) {
                ready = try Posix.waitReadable(descriptors, until: deadline)
            } catch {
                throw .cannotWait(reason: "\(error)")
            }
            if let ready { return ready < sources.count ? .source(ready) : .link }
            if let deadline, nanoseconds >= deadline { return .deadline }
        }
    }
}
