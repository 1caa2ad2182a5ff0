package import Calendar
internal import Posix
internal import Trace

/// What clients' turns cost in wall-clock time.
package struct TurnCosts: Sendable {
    /// ns in its turns.
    package private(set) var total: UInt64 = 0
    /// ns of those in turns beside which nobody ran when they began or ended: for so long all others waited for it.
    package private(set) var alone: UInt64 = 0
    package private(set) var turns: UInt64 = 0
    /// ns of its last turn.
    private(set) var last: UInt64 = 0
    private var began: UInt64 = 0
    private var beganAlone = false

    mutating func begin(isAlone: Bool) {
        began = Posix.wallNanoseconds()
        beganAlone = isAlone
        turns += 1
    }

    mutating func end(wasAlone: Bool) {
        last = Posix.wallNanoseconds() - began
        total += last
        if beganAlone, wasAlone { alone += last }
    }
}

/// What the trace is told of turns and messages.
extension CalendarServer {
    /// Something happened to a client at its island's instant.
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

    /// What a client's turns have cost; nil for one that lives in this process.
    package func costs(of client: ClientID) -> TurnCosts? { isHosted(client) ? nil : costs[client.index] }
}
