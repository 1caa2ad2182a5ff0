/// Perfetto's flows from the sending of a frame to its arrivals. A flow cannot fork, so on a small network a frame
/// has one flow for each other port, which ends at the arrival. On a larger network it has a single flow, which
/// continues from receiver to receiver in the order of the deliveries.
struct FrameFlows {
    /// Most ports of a network with a flow for each: the event of a sent frame lists all its flows.
    private static let portLimit = 9
    /// A flow's number consists of the sender, the frame's number and the branch.
    private static let branchBits: UInt64 = 4
    private static let frameBits: UInt64 = 40
    private static let senderBits: UInt64 = 20

    private struct Port {
        /// The port's number in its network, from 1; 0 on a large network.
        var branch: UInt64 = 0
        /// Number of ports of its network.
        var count = 0
    }

    /// By participant and interface, in the order of the header.
    private let ports: [[Port]]

    init(_ header: TraceHeader) {
        var counts: [Int: Int] = [:]
        var ports = header.participants.map { participant in
            participant.interfaces.map { interface in
                counts[interface.network, default: 0] += 1
                return Port(branch: UInt64(counts[interface.network, default: 0]))
            }
        }
        for (index, participant) in header.participants.enumerated() {
            for (number, interface) in participant.interfaces.enumerated() {
                ports[index][number].count = counts[interface.network, default: 0]
                if ports[index][number].count > Self.portLimit { ports[index][number].branch = 0 }
            }
        }
        self.ports = ports
    }

    /// Nil if a part does not fit: the frame then has no flows.
    private func flow(from sender: UInt32, _ frame: UInt64, _ branch: UInt64) -> UInt64? {
        guard sender < 1 << Self.senderBits, frame < 1 << Self.frameBits else { return nil }
        return (UInt64(sender) << Self.frameBits | frame) << Self.branchBits | branch
    }

    /// Adds the flows of a frame that `sender`, the participant at `index`, sends at one of its interfaces.
    func begin(_ frame: UInt64, of sender: UInt32, at index: Int, _ interface: Int, _ encoder: inout Protobuf)
    {
        let port = ports[index][interface]
        for branch in port.branch == 0 ? 0...0 : 1...UInt64(port.count) {
            guard branch != port.branch || branch == 0, let flow = flow(from: sender, frame, branch) else {
                continue
            }
            encoder.addFlow(flow)
        }
    }

    /// Adds the flow of a frame of `sender` that arrives or is dropped at an interface of the participant at `index`.
    func end(_ frame: UInt64, of sender: UInt32, at index: Int, _ interface: Int, _ encoder: inout Protobuf) {
        let branch = ports[index][interface].branch
        guard let flow = flow(from: sender, frame, branch) else { return }
        if branch == 0 { encoder.addFlow(flow) } else { encoder.endFlow(flow) }
    }
}
