internal import Synchronization

/// What becomes of a frame that was sent, or of each of the frames that a segment stands for. All copies of the frame share it, so its
/// owner knows that nothing more will happen to the frame when no other reference is left.
package final class FrameFate: Sendable {
    private struct Part {
        var hasArrived = false
        /// Why its first lost copy was lost.
        var reason: String?
    }

    private let parts: Mutex<[Part]>

    /// - Parameter count: of frames on the wire.
    package init(count: Int) { parts = Mutex(Array(repeating: Part(), count: count)) }

    /// A copy has reached a receiver.
    ///
    /// - Parameter part: nil for all frames of a segment.
    package func arrived(_ part: Int?) {
        update(part) { $0.hasArrived = true }
    }

    /// A copy was lost.
    package func lost(_ part: Int?, reason: String) {
        update(part) { if $0.reason == nil { $0.reason = reason } }
    }

    private func update(_ part: Int?, _ change: (inout Part) -> Void) {
        parts.withLock { parts in
            if let part {
                change(&parts[part])
            } else {
                for index in parts.indices { change(&parts[index]) }
            }
        }
    }

    /// Why a frame has reached nobody; nil when it has, or when no copy of it was lost.
    package func reasonForLoss(ofPart part: Int) -> String? {
        parts.withLock { $0[part].hasArrived ? nil : $0[part].reason }
    }
}
