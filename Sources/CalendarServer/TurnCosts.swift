internal import Posix

/// What a client's turns cost in wall-clock time.
package struct TurnCosts: Sendable {
    /// ns in its turns.
    package private(set) var total: UInt64 = 0
    /// ns of those in turns beside which no other client ran when they began or ended: all others waited so long for it.
    package private(set) var alone: UInt64 = 0
    package private(set) var turns: UInt64 = 0
    /// ns of its last turn.
    private(set) var last: UInt64 = 0
    private(set) var began: UInt64 = 0
    private var beganAlone = false

    mutating func begin(isAlone: Bool) {
        began = Posix.wallNanoseconds()
        beganAlone = isAlone
        turns += 1
    }

    mutating func end(isAlone: Bool) {
        last = Posix.wallNanoseconds() - began
        total += last
        if beganAlone, isAlone { alone += last }
    }
}
