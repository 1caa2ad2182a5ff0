internal import Glibc
package import SystemPackage

/// A listening unix socket that is watched by a reactor. To accept from it never fails, and never spins, whatever the host
/// lacks: connections that cannot be accepted are turned away, or wait until `resume`.
package final class Listener {
    /// What `accept` brought.
    package enum Outcome: ~Copyable {
        case connection(Descriptor)
        /// No connection waits, or none can be accepted now.
        case none
        /// A connection waits, and this process has no descriptor for it: close something, or call `turnAway`.
        case noDescriptor
    }

    /// Most connections to accept in one look: others that are ready get their turn.
    package static let acceptLimit = 64

    /// Most connections, at one or several sockets together, that have not begun to work; the oldest is closed for a new one.
    package static let idleLimit = 1024
    /// And fewer where descriptors are few: a quarter of those that are left, but some.
    private static let leastIdleLimit = 16

    /// - Parameter reserved: descriptors that this process needs for other things, those that are open included.
    package static func idleLimit(reserved: Int = 0) -> Int {
        min(idleLimit, max(leastIdleLimit, descriptorsLeft(reserved) / 4))
    }

    /// Most connections that work at a socket that anybody may use, with two descriptors each.
    package static func openLimit(reserved: Int = 0) -> Int {
        max(leastIdleLimit, descriptorsLeft(reserved) / 8)
    }

    private static func descriptorsLeft(_ reserved: Int) -> Int {
        Posix.descriptorLimit - max(reserved, Posix.openDescriptors)
    }

    /// Longest that a connection may be idle so, ns of wall-clock time: a minute.
    package static let idleTime: UInt64 = 60_000_000_000

    private let socket: Descriptor
    private let token: UInt64
    private let reserve: DescriptorReserve
    /// It is not watched: the host has no memory for another connection.
    package private(set) var isPaused = false

    /// Listens at `path` (see `UnixSocket.listen`) and watches the socket as `token`.
    package init(path: String, token: UInt64, reserve: DescriptorReserve, reactor: borrowing Reactor)
        throws(Errno)
    {
        let socket = try UnixSocket.listen(path: path)
        try reactor.add(socket, token: token)
        self.socket = socket
        self.token = token
        self.reserve = reserve
    }

    /// The next connection, non-blocking.
    package func accept(reactor: borrowing Reactor) -> Outcome {
        for _ in 0..<Self.acceptLimit {
            do throws(Errno) {
                guard let connection = try UnixSocket.accept(socket) else { return .none }
                return .connection(connection)
            } catch .tooManyOpenFiles, .tooManyOpenFilesInSystem {
                return .noDescriptor
            } catch .noBufferSpace, .noMemory {
                break
            } catch {
                // The error is of that one connection, which the kernel has dropped (accept(2)).
                continue
            }
        }
        pause(reactor: reactor)
        return .none
    }

    /// Closes the connection that waits longest; the descriptor for it is the reserve's.
    ///
    /// - Returns: false when even that was not possible; then the listener is paused.
    package func turnAway(reactor: borrowing Reactor) -> Bool {
        reserve.release()
        let isDone: Bool
        do throws(Errno) {
            isDone = try UnixSocket.accept(socket) != nil
        } catch {
            isDone = false
        }
        reserve.refill()
        if !isDone { pause(reactor: reactor) }
        return isDone
    }

    /// Watched level-triggered, a connection that cannot be accepted would end every wait at once.
    private func pause(reactor: borrowing Reactor) {
        guard !isPaused else { return }
        isPaused = true
        // It was added in `init`, so this cannot fail.
        try? reactor.remove(socket)
    }

    /// Tries again. To be called now and then.
    package func resume(reactor: borrowing Reactor) {
        guard isPaused else { return }
        reserve.refill()
        do throws(Errno) {
            try reactor.add(socket, token: token)
            isPaused = false
        } catch {
            // For want of kernel memory: the next call tries again.
        }
    }
}

/// A descriptor that is kept open, so that there is one for a connection to be turned away.
package final class DescriptorReserve {
    private var spare: Descriptor?

    package init() { refill() }

    func release() { spare = nil }

    func refill() {
        // When there is none now, `turnAway` says so.
        if spare == nil { spare = try? Posix.open("/dev/null", .readOnly) }
    }
}
