/// Which of Perfetto's flows lead from where a frame is sent to where it arrives. A flow does not fork, so on a small
/// network a frame has one for each other port, and ends where it arrives. On a larger one it has a single flow, which
/// goes on from receiver to receiver in the order of their deliveries.
struct FrameFlows {
    /// Most ports of a network on which each has a flow of its own: so many numbers are in each frame sent.
    private static let portLimit = 9
    /// A flow's number is a sender, a frame of its, and one of these.
    private static let branchBits: UInt64 = 4
    private static let frameBits: UInt64 = 40
    private static let senderBits: UInt64 = 20

    private struct Port {
        /// From 1, among the ports of its network; 0 on a large one.
        var branch: UInt64 = 0
        /// Ports of its network.
        var count = 0
    }

    /// By participant, as in the header, and interface.
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

    /// Nil for what has no place in a number: it has no flows.
    private func flow(from sender: UInt32, _ frame: UInt64, _ branch: UInt64) -> UInt64? {
        guard sender < 1 << Self.senderBits, frame < 1 << Self.frameBits else { return nil }
        return (UInt64(sender) << Self.frameBits | frame) << Self.branchBits | branch
    }

    /// A frame is sent by `sender`, which is the participant at `index`, at one of its interfaces.
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

    /// A frame of `sender` arrives, or is dropped, at an interface of the participant at `index`.
    func end(_ frame: UInt64, of sender: UInt32, at index: Int, _ interface: Int, _ encoder: inout Protobuf) {
        let branch = ports[index][interface].branch
        guard let flow = flow(from: sender, frame, branch) else { return }
        if branch == 0 { encoder.addFlow(flow) } else { encoder.endFlow(flow) }
    }
}
