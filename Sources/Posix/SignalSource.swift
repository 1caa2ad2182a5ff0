internal import CAlmanac
internal import Glibc
package import SystemPackage

/// Signals that are read from a descriptor (signalfd).
///
/// The signals are blocked in the thread that makes this and in threads it starts later: make it on the main thread,
/// before there are others, and drop it there, which blocks them no more. Children start with no signal blocked.
package struct SignalSource: ~Copyable {
    /// Readable when a signal waits, for the reactor.
    package let descriptor: Descriptor
    private let before: sigset_t

    /// - Parameter signals: numbers, by default SIGINT and SIGTERM.
    package init(_ signals: [Int32] = [SIGINT, SIGTERM]) throws(Errno) {
        var set = Self.set(of: signals)
        var former = sigset_t()
        let blocked = unsafe pthread_sigmask(SIG_BLOCK, &set, &former)
        guard blocked == 0 else { throw Errno(rawValue: blocked) }
        let number = unsafe calmanac_signal_descriptor(&set)
        guard number >= 0 else {
            let error = Errno(rawValue: errno)
            unsafe pthread_sigmask(SIG_SETMASK, &former, nil)
            throw error
        }
        descriptor = Descriptor(owning: number)
        before = former
    }

    private static func set(of signals: [Int32]) -> sigset_t {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for signal in signals { unsafe sigaddset(&set, signal) }
        return set
    }

    /// Blocks the signals in this thread and in those that it starts from now on, for a source that is made later: a library's thread
    /// that does not block them would get them, and they would end the process.
    package static func block(_ signals: [Int32] = [SIGINT, SIGTERM]) {
        var set = Self.set(of: signals)
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// While `body` runs, the signals end the process, though this thread blocks them otherwise: for work that takes long before there is
    /// a source.
    package static func letEnd<Failure: Error>(
        _ signals: [Int32] = [SIGINT, SIGTERM], _ body: () throws(Failure) -> Void
    ) throws(Failure) {
        var set = Self.set(of: signals)
        var former = sigset_t()
        unsafe pthread_sigmask(SIG_UNBLOCK, &set, &former)
        defer { unsafe pthread_sigmask(SIG_SETMASK, &former, nil) }
        try body()
    }

    /// The number of the next signal, nil when none waits.
    package func next() throws(Errno) -> Int32? {
        let number = descriptor.number
        do throws(Errno) {
            return Int32(try Posix.retrying { Int(calmanac_next_signal(number)) })
        } catch .resourceTemporarilyUnavailable {
            return nil
        }
    }

    deinit {
        var mask = before
        unsafe pthread_sigmask(SIG_SETMASK, &mask, nil)
    }
}

extension Posix {
    /// Signals that stop, continue and kill a process.
    package enum JobSignal: Sendable {
        /// SIGSTOP
        case stop
        /// SIGCONT
        case proceed
        /// SIGKILL
        case end
    }

    /// Sends a signal to a process. One that does not exist is not an error.
    package static func send(_ signal: JobSignal, to process: Int32) {
        let number =
            switch signal {
            case .stop: SIGSTOP
            case .proceed: SIGCONT
            case .end: SIGKILL
            }
        _ = kill(process, number)
    }
}
