/// The clients that must have started before simulated time moves.
package enum Roster: Sendable {
    /// None: each client starts when it connects.
    case open
    /// This many clients of any identity; they start in the order of their identities.
    case count(Int)
    /// Exactly these identities; each starts once all lower ones have.
    case identities(Set<UInt64>)
}
