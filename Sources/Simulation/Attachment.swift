internal import Calendar
internal import Network
internal import Posix
internal import Virtio

/// Where a device's socket leads.
enum DeviceRole: Sendable {
    /// A port of a network.
    case port(network: Int)
    /// The control device of a machine.
    case control(machine: Int)
    /// A machine's source of entropy.
    case entropy
    /// A machine's disk.
    case disk
}

/// A socket at which a guest finds a device. One that belongs to a machine takes one connection at a time; a hub's
/// takes any number, each a port of its own.
final class DeviceSocket {
    let name: String
    let listener: Descriptor
    let role: DeviceRole
    /// Of the next connection.
    var profile: DeviceProfile
    /// Identity of the client whose device this is; nil for a hub's.
    let participant: UInt64?
    /// Its number in the trace: 0 for a control device, a machine's interfaces from 1, then its entropy device, then its disk.
    let device: UInt64
    /// The network's port, when it is a machine's interface.
    let port: Int?
    /// Index of the live connection, when only one is allowed.
    var attachment: Int?

    init(
        name: String, listener: consuming Descriptor, role: DeviceRole, profile: DeviceProfile,
        participant: UInt64?, device: UInt64, port: Int?
    ) {
        self.device = device
        self.name = name
        self.listener = listener
        self.role = role
        self.profile = profile
        self.participant = participant
        self.port = port
    }
}

/// A live connection of a guest to a device.
final class Attachment {
    let backend: Backend
    let socket: Int
    let role: DeviceRole
    let participant: UInt64
    let device: UInt64
    let port: Int?
    /// An interrupt was sent, and until its reply time stands in this island.
    var heldIsland: Int?
    /// The driver wants to hear that a frame is sent; it can wait for the next frame either way, but not for ever.
    var completion: (arrival: Islands.Arrival, payload: Int)?
    var hasBackChannel = false

    init(backend: Backend, socket: Int, role: DeviceRole, participant: UInt64, device: UInt64, port: Int?) {
        self.device = device
        self.backend = backend
        self.socket = socket
        self.role = role
        self.participant = participant
        self.port = port
    }
}

/// A network's port and who is there.
struct PortPlace: Sendable {
    /// Identity of the client whose interface it is.
    let participant: UInt64
    /// The interface's number in the trace, from 1.
    let device: UInt64
    /// Nobody while the client is not connected.
    var station: Station?
}

/// Who is at a network's port.
enum Station: Sendable {
    case attachment(Int)
    case model(Int, interface: Int)
}

/// What is scheduled in the calendar for a device or for the owner.
enum PendingArrival: Sendable {
    case frame(Frame, FrameID, network: Int, port: Int)
    /// Something is due inside a network.
    case network(Int)
    /// Bytes for a control device.
    case controlMessage([UInt8], attachment: Int)
    case interrupt(queue: Int, attachment: Int)
    /// An interface's carrier comes or goes.
    case carrier(isUp: Bool, attachment: Int)
    case alarm(Int)
}

/// Pending arrivals by a small number that the calendar carries.
struct ArrivalTable: Sendable {
    private var slots: ContiguousArray<PendingArrival?> = []
    private var free: ContiguousArray<Int> = []

    mutating func insert(_ arrival: PendingArrival) -> Int {
        if let slot = free.popLast() {
            slots[slot] = arrival
            return slot
        }
        slots.append(arrival)
        return slots.count - 1
    }

    mutating func take(_ slot: Int) -> PendingArrival {
        guard let arrival = slots[slot] else { preconditionFailure("arrival \(slot) is not pending") }
        slots[slot] = nil
        free.append(slot)
        return arrival
    }

    /// A frame is on its way.
    var hasFrames: Bool {
        slots.contains { arrival in
            if case .frame = arrival { true } else { false }
        }
    }
}
