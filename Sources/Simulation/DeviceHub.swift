internal import Calendar
internal import CalendarServer
internal import Network
internal import Posix
internal import SystemPackage
internal import Trace
internal import Virtio

/// The guests' devices: their sockets and connections, and what guests send and receive through them.
final class DeviceHub {
    private let server: CalendarServer
    private let clients: ClientDirectory
    private let arrivals: ArrivalBook
    let networks: NetworkFabric
    private let outbox: EventOutbox
    private let recording: Recording
    private let interrupts: InterruptController

    private(set) var sockets: ContiguousArray<DeviceSocket> = []
    /// Connections that have not begun to work.
    var idle: IdleConnections
    /// By number of connection, never used twice: an event of the reactor may still name a closed one.
    var attachments: ContiguousArray<Attachment?> = []
    /// Devices beside the control device, by participant.
    private var deviceCounts: [UInt64: UInt64] = [:]
    /// Times that a device's socket was ready.
    private(set) var notifications: UInt64 = 0

    init(
        server: CalendarServer, clients: ClientDirectory, arrivals: ArrivalBook, networks: NetworkFabric,
        outbox: EventOutbox, recording: Recording, reservedDescriptors: Int
    ) {
        idle = IdleConnections(reserved: reservedDescriptors)
        self.server = server
        self.clients = clients
        self.arrivals = arrivals
        self.networks = networks
        self.outbox = outbox
        self.recording = recording
        interrupts = InterruptController(
            server: server, clients: clients, arrivals: arrivals, recording: recording)
    }

    // MARK: Sockets

    /// The number of a participant's next device, from 1.
    func nextDevice(of participant: UInt64) -> UInt64 {
        deviceCounts[participant, default: 0] += 1
        return deviceCounts[participant, default: 0]
    }

    /// Offers a device at `path`; `token` is its socket's in the reactor, with its number in the lower bits.
    ///
    /// - Parameter participant: whose device it is; nil for a hub.
    func addSocket(
        path: String, name: String, role: DeviceRole, profile: DeviceProfile, participant: UInt64?,
        device: UInt64 = 0, port: Int? = nil, reactor: borrowing Reactor
    ) throws(Errno) {
        let listener = try Listener(
            path: path, token: Token.deviceSocket | UInt64(sockets.count), reserve: idle.reserve,
            reactor: reactor)
        sockets.append(
            DeviceSocket(
                name: name, listener: listener, role: role, profile: profile, participant: participant,
                device: device, port: port))
    }

    /// A hub's MAC addresses: locally administered, unicast, counted.
    static func hubAddress(_ number: Int) -> MACAddress {
        MACAddress(value: 0x0200_0000_0000 | UInt64(number & 0xff_ffff))
    }

    // MARK: From guests

    /// A device's socket is readable: a kick, at the instant of the guest's island, or a step of the handshake.
    func receive(_ index: Int, reactor: borrowing Reactor) {
        guard let attachment = attachments[index] else { return }
        notifications += 1
        do throws(BackendError) {
            let kicks = attachment.backend.counters.kicks
            let connection = try attachment.backend.read()
            // Only a kicking guest waits for an answer, so only then is its time known.
            if attachment.backend.isKicked {
                let client = clients[attachment.participant]
                server.finishUpdate(of: client, reactor: reactor)
                if let client, let time = sockets[attachment.socket].profile.completionTime {
                    server.lowerGrant(of: client, to: server.calendar.now(of: client).advanced(by: time))
                }
            }
            try attachment.backend.handle()
            for _ in kicks..<attachment.backend.counters.kicks { record(.kick, attachment) }
            try registerBackChannel(index, attachment, reactor: reactor)
            let frames = attachment.backend.takeOutbox()
            // The instant of its island may be one that other islands have passed.
            if !frames.isEmpty, server.calendar.window != nil, let client = clients[attachment.participant],
                !server.calendar.isRunning(client)
            {
                return end(index, reason: "it was used by a guest whose turn it is not", reactor: reactor)
            }
            pass(frames, index, attachment)
            if case .closed = connection { end(index, reason: nil, reactor: reactor) }
        } catch {
            end(index, reason: error.description, reactor: reactor)
        }
    }

    /// What a look at a guest's queues has brought: frames, interrupts, and perhaps more for a later look.
    private func pass(_ frames: [Frame], _ index: Int, _ attachment: Attachment) {
        for frame in frames { send(frame, from: attachment) }
        interrupts.scheduleWanted(
            by: attachment, at: index, sent: frames.count,
            completionTime: sockets[attachment.socket].profile.completionTime ?? 0)
        guard attachment.backend.hasUnfinishedWork, !attachment.isResuming else { return }
        attachment.isResuming = true
        let participant = attachment.participant
        let instant = server.calendar.now(in: arrivals.island(of: participant)).advanced(by: Self.resumeDelay)
        arrivals.schedule(
            .resume(attachment: index), at: max(arrivals.horizon(of: participant), instant), to: participant)
    }

