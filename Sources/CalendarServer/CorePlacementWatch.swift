package import Calendar

/// Watches clients that run on a core of their own, and reports those that gain nothing by it.
///
/// A message to another core takes longer than one on the same core, so a core of its own only pays for a client that
/// computes for long while others compute too. Nothing here affects simulated time.
package struct CorePlacementWatch: Sendable {
    private struct State {
        var hasDedicatedCore = false
        /// Another client ran when its turn began.
        var isContended = false
        /// Consecutive turns that were short, or beside which no other client ran.
        var idleTurns = 0
    }

    /// A shorter turn, ns of wall-clock time, takes less time than its messages to another core and back.
    private static let shortTurn: UInt64 = 200_000
    /// After so many consecutive short or uncontended turns a dedicated core counts as unused.
    private static let idleTurnLimit = 16

    private var clients: ContiguousArray<State> = []
    /// Clients whose dedicated core is unused, for the owner to take.
    package var unused: [ClientID] = []

    /// A client with the next number joined.
    mutating func join() { clients.append(State()) }

    /// A client runs on a core of its own from now on, or no longer.
    package mutating func setDedicatedCore(_ hasDedicatedCore: Bool, for client: ClientID) {
        clients[client.index] = State(hasDedicatedCore: hasDedicatedCore)
    }

    mutating func beginTurn(of client: ClientID, isContended: Bool) {
        clients[client.index].isContended = isContended
    }

    /// - Parameters:
    ///   - duration: of the turn, ns of wall-clock time.
    ///   - isContended: another client still runs.
    mutating func endTurn(of client: ClientID, duration: UInt64, isContended: Bool) {
        guard clients[client.index].hasDedicatedCore else { return }
        let isIdle = duration < Self.shortTurn || !clients[client.index].isContended && !isContended
        clients[client.index].idleTurns = isIdle ? clients[client.index].idleTurns + 1 : 0
        guard clients[client.index].idleTurns >= Self.idleTurnLimit else { return }
        clients[client.index] = State()
        unused.append(client)
    }
}
