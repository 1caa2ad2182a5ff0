internal import Foundation
internal import Glibc
internal import Posix
internal import SystemPackage

/// A visitor's end of the socket in a run folder. It blocks.
package final class VisitorConnection {
    private let socket: Descriptor
    private var received: [UInt8] = []
    private var frames: [VisitReply] = []

    /// - Throws: when no run that goes on is in the folder.
    package init(folder: String) throws(RunError) {
        let results = RunResults(of: folder)
        guard results.isThere else { throw RunError(.usage, "\(folder): there is no such run folder") }
        guard results.isBeingWritten else {
            throw RunError(
                .usage, "\(folder): its run is over; `almanac replay \(folder)` looks at any moment of it")
        }
        do throws(Errno) {
            socket = try UnixSocket.connect(path: "\(folder)/\(RunFolder.visitSocket)")
        } catch .permissionDenied {
            throw RunError(.usage, "\(folder): only the user who has started its run may visit it")
        } catch {
            throw RunError(.usage, "\(folder): its run takes no visitors now: \(error)")
        }
    }

    /// For `poll`.
    package var number: CInt { socket.number }

    package func send(_ request: VisitRequest) throws(RunError) {
        let frame = request.frame
        var done = 0
        while done < frame.count {
            // The bytes outlive the call.
            let result = unsafe frame.withUnsafeBytes { bytes in
                Result { () throws(Errno) in
                    unsafe try UnixSocket.send(socket, UnsafeRawBufferPointer(rebasing: bytes[done...]))
                }
            }
            guard case .success(let count) = result else { throw Self.isOver }
            done += count
        }
    }

    /// The next reply.
    ///
    /// - Throws: when the run is over.
    package func next() throws(RunError) -> VisitReply {
        while frames.isEmpty { try receive() }
        return frames.removeFirst()
    }

    /// The replies that have come, at least one, when the socket is readable.
    package func arrived() throws(RunError) -> [VisitReply] {
        try receive()
        defer { frames = [] }
        return frames
    }

    private func receive() throws(RunError) {
        var buffer = [UInt8](repeating: 0, count: 256 * 1024)
        // The buffer outlives the call.
        let result = unsafe buffer.withUnsafeMutableBytes { room in
            Result { () throws(Errno) in unsafe try UnixSocket.receive(socket, into: room) }
        }
        guard case .success(let count) = result, count > 0 else { throw Self.isOver }
        received += buffer[..<count]
        for frame in VisitFrame.take(from: &received, limit: .max) ?? [] {
            guard let reply = VisitReply(type: frame.type, payload: frame.payload) else {
                throw RunError(
                    .internal, "the run sent what this almanac does not know: it is of another version")
            }
            frames.append(reply)
        }
    }

    private static let isOver = RunError(.failed, "the run is over")
}
