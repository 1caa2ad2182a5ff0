internal import Calendar
internal import Network
internal import Posix
internal import Virtio

/// What a device is for.
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

/// A socket at which a guest finds a device. A machine's device takes one connection at a time; a hub takes any number,
/// each of which is a port of its own.
final class DeviceSocket {
    let name: String
    let listener: Listener
    let role: DeviceRole
    /// Of the next connection.
    var profile: DeviceProfile
    /// Whose device this is; nil for a hub.
    let participant: UInt64?
    /// Its number in the trace: 0 for a control device, a machine's interfaces from 1, then its entropy device, then its disk.
    let device: UInt64
    /// The network's port, when it is a machine's interface.
    let port: Int?
    /// Index of the live connection, when only one is allowed.
    var attachment: Int?
    /// Live connections.
    var connections = 0

    init(
        name: String, listener: Listener, role: DeviceRole, profile: DeviceProfile,
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
    /// The island in which time stands until the guest has replied to an interrupt.
    var heldIsland: Int?
    /// The scheduled interrupt that tells the driver that its frame is sent.
    var completion: ArrivalBook.Ticket?
    /// Scheduled interrupts besides that one.
    var scheduledInterrupts = 0
    var hasBackChannel = false
    /// It is scheduled to take up what a look at its guest's queues has left.
    var isResuming = false

    init(backend: Backend, socket: Int, role: DeviceRole, participant: UInt64, device: UInt64, port: Int?) {
        self.device = device
        self.backend = backend
        self.socket = socket
        self.role = role
        self.participant = participant
        self.port = port
    }
}
