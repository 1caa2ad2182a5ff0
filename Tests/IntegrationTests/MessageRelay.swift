import Foundation
import Posix
import TimeTravelProtocol

/// Stands between one guest and the calendar: passes every byte on and keeps every message.
///
/// One thread, no clocks: what it records depends on the two ends alone. Without shared memory no descriptors ride
/// along with the messages, so bytes are all there is.
final class MessageRelay {
    /// Who said it.
    enum Side: Int, Sendable {
        case guest
        case calendar
    }

    /// One message, in the order in which it passed.
    struct Entry: Hashable, Sendable {
        let from: Side
        let message: Message
    }

    /// Why there is no recording.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Wall-clock bound of silence; a guest that does not come, or hangs, must not hang the tests.
    private static let silenceLimit: Int32 = 120_000

    private let listener: Descriptor
    private let calendarPath: String
    private var entries: [Entry] = []
    private var decoders = [MessageDecoder(), MessageDecoder()]

    /// Listens at `path` for the guest.
    init(path: String, calendarPath: String) throws {
        listener = try UnixSocket.listen(path: path)
        self.calendarPath = calendarPath
    }

    /// Relays from the guest's connecting until either end closes.
    func record() throws -> [Entry] {
        _ = try Self.readable([listener.number])
        guard let guest = try UnixSocket.accept(listener) else {
            throw Failure(description: "the guest hung up before it was heard")
        }
        let calendar = try UnixSocket.connect(path: calendarPath)
        while true {
            let ready = try Self.readable([guest.number, calendar.number])
            if ready[0], try !pass(.guest, guest, calendar) { break }
            if ready[1], try !pass(.calendar, calendar, guest) { break }
        }
        return entries
    }

    /// Passes on what is there; false at the end of the stream, or when either end has gone.
    private func pass(_ side: Side, _ from: borrowing Descriptor, _ to: borrowing Descriptor) throws -> Bool {
        let source = from.number
        var bytes = [UInt8](repeating: 0, count: 4096)
        // The buffer outlives the call; its length goes with it.
        let count = unsafe recv(source, &bytes, bytes.count, 0)
        guard count > 0 else {
            guard count == 0 || errno == ECONNRESET else { throw Failure(description: "recv: \(errno)") }
            return false
        }
        bytes.removeLast(bytes.count - count)
        keep(bytes, from: side)
        let target = to.number
        let sent = unsafe send(target, bytes, bytes.count, CInt(MSG_NOSIGNAL))
        if sent < 0, errno == EPIPE || errno == ECONNRESET { return false }
        guard sent == bytes.count else { throw Failure(description: "\(sent) of \(bytes.count) bytes sent") }
        return true
    }

    private func keep(_ bytes: [UInt8], from side: Side) {
        unsafe bytes.withUnsafeBytes { buffer in
            var rest = unsafe buffer
            while let message = unsafe decoders[side.rawValue].decode(&rest) {
                entries.append(Entry(from: side, message: message))
            }
        }
    }

    /// Waits until some are readable, and says which.
    private static func readable(_ numbers: [CInt]) throws -> [Bool] {
        var descriptors = numbers.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        while true {
            let count = unsafe poll(&descriptors, nfds_t(descriptors.count), silenceLimit)
            if count > 0 { return descriptors.map { $0.revents != 0 } }
            guard count < 0, errno == EINTR else {
                throw Failure(
                    description: count == 0 ? "nobody said anything for two minutes" : "poll: \(errno)")
            }
        }
    }
}
