internal import CAlmanac
internal import Glibc
package import SystemPackage

/// Readiness of many descriptors, level-triggered (epoll). One thread, no callbacks: `wait`, then read the events.
package struct Reactor: ~Copyable {
    /// What a descriptor is ready for.
    package struct Event: Sendable {
        /// The value given to `add`.
        package let token: UInt64
        package let readable: Bool
        package let writable: Bool
        /// The other end is closed or the descriptor has an error; reading tells which.
        package let hungUp: Bool
    }

    /// Which readiness to report.
    package enum Interest: Sendable {
        case read
        /// One report; none after it until `change`.
        case readOnce
        case readWrite

        fileprivate var number: calmanac_epoll_interest {
            switch self {
            case .read: calmanac_epoll_read
            case .readOnce: calmanac_epoll_read_once
            case .readWrite: calmanac_epoll_read_write
            }
        }
    }

    private let epoll: Descriptor
    private var buffer: [calmanac_event]
    /// Calls of epoll_wait so far.
    package private(set) var waits = 0

    package init() throws(Errno) {
        epoll = Descriptor(owning: CInt(try Posix.retrying { Int(calmanac_epoll_create()) }))
        buffer = Array(repeating: calmanac_event(), count: 64)
    }

    package func add(
        _ descriptor: borrowing Descriptor, token: UInt64, _ interest: Interest = .read
    ) throws(Errno) {
        try control(calmanac_epoll_add, descriptor, interest, token)
    }

    package func change(
        _ descriptor: borrowing Descriptor, token: UInt64, _ interest: Interest
    ) throws(Errno) {
        try control(calmanac_epoll_change, descriptor, interest, token)
    }

    /// Reports `other` as readable when it has events.
    package func add(_ other: borrowing Reactor, token: UInt64) throws(Errno) {
        try control(calmanac_epoll_add, other.epoll, .read, token)
    }

    /// Must be called before the descriptor is closed.
    package func remove(_ descriptor: borrowing Descriptor) throws(Errno) {
        try control(calmanac_epoll_remove, descriptor, .read, 0)
    }

    private func control(
        _ operation: calmanac_epoll_operation, _ descriptor: borrowing Descriptor, _ interest: Interest,
        _ token: UInt64
    ) throws(Errno) {
        let number = descriptor.number
        _ = try Posix.retrying {
            Int(calmanac_epoll_control(epoll.number, operation, number, interest.number, token))
        }
    }

    /// Most events of one `wait`.
    package var capacity: Int { buffer.count }

    /// Waits until something is ready; returns how many events `self[_:]` holds, 0 after the time is over
    /// or a signal came.
    ///
    /// - Parameter milliseconds: wall-clock bound, -1 for none.
    package mutating func wait(milliseconds: Int) throws(Errno) -> Int {
        waits += 1
        let count = unsafe buffer.withUnsafeMutableBufferPointer { events in
            // The buffer outlives the call; its length goes with it.
            unsafe calmanac_epoll_wait(
                epoll.number, events.baseAddress, CInt(events.count), CInt(clamping: milliseconds))
        }
        if count >= 0 { return Int(count) }
        let error = Errno(rawValue: errno)
        if error == .interrupted { return 0 }
        throw error
    }

    /// The event at `index` of the last `wait`.
    package subscript(index: Int) -> Event {
        let raw = buffer[index]
        return Event(
            token: raw.token, readable: raw.readable, writable: raw.writable, hungUp: raw.hung_up)
    }
}