    /// Simulated time, ns, until a device looks again at queues that were refilled while it drained them.
    private static let resumeDelay: UInt64 = 100_000

    /// A device takes up what it has left of its guest's queues, at the instant of its island.
    func resume(_ index: Int, reactor: borrowing Reactor) {
        guard let attachment = attachments[index] else { return }
        attachment.isResuming = false
        do throws(BackendError) {
            try attachment.backend.resume()
            pass(attachment.backend.takeOutbox(), index, attachment)
        } catch {
            end(index, reason: error.description, reactor: reactor)
        }
    }

    private func registerBackChannel(
        _ index: Int, _ attachment: Attachment, reactor: borrowing Reactor
    ) throws(BackendError) {
        guard !attachment.hasBackChannel, attachment.backend.hasBackChannel else { return }
        try attachment.backend.registerBackChannel(with: reactor, token: Token.backChannel | UInt64(index))
        attachment.hasBackChannel = true
        idle.remove(halfOpen: index)
    }

    private func send(_ frame: Frame, from attachment: Attachment) {
        let island = arrivals.island(of: attachment.participant)
        let instant = server.calendar.now(in: island)
        switch attachment.role {
        case .control(let machine):
            server.calendar.send(from: island)
            record(.controlIn, attachment, frame.bytes)
            outbox.report(
                .control(machine: machine, bytes: frame.bytes, at: instant),
                participant: attachment.participant, at: instant)
        case .entropy, .disk:
            // They have no queue to send from.
            break
        case .port(let network):
            guard let port = attachment.port else { return }
            networks.send(
                frame, network: network, port: port,
                sender: Sender(participant: attachment.participant, device: attachment.device),
                island: island, at: instant)
        }
    }

    // MARK: To guests

    /// A frame reaches a guest, at the instant of its island.
    func deliver(_ parcel: Parcel, to index: Int, reactor: borrowing Reactor) {
        guard let attachment = attachments[index] else { return }
        do throws(BackendError) {
            let delivery = try attachment.backend.deliver(parcel.frame)
            if delivery == .dropped {
                guard case .port(let network) = attachment.role, let port = attachment.port else { return }
                return networks.loseWithoutRoom(parcel, network: network, port: port)
            }
            recording.frameArrived(
                parcel, at: Sender(participant: attachment.participant, device: attachment.device),
                server.calendar.now(in: arrivals.island(of: attachment.participant)))
            if case .delivered(interrupt: true) = delivery { interrupt(index, queue: 0, reactor: reactor) }
        } catch {
            end(index, reason: error.description, reactor: reactor)
        }
    }

    /// A control message reaches a machine, at the instant of its island.
    func deliver(controlMessage message: [UInt8], to index: Int, reactor: borrowing Reactor) {
        guard let attachment = attachments[index] else { return }
        do throws(BackendError) {
            record(.controlOut, attachment, message)
            if case .delivered(interrupt: true) = try attachment.backend.deliver(message) {
                interrupt(index, queue: 0, reactor: reactor)
            }
        } catch {
            end(index, reason: error.description, reactor: reactor)
        }
    }

    /// An interface's carrier comes or goes, at the instant of its island.
    func setCarrier(isUp: Bool, of index: Int, reactor: borrowing Reactor) {
        guard let attachment = attachments[index] else { return }
        do throws(BackendError) {
            try interrupts.setCarrier(isUp: isUp, of: attachment, reactor: reactor)
        } catch {
            end(index, reason: error.description, reactor: reactor)
        }
    }

    /// Sends a message to a machine's control device at `instant`, or at the first one after it that its client cannot
    /// have passed.
    func sendControl(_ bytes: [UInt8], machine: Int, at instant: Instant) {
        for (index, attachment) in attachments.enumerated() {
            guard let attachment, case .control(machine) = attachment.role else { continue }
            let participant = attachment.participant
            arrivals.schedule(
                .controlMessage(bytes, attachment: index),
                at: max(instant, arrivals.horizon(of: participant)),
                to: participant)
        }
    }

    /// Schedules a change of an interface's carrier now, or at the first instant that its client cannot have passed.
    func scheduleCarrier(isUp: Bool, of index: Int) {
        guard let participant = attachments[index]?.participant else { return }
        arrivals.schedule(
            .carrier(isUp: isUp, attachment: index),
            at: max(server.calendar.now, arrivals.horizon(of: participant)), to: participant)
    }

    // MARK: Interrupts

