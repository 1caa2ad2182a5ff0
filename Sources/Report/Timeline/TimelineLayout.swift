internal import Trace

/// The lanes of participants and the indices of their interfaces.
struct TimelineLayout: Sendable {
    /// Most devices that get an interface although the header lacks them, as in a damaged trace.
    private static let unlistedLimit = 1024

    private(set) var lanes: [TimelineData.Lane] = []
    /// Identities on the calendar, by lane.
    private(set) var participants: [UInt32] = []
    private(set) var interfaces: [TimelineData.Interface] = []
    private var laneOf: [UInt32: Int] = [:]
    /// By lane: the index of its first interface, and the number of its interfaces in the header.
    private var first: [(index: Int, count: Int)] = []
    private var unlisted: [UnlistedDevice: Int] = [:]

    private struct UnlistedDevice: Hashable {
        let lane: Int
        let device: UInt64
    }

    /// - Parameter hasLab: whether the lab has events of its own; it then has the first lane.
    init(_ header: TraceHeader, hasLab: Bool) {
        if hasLab {
            laneOf[0] = 0
            lanes.append(TimelineData.Lane(name: "lab"))
            participants.append(0)
            first.append((0, 0))
        }
        for participant in header.participants {
            let lane = lanes.count
            laneOf[participant.id] = lane
            participants.append(participant.id)
            lanes.append(
                TimelineData.Lane(
                    name: TimelineText.clean(participant.name, limit: 64), model: participant.model))
            first.append((interfaces.count, participant.interfaces.count))
            for interface in participant.interfaces {
                let network = header.networks.indices.contains(interface.network) ? interface.network : nil
                interfaces.append(
                    TimelineData.Interface(
                        lane: lane, name: TimelineText.clean(interface.name, limit: 32), network: network,
                        address: interface.address))
            }
        }
    }

    func lane(of participant: UInt32) -> Int? { laneOf[participant] }

    /// The interface of a device. One that the header lacks is added, up to a limit.
    mutating func interface(_ device: UInt64, lane: Int) -> Int? {
        let (index, count) = first[lane]
        if device > 0, device <= UInt64(count) { return index + Int(device) - 1 }
        let device = UnlistedDevice(lane: lane, device: device)
        if let index = unlisted[device] { return index }
        guard unlisted.count < Self.unlistedLimit else { return nil }
        unlisted[device] = interfaces.count
        interfaces.append(TimelineData.Interface(lane: lane, name: "device \(device)", network: nil))
        return interfaces.count - 1
    }
}
