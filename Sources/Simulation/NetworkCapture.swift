internal import Calendar
internal import Network
internal import Trace

/// The capture of a network: every frame once, in the order in which they were sent. What becomes of a frame is known later than it is
/// sent, so frames wait here until nothing more can happen to the first of them.
final class NetworkCapture {
    private struct Record {
        enum Content {
            case frame(Frame, interface: Int)
            case remark(String)
        }

        var content: Content
        let instant: Instant
        /// Of a frame; nil for a remark.
        var fate: FrameFate?
    }

    /// Most records that wait. Then the first one is written as it is, without a reason if it is lost later: a receiver that is
    /// paused for long may hold up everything behind its first frame.
    static let waitingLimit = 65_536

    let file: CaptureFile
    private var waiting: ContiguousArray<Record> = []
    /// Records before this place are written.
    private var first = 0

    init(_ file: CaptureFile) { self.file = file }

    /// A frame is sent. Its copies have to share the fate that is returned.
    func sent(_ frame: Frame, interface: Int, at instant: Instant) -> FrameFate {
        let fate = FrameFate(count: frame.wireCount)
        waiting.append(Record(content: .frame(frame, interface: interface), instant: instant, fate: fate))
        writeDecided()
        return fate
    }

    func remark(_ text: String, at instant: Instant) {
        waiting.append(Record(content: .remark(text), instant: instant))
        writeDecided()
    }

    /// Writes what can be written to the disk.
    func sync() {
        writeDecided()
        file.sync()
    }

    /// Writes everything. What is on its way has not been lost.
    func finish() {
        while first < waiting.count { writeFirst() }
        file.finish()
    }

    /// Writes records from the first one on, as far as nothing more can happen to them.
    private func writeDecided() {
        while first < waiting.count, isFirstDecided || waiting.count - first > Self.waitingLimit {
            writeFirst()
        }
        guard first > 1024, first * 2 > waiting.count else { return }
        waiting.removeFirst(first)
        first = 0
    }

    private var isFirstDecided: Bool {
        waiting[first].fate == nil || isKnownUniquelyReferenced(&waiting[first].fate)
    }

    private func writeFirst() {
        let record = waiting[first]
        switch record.content {
        case .frame(let frame, let interface):
            file.record(frame, interface: interface, at: record.instant, direction: .outbound) { part in
                record.fate?.reasonForLoss(ofPart: part).map { "lost: \($0)" }
            }
            // Its memory is not needed any more; its place goes with the next removal.
            waiting[first].content = .remark("")
        case .remark(let text): file.remark(text, at: record.instant)
        }
        first += 1
    }
}
