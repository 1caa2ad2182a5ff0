internal import Calendar
internal import Network
package import SystemPackage
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
    private let networks: [NetworkCapture?]
    /// A sender's interface number in its network's file.
    private var places: [Sender: Int] = [:]
    private var interfaces: [Sender: CaptureFile] = [:]

    /// - Parameter networks: files by network, nil for one that is not captured.
    package init(networks: [CaptureFile?]) { self.networks = networks.map { $0.map { NetworkCapture($0) } } }

    /// Adds the file of an interface: the `device`th of `participant`, from 1, which is number `place` in its network's.
    package mutating func add(_ file: CaptureFile, participant: UInt64, device: UInt64, place: Int) {
        let sender = Sender(participant: participant, device: device)
        places[sender] = place
        interfaces[sender] = file
    }

    /// Why a file cannot be written, if one cannot.
    package var failure: Errno? {
        networks.lazy.compactMap { $0?.file.failure }.first
            ?? interfaces.values.lazy.compactMap(\.failure).first
    }

    /// What is known goes to the disk.
    func sync() {
        for network in networks { network?.sync() }
        for file in interfaces.values { file.sync() }
    }

    /// Writes all files to their ends.
    func finish() {
        for network in networks { network?.finish() }
        for file in interfaces.values { file.finish() }
    }

    /// A remark that belongs to no frame, in every file.
    func remark(_ text: String, at instant: Instant) {
        for network in networks { network?.remark(text, at: instant) }
        for file in interfaces.values { file.remark(text, at: instant) }
    }

    /// A frame leaves its sender's interface.
    func sent(_ frame: Frame, by sender: Sender, at instant: Instant) {
        interfaces[sender]?.record(frame, interface: 0, at: instant, direction: .outbound)
    }

    /// A frame enters a network.
    ///
    /// - Returns: what its copies have to share, if the network is captured.
    func carried(_ frame: Frame, by sender: Sender, over network: Int, at instant: Instant) -> FrameFate? {
        guard let capture = networks[network], let place = places[sender] else { return nil }
        return capture.sent(frame, interface: place, at: instant)
    }

    func arrived(_ frame: Frame, at receiver: Sender, _ instant: Instant, remark: String?) {
        interfaces[receiver]?.record(frame, interface: 0, at: instant, direction: .inbound) { _ in remark }
    }
}
