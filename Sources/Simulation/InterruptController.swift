internal import Calendar
internal import CalendarServer
internal import Posix
internal import Trace
internal import Virtio

/// Interrupts of guests, and the time that stands for them.
///
/// A guest that is interrupted reads the time and may ask for another turn, so time stands in its island from the
/// interrupt to its reply. A guest that can take interrupts with its turn asks for it at once.
final class InterruptController {
    /// Longest time, ns, that a driver waits to hear that a frame it sent is sent. Most receive something before.
    private static let completionDelay: UInt64 = 3_000_000_000

    /// Most interrupts of a control device that are scheduled at a time. The driver looks at all that it has sent in each, and more than some
    /// 200 that it has not read fill the back channel.
    private static let mostOfControl = 64

    private let server: CalendarServer
    private let clients: ClientDirectory
    private let arrivals: ArrivalBook
    private let recording: Recording

    init(server: CalendarServer, clients: ClientDirectory, arrivals: ArrivalBook, recording: Recording) {
        self.server = server
        self.clients = clients
        self.arrivals = arrivals
        self.recording = recording
    }

    /// Interrupts a waiting guest; time stands in its island until it has replied or has had its turn.
    func send(to attachment: Attachment, queue: Int, reactor: borrowing Reactor) throws(BackendError) {
        guard attachment.hasBackChannel else { return }
        // In any interrupt a driver looks at what it has sent.
        cancelCompletion(of: attachment)
        let client = clients[attachment.participant]
        server.prepareInterrupt(of: client, reactor: reactor)
        let comesWithTurn = server.announceTurn(of: client)
        try attachment.backend.interrupt(queue: queue, wantsReply: !comesWithTurn)
        if let recorder = recording.recorder {
            recorder.record(
                .interrupt, attachment.participant,
                at: server.calendar.now(in: arrivals.island(of: attachment.participant)), attachment.device,
                UInt64(queue))
        }
        if comesWithTurn {
            server.requestTurn(of: client, reactor: reactor)
        } else {
            awaitReply(of: attachment)
        }
    }

    /// An interface's carrier comes or goes: the guest is interrupted if its driver reads the link status.
    func setCarrier(isUp: Bool, of attachment: Attachment, reactor: borrowing Reactor) throws(BackendError) {
        guard attachment.hasBackChannel else { return }
        server.prepareInterrupt(of: clients[attachment.participant], reactor: reactor)
        if try attachment.backend.setLink(isUp: isUp) { awaitReply(of: attachment) }
    }

    private func awaitReply(of attachment: Attachment) {
        guard attachment.heldIsland == nil else { return }
        let island = arrivals.island(of: attachment.participant)
        attachment.heldIsland = island
        server.calendar.hold(island: island)
    }

    /// The guest replied to an interrupt: time passes again when it has replied to all.
    func receiveReply(of attachment: Attachment, reactor: borrowing Reactor) {
        server.finishInterrupt(of: clients[attachment.participant], reactor: reactor)
        if !attachment.backend.awaitingReply { release(attachment) }
    }

    private func release(_ attachment: Attachment) {
        guard let island = attachment.heldIsland else { return }
        attachment.heldIsland = nil
        server.calendar.release(island: island)
    }

    /// Schedules the interrupts that the driver wants for its own requests. That one frame is sent is not urgent: the driver
    /// hears it with the next frame that it receives or sends, or after `completionDelay`. That two are sent it hears at
    /// once: TCP holds the third back until then (TCP small queues).
    ///
    /// - Parameters:
    ///   - sent: frames that it has sent now.
    ///   - completionTime: ns from a request to its completion.
    func scheduleWanted(by attachment: Attachment, at index: Int, sent: Int, completionTime: UInt64) {
        let participant = attachment.participant
        let instant = max(
            arrivals.horizon(of: participant),
            server.calendar.now(in: arrivals.island(of: participant)).advanced(by: completionTime))
        if sent > 0, attachment.completion != nil {
            cancelCompletion(of: attachment)
            schedule(DeviceProfile.transmitQueue, of: attachment, index, at: instant)
        }
        for queue in attachment.backend.takeInterruptsWanted() {
            if queue == DeviceProfile.transmitQueue, sent <= 1 {
                attachment.completion = arrivals.schedule(
                    .interrupt(queue: queue, attachment: index),
                    at: instant.advanced(by: Self.completionDelay), to: participant)
            } else {
                schedule(queue, of: attachment, index, at: instant)
            }
        }
    }

    private func schedule(_ queue: Int, of attachment: Attachment, _ index: Int, at instant: Instant) {
        if case .control = attachment.role, attachment.scheduledInterrupts >= Self.mostOfControl { return }
        attachment.scheduledInterrupts += 1
        arrivals.schedule(
            .interrupt(queue: queue, attachment: index), at: instant, to: attachment.participant)
    }

    private func cancelCompletion(of attachment: Attachment) {
        guard let completion = attachment.completion else { return }
        attachment.completion = nil
        arrivals.cancel(completion)
    }

    /// The connection ends: its scheduled interrupt is cancelled, and time no longer stands for it.
    func cancel(of attachment: Attachment) {
        cancelCompletion(of: attachment)
        release(attachment)
    }
}
