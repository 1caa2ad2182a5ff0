package import Calendar

/// Which frame: the `number`th (from 1) that `sender` (an identity) has sent, from its device `device`.
package struct FrameID: Hashable, Sendable {
    package let sender: UInt64
    package let number: UInt64
    package let device: UInt64

    package init(sender: UInt64, number: UInt64, device: UInt64) {
        self.sender = sender
        self.number = number
        self.device = device
    }
}

/// From one port of a network to another.
package struct PortPair: Hashable, Sendable {
    package let from: Int
    package let to: Int

    package init(from: Int, to: Int) {
        self.from = from
        self.to = to
    }
}

/// Why a frame did not arrive; its description is for people.
package enum LossReason: Hashable, Sendable, CustomStringConvertible {
    case onTheWay
    case queueFull(String)
    case earlyDetection(String)
    case controlledDelay(String)
    case linkDown(String)
    case cutOff
    case tooLong
    case nobodyThere
    case portGone
    case noFrame
    case afterTheEnd

    package var description: String {
        switch self {
        case .onTheWay: "lost on the way"
        case .queueFull(let interface): "the queue of \(interface) is full"
        case .earlyDetection(let interface): "RED of \(interface) dropped it"
        case .controlledDelay(let interface): "CoDel of \(interface) dropped it"
        case .linkDown(let interface): "the link of \(interface) is down"
        case .cutOff: "cut off"
        case .tooLong: "longer than the receiver's MTU"
        case .nobodyThere: "nobody else is there for it"
        case .portGone: "its port is gone"
        case .noFrame: "no Ethernet frame"
        case .afterTheEnd: "it would arrive after the end of time"
        }
    }
}

/// What became of frames: who gets them and when, and who does not and why. Both in the order in which it came about, which
/// is not that of their instants.
package struct NetworkOutcomes: Sendable {
    /// A frame that arrives.
    package struct Delivery: Sendable {
        /// The receiving port. It may be removed or down by then: check `accepts(_:)` before delivery.
        package let port: Int
        /// When, not before it was sent + `leastDelay`.
        package let at: Instant
        package let parcel: Parcel

        package var frame: Frame { parcel.frame }
        package var id: FrameID { parcel.id }
    }

    /// A frame that does not, or one of those a segment was split into.
    package struct Loss: Sendable {
        /// The port where it was lost: the sender's, or the receiver's.
        package let port: Int
        package let at: Instant
        package let parcel: Parcel
        package let reason: LossReason

        package var frame: Frame { parcel.frame }
        package var id: FrameID { parcel.id }
    }

    package var deliveries: [Delivery] = []
    package var losses: [Loss] = []

    package init() {}

    package var isEmpty: Bool { deliveries.isEmpty && losses.isEmpty }

    /// Empties both, and keeps the memory.
    package mutating func removeAll() {
        deliveries.removeAll(keepingCapacity: true)
        losses.removeAll(keepingCapacity: true)
    }
}