    /// A scheduled interrupt is due: it can no longer be cancelled.
    func interruptIsDue(_ index: Int, slot: Int) {
        guard let attachment = attachments[index] else { return }
        if attachment.completion?.slot == slot {
            attachment.completion = nil
        } else {
            attachment.scheduledInterrupts -= 1
        }
    }

    /// Interrupts a waiting guest; time stands in its island until it has replied.
    func interrupt(_ index: Int, queue: Int, reactor: borrowing Reactor) {
        guard let attachment = attachments[index] else { return }
        do throws(BackendError) {
            try interrupts.send(to: attachment, queue: queue, reactor: reactor)
        } catch {
            end(index, reason: error.description, reactor: reactor)
        }
    }

    /// A device's back channel is readable: the guest replied to an interrupt.
    func receiveReply(_ index: Int, reactor: borrowing Reactor) {
        guard let attachment = attachments[index] else { return }
        notifications += 1
        do throws(BackendError) {
            switch try attachment.backend.receiveReply() {
            case .replied: interrupts.receiveReply(of: attachment, reactor: reactor)
            case .incomplete: break
            case .closed: end(index, reason: nil, reactor: reactor)
            }
        } catch {
            end(index, reason: error.description, reactor: reactor)
        }
    }

    // MARK: Ends

    /// Ends a connection and reports the reason; nil when the guest closed it.
    func end(_ index: Int, reason: String?, reactor: borrowing Reactor) {
        guard let attachment = attachments[index] else { return }
        let island = arrivals.island(of: attachment.participant)
        let instant = server.calendar.now(in: island)
        // The owner acts on misuse soon: the island must not run to the end of a long window.
        if reason != nil { server.calendar.send(from: island) }
        detach(index, reactor: reactor)
        outbox.report(
            .deviceEnded(
                participant: attachment.participant, name: sockets[attachment.socket].name, reason: reason),
            participant: attachment.participant, at: instant)
    }

    /// A participant left, and its devices with it, in this instant: when their connections close is nondeterministic.
    func removeDevices(of participant: UInt64, reactor: borrowing Reactor) {
        for (index, attachment) in attachments.enumerated() where attachment?.participant == participant {
            detach(index, reactor: reactor)
        }
    }

    /// Ends the connections whose drivers have not replied to an interrupt for so long.
    func endSilent(seconds: Int, reactor: borrowing Reactor) {
        for (index, attachment) in attachments.enumerated() where attachment?.heldIsland != nil {
            end(index, reason: "no answer to an interrupt for \(seconds) s", reactor: reactor)
        }
    }

    private func detach(_ index: Int, reactor: borrowing Reactor) {
        guard let attachment = attachments[index] else { return }
        attachments[index] = nil
        attachment.backend.unregister(from: reactor)
        interrupts.cancel(of: attachment)
        idle.remove(halfOpen: index)
        let socket = sockets[attachment.socket]
        socket.connections -= 1
        if socket.attachment == index { socket.attachment = nil }
        if case .port(let network) = attachment.role, let port = attachment.port {
            networks.disconnect(attachment: index, from: port, of: network)
            if socket.participant == nil { networks.removePort(port, of: network) }
        }
    }

    // MARK: What others ask

    /// Whose device an attachment is; nil when it is closed.
    func participant(of index: Int) -> UInt64? { attachments[index]?.participant }

    /// The device of a participant whose driver has not replied to an interrupt; nil if there is none. O(devices)
    func deviceAwaitingReply(of participant: UInt64) -> String? {
        for case let attachment? in attachments
        where attachment.participant == participant && attachment.heldIsland != nil {
            return sockets[attachment.socket].name
        }
        return nil
    }

    /// Networks and ports of a participant's interfaces.
    func ports(of participant: UInt64) -> [(network: Int, port: Int)] {
        sockets.compactMap { socket in
            guard socket.participant == participant, case .port(let network) = socket.role,
                let port = socket.port
            else { return nil }
            return (network, port)
        }
    }

    private func record(_ kind: TraceEvent.Kind, _ attachment: Attachment, _ second: UInt64 = 0) {
        guard let recorder = recording.recorder else { return }
        recorder.record(
            kind, attachment.participant,
            at: server.calendar.now(in: arrivals.island(of: attachment.participant)),
            attachment.device, second)
    }

    /// Records a control message.
    private func record(_ kind: TraceEvent.Kind, _ attachment: Attachment, _ bytes: [UInt8]) {
        guard let recorder = recording.recorder else { return }
        recorder.record(
            kind, attachment.participant,
            at: server.calendar.now(in: arrivals.island(of: attachment.participant)),
            UInt64(bytes.count), TraceHash.of(bytes))
    }
}
