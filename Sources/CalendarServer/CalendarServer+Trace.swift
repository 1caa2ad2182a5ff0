internal import Calendar
internal import Trace

/// Turns and messages are recorded in the trace.
extension CalendarServer {
    /// Records an event of a client at its island's instant.
    @inline(__always)
    func trace(_ kind: TraceEvent.Kind, _ client: ClientID, _ first: UInt64 = 0) {
        guard let recorder else { return }
        let account = calendar.account(of: client)
        recorder.record(kind, account.identity, at: account.now, first)
    }

    /// - Parameter until: FREE_UNTIL in the client's own scale.
    func traceGrant(_ kind: TraceEvent.Kind, _ client: ClientID, until: UInt64) {
        guard recorder != nil else { return }
        let now = calendar.own(calendar.now(of: client), for: client)
        trace(kind, client, until > now ? until - now : 0)
    }

    func traceRequest(of client: ClientID) {
        guard let recorder else { return }
        let account = calendar.account(of: client)
        recorder.record(.request, account.identity, at: account.now, until(account.request, account.now))
    }

    func traceWait(of client: ClientID) {
        guard let recorder else { return }
        let account = calendar.account(of: client)
        recorder.record(
            .wait, account.identity, at: account.now, account.reached.since(account.now),
            until(account.request, account.now))
    }

    /// 0 for never, else 1 + ns.
    private func until(_ instant: Instant?, _ now: Instant) -> UInt64 {
        instant.map { $0 > now ? 1 + $0.since(now) : 1 } ?? 0
    }
}
