internal import CalendarServer
internal import Posix

/// Watches whether several clients compute at the same time. Some may exchange messages meanwhile, as kernels do that boot.
struct ContentionWatch {
    /// A client that has been in its turn for so many milliseconds of wall-clock time counts as computing; nil: it is not watched.
    var patience: Int?
    /// When it was checked last, ns of wall-clock time.
    private var checked: UInt64 = 0

    /// Checks, if the last time was `patience` ago.
    ///
    /// - Returns: identities of the clients that compute, if there are several.
    mutating func check(_ server: CalendarServer) -> [UInt64]? {
        guard let patience else { return nil }
        let now = Posix.wallNanoseconds()
        let span = UInt64(patience) * 1_000_000
        guard now >= checked + span else { return nil }
        checked = now
        let identities = server.runningIdentities(begunBy: now - span)
        return identities.count > 1 ? identities : nil
    }
}
