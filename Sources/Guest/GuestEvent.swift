/// Something that happens at a time in a guest (seed: `struct time_travel_event`).
public final class GuestEvent {
    /// What happens; it runs in the guest's thread with interrupts off.
    public typealias Handler = () throws(GuestError) -> Void

    enum Kind {
        /// A handler added by a user of the guest.
        case interrupt
        /// The timer device's: does its own interrupt entry (seed: `deliver_alarm`).
        case timer
        /// The end of a wait, on the waiter's stack; it has no handler.
        case onStack
    }

    /// When, ns; the last one once it is not pending any more.
    public internal(set) var time: UInt64 = 0
    /// It is in its guest's event list.
    public internal(set) var isPending = false
    let kind: Kind
    var handler: Handler

    /// An event that is in no list yet.
    public init(_ handler: @escaping Handler) {
        kind = .interrupt
        self.handler = handler
    }

    init(_ kind: Kind, _ handler: @escaping Handler = { () throws(GuestError) in }) {
        self.kind = kind
        self.handler = handler
    }

    var isOnStack: Bool { kind == .onStack }

    /// It happens, now.
    package func deliver() throws(GuestError) { try handler() }
}
