/// Who must have started before simulated time moves.
package enum Roster: Sendable {
    /// Nobody: each client starts as it comes.
    case open
    /// This many clients, whoever they are; they start in the order of their identities.
    case count(Int)
    /// Exactly these identities; each starts once all lower ones have.
    case identities(Set<UInt64>)
}
