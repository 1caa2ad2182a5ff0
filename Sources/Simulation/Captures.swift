internal import Calendar
internal import Network
package import Trace

/// Who sends a frame.
struct Sender: Hashable, Sendable {
    let participant: UInt64
    /// The interface's number in the trace, from 1.
    let device: UInt64
}

/// The capture files of a simulation: one for each network, which holds every frame once, at its sender's instant, and
/// one for each interface, with what it sends and gets.
package struct Captures {
    /// By network; nil for one that is not captured.
    private let networks: [CaptureFile?]
    /// A sender's interface number in its network's file.
    private var places: [Sender: Int] = [:]
    private var interfaces: [Sender: CaptureFile] = [:]

    /// - Parameter networks: files by network, nil for one that is not captured.
    package init(networks: [CaptureFile?]) { self.networks = networks }

    /// Adds the file of an interface: the `device`th of `participant`, from 1, which is number `place` in its network's.
    package mutating func add(_ file: CaptureFile, participant: UInt64, device: UInt64, place: Int) {
        let sender = Sender(participant: participant, device: device)
        places[sender] = place
        interfaces[sender] = file
    }

    var all: [CaptureFile] { networks.compactMap { $0 } + interfaces.values }

    func sent(_ frame: Frame, by sender: Sender, at instant: Instant) {
        interfaces[sender]?.record(frame, interface: 0, at: instant, direction: .outbound)
    }

    func carried(_ frame: Frame, by sender: Sender, over network: Int, at instant: Instant, remark: String?) {
        guard let file = networks[network], let place = places[sender] else { return }
        file.record(frame, interface: place, at: instant, direction: .outbound, comment: remark)
    }

    func arrived(_ frame: Frame, at receiver: Sender, _ instant: Instant, remark: String?) {
        interfaces[receiver]?.record(
            frame, interface: 0, at: instant, direction: .inbound, comment: remark)
    }
}
