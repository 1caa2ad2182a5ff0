internal import Calendar
internal import Network
internal import Trace

/// Where events and frames are recorded; all owners of a simulation's state share it.
final class Recording {
    /// The trace; nil if there is none.
    var recorder: TraceRecorder?
    /// The capture files; nil if there are none.
    var captures: Captures?
    /// The trace was not written for a tick.
    private var isStale = false

    /// A tick: what the capture files hold goes to the disk, and the trace with the next `flush`.
    func tick() {
        isStale = true
        captures?.sync()
    }

    /// The trace holds much, or was not written for a tick.
    var needsFlush: Bool {
        guard let recorder else { return false }
        return recorder.isFull || isStale
    }

    /// Writes the part of the trace before `instant`, whose order is final.
    func flush(before instant: Instant) {
        guard let recorder else { return }
        recorder.flush(before: instant)
        if isStale { recorder.sync() }
        isStale = false
    }

    // MARK: Frames

    func frameSent(_ frame: Frame, by sender: Sender, at instant: Instant) {
        captures?.sent(frame, by: sender, at: instant)
        recorder?.record(
            .send, sender.participant, at: instant, sender.device, UInt64(frame.wireBytes),
            TraceHash.of(frame.bytes))
    }

    func frameArrived(_ parcel: Parcel, at receiver: Sender, _ instant: Instant) {
        parcel.arrived()
        captures?.arrived(parcel.frame, at: receiver, instant, remark: nil)
        recorder?.record(
            .deliver, receiver.participant, at: instant, receiver.device, parcel.id.sender, parcel.id.number)
    }

    /// A frame was lost at its receiver.
    func frameLost(_ parcel: Parcel, at receiver: Sender, _ instant: Instant, reason: String) {
        parcel.lost(reason)
        captures?.arrived(parcel.frame, at: receiver, instant, remark: "lost: \(reason)")
        recorder?.record(
            .drop, receiver.participant, at: instant, text: reason,
            .init(receiver.device, parcel.id.sender, parcel.id.number))
    }

    /// A frame was lost inside a network.
    func frameLost(_ loss: NetworkOutcomes.Loss) {
        loss.parcel.lost(loss.reason.description)
        recorder?.record(
            .drop, loss.id.sender, at: loss.at, text: loss.reason.description,
            .init(loss.id.device, loss.id.sender, loss.id.number))
    }
}
