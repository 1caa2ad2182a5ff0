internal import Trace

/// Which lane and which interface a participant and its device are.
struct TimelineLayout: Sendable {
    /// Most devices that are not in the header and still get a place: what only a damaged trace has.
    private static let strangerLimit = 1024

    private(set) var lanes: [TimelineData.Lane] = []
    /// Identities on the calendar, by lane.
    private(set) var participants: [UInt32] = []
    private(set) var interfaces: [TimelineData.Interface] = []
    private var laneOf: [UInt32: Int] = [:]
    /// By lane: its first interface and how many it has in the header.
    private var first: [(index: Int, count: Int)] = []
    private var strangers: [Stranger: Int] = [:]

    private struct Stranger: Hashable {
        let lane: Int
        let device: UInt64
    }

    /// - Parameter hasLab: something happened to the lab itself, which then has the first lane.
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

    /// The interface behind a device's number; one that the header does not have gets a place, up to a limit.
    mutating func interface(_ device: UInt64, lane: Int) -> Int? {
        let (index, count) = first[lane]
        if device > 0, device <= UInt64(count) { return index + Int(device) - 1 }
        let stranger = Stranger(lane: lane, device: device)
        if let index = strangers[stranger] { return index }
        guard strangers.count < Self.strangerLimit else { return nil }
        strangers[stranger] = interfaces.count
        interfaces.append(TimelineData.Interface(lane: lane, name: "device \(device)", network: nil))
        return interfaces.count - 1
    }
}
