internal import Calendar
internal import CalendarServer
internal import Network
internal import Posix
internal import SystemPackage
internal import Trace
internal import Virtio

/// Devices and their guests: frames and interrupts.
extension Simulation {
    func accept(_ number: Int) throws(Errno) {
        let socket = sockets[number]
        while let connection = try UnixSocket.accept(socket.listener) {
            let index = attachments.count
            if socket.participant != nil, let live = socket.attachment, attachments[live] != nil {
                events.append(
                    .deviceEnded(name: socket.name, reason: "a second connection to it was refused"))
                continue
            }
            var profile = socket.profile
            // A machine that boots again gets other random numbers.
            socket.profile = profile.forNextConnection()
            var port = socket.port
            if socket.participant == nil, case .port(let network) = socket.role {
                let added = addPort(
                    network: network, name: "port \(index)", participant: UInt64.max - UInt64(index),
                    device: 0)
                port = added
                profile = .network(mac: Self.hubAddress(added + 1).octets, mtu: 1500, offloads: true)
            }
            let participant = socket.participant ?? UInt64.max - UInt64(index)
            let attachment = Attachment(
                backend: Backend(name: socket.name, socket: connection, profile: profile), socket: number,
                role: socket.role, participant: participant, device: socket.device, port: port)
            try attachment.backend.register(with: reactor, token: Token.device | UInt64(index))
            socket.attachment = index
            attachments.append(attachment)
            if case .port(let network) = socket.role, let port {
                ports[network][port]?.station = .attachment(index)
                if !networks[network].accepts(port) {
                    attachment.backend.beginDown()
                }
            }
        }
    }

    /// The guest said something to a device: a kick, at the calendar's instant, or a step of the handshake.
    func receive(_ index: Int) {
        guard let attachment = attachments[index] else { return }
        deviceEvents += 1
        do throws(BackendError) {
            let kicks = attachment.backend.counters.kicks
            let connection = try attachment.backend.read()
            // After anything but a kick the guest goes on at once: its time would be whatever it has got to.
            if attachment.backend.isKicked, let client = clientsByIdentity[attachment.participant] {
                server.finishUpdate(of: client, reactor: reactor)
                if let time = sockets[attachment.socket].profile.completionTime {
                    server.lowerGrant(of: client, to: server.calendar.now(of: client).advanced(by: time))
                }
            }
            try attachment.backend.handle()
            for _ in kicks..<attachment.backend.counters.kicks { trace(.kick, attachment) }
            try registerBackChannel(index, attachment)
            let frames = attachment.backend.takeOutbox()
            // Its instant would be one that others have passed.
            if !frames.isEmpty, server.calendar.window != nil,
                let client = clientsByIdentity[attachment.participant], !server.calendar.isRunning(client)
            {
                return end(index, reason: "it was used by a guest whose turn it is not")
            }
            for frame in frames { send(frame, from: attachment) }
            scheduleWantedInterrupts(index, attachment, sent: !frames.isEmpty)
            if case .closed = connection { end(index, reason: nil) }
        } catch {
            end(index, reason: error.description)
        }
    }

    private func registerBackChannel(_ index: Int, _ attachment: Attachment) throws(BackendError) {
        guard !attachment.hasBackChannel, attachment.backend.hasBackChannel else { return }
        try attachment.backend.registerBackChannel(with: reactor, token: Token.backChannel | UInt64(index))
        attachment.hasBackChannel = true
    }

    private func send(_ frame: Frame, from attachment: Attachment) {
        let island = island(of: attachment)
        let instant = server.calendar.now(in: island)
        switch attachment.role {
        case .control(let machine):
            server.calendar.send(from: island)
            trace(.controlIn, attachment, frame.bytes)
            report(
                .control(machine: machine, bytes: frame.bytes, at: instant),
                participant: attachment.participant,
                at: instant)
        case .entropy, .disk:
            // They send nothing: they have no queue for that.
            break
        case .port(let network):
            guard let port = attachment.port else { return }
            send(
                frame, network: network, port: port,
                sender: Sender(participant: attachment.participant, device: attachment.device),
                island: island, at: instant)
        }
    }

    func schedule(_ arrival: PendingArrival, at instant: Instant, for attachment: Attachment) {
        server.calendar.schedule(
            at: instant, for: clientsByIdentity[attachment.participant], participant: attachment.participant,
            payload: pending.insert(arrival))
    }

    /// A frame reaches a guest, at the calendar's instant.
    func deliver(_ frame: Frame, _ id: FrameID, to index: Int) {
        guard let attachment = attachments[index] else { return }
        do throws(BackendError) {
            let delivery = try attachment.backend.deliver(frame)
            traceDelivery(delivery, of: frame, id, attachment)
            if case .delivered(interrupt: true) = delivery { interrupt(index, queue: 0) }
        } catch {
            end(index, reason: error.description)
        }
    }

    /// An interface's carrier comes or goes, at the calendar's instant.
    func setCarrier(isUp: Bool, of index: Int) {
        guard let attachment = attachments[index], attachment.hasBackChannel else { return }
        if let client = clientsByIdentity[attachment.participant] {
            server.prepareInterrupt(of: client, reactor: reactor)
        }
        do throws(BackendError) {
            guard try attachment.backend.setLink(isUp: isUp) else { return }
            awaitReply(attachment)
        } catch {
            end(index, reason: error.description)
        }
    }

    /// Bytes reach a control device, at the calendar's instant.
    func deliver(controlMessage message: [UInt8], to index: Int) {
        guard let attachment = attachments[index] else { return }
        do throws(BackendError) {
            trace(.controlOut, attachment, message)
            if case .delivered(interrupt: true) = try attachment.backend.deliver(message) {
                interrupt(index, queue: 0)
            }
        } catch {
            end(index, reason: error.description)
        }
    }

    /// Interrupts a waiting guest; time stands until it has answered, for it asks the time before.
    func interrupt(_ index: Int, queue: Int) {
        guard let attachment = attachments[index], attachment.hasBackChannel else { return }
        // Drivers look after what they have sent whenever they are interrupted.
        dropCompletion(attachment)
        let client = clientsByIdentity[attachment.participant]
        if let client { server.prepareInterrupt(of: client, reactor: reactor) }
        do throws(BackendError) {
            try attachment.backend.interrupt(queue: queue)
            trace(.interrupt, attachment, UInt64(queue))
            awaitReply(attachment)
        } catch {
            end(index, reason: error.description)
        }
    }

    /// Time stands in the guest's island until it has replied.
    private func awaitReply(_ attachment: Attachment) {
        guard attachment.heldIsland == nil else { return }
        let island = island(of: attachment)
        attachment.heldIsland = island
        server.calendar.hold(island: island)
    }

    func receiveReply(_ index: Int) {
        guard let attachment = attachments[index] else { return }
        deviceEvents += 1
        do throws(BackendError) {
            switch try attachment.backend.receiveReply() {
            case .replied:
                if let client = clientsByIdentity[attachment.participant] {
                    server.finishInterrupt(of: client, reactor: reactor)
                }
                releaseCalendar(attachment)
            case .incomplete: break
            case .closed: end(index, reason: nil)
            }
        } catch {
            end(index, reason: error.description)
        }
    }

    /// Longest time that a driver is not told that what it sent is sent, ns. Most have received something before.
    private static let completionDelay: UInt64 = 3_000_000_000

    /// Interrupts that the driver wants for what it did itself. That one frame is sent is told with the next thing it
    /// receives, or that it sends, or after a while: a driver has no use for it before.
    private func scheduleWantedInterrupts(_ index: Int, _ attachment: Attachment, sent: Bool) {
        let completion = sockets[attachment.socket].profile.completionTime ?? 0
        let now = max(
            horizon(of: attachment),
            server.calendar.now(in: island(of: attachment)).advanced(by: completion))
        if sent, attachment.completion != nil {
            dropCompletion(attachment)
            schedule(
                .interrupt(queue: DeviceProfile.transmitQueue, attachment: index), at: now, for: attachment)
        }
        for queue in attachment.backend.takeInterruptsWanted() {
            guard queue == DeviceProfile.transmitQueue else {
                schedule(.interrupt(queue: queue, attachment: index), at: now, for: attachment)
                continue
            }
            let payload = pending.insert(.interrupt(queue: queue, attachment: index))
            let arrival = server.calendar.schedule(
                at: now.advanced(by: Self.completionDelay), for: clientsByIdentity[attachment.participant],
                participant: attachment.participant, payload: payload)
            attachment.completion = (arrival, payload)
        }
    }

    private func dropCompletion(_ attachment: Attachment) {
        guard let (arrival, payload) = attachment.completion else { return }
        attachment.completion = nil
        server.calendar.cancel(arrival)
        _ = pending.take(payload)
    }

    private func releaseCalendar(_ attachment: Attachment) {
        guard let island = attachment.heldIsland, !attachment.backend.awaitingReply else { return }
        attachment.heldIsland = nil
        server.calendar.release(island: island)
    }

    /// Ends a connection; the owner is told.
    func end(_ index: Int, reason: String?) {
        guard let attachment = attachments[index] else { return }
        let instant = server.calendar.now(in: island(of: attachment))
        detach(index)
        report(
            .deviceEnded(name: sockets[attachment.socket].name, reason: reason),
            participant: attachment.participant, at: instant)
    }

    /// The client called `participant` is gone, and with it, in this instant, its devices: when their connections are seen
    /// to be closed is the host's matter.
    func removeDevices(of participant: UInt64) {
        for (index, attachment) in attachments.enumerated() where attachment?.participant == participant {
            detach(index)
        }
    }

    private func detach(_ index: Int) {
        guard let attachment = attachments[index] else { return }
        attachments[index] = nil
        dropCompletion(attachment)
        attachment.backend.unregister(from: reactor)
        if let island = attachment.heldIsland {
            attachment.heldIsland = nil
            server.calendar.release(island: island)
        }
        let socket = sockets[attachment.socket]
        if socket.attachment == index { socket.attachment = nil }
        if case .port(let network) = attachment.role, let port = attachment.port {
            if case .attachment(index)? = ports[network][port]?.station {
                ports[network][port]?.station = nil
            }
            if socket.participant == nil {
                _ = networks[network].removePort(port, at: max(now, networks[network].firstChange))
                settle(network)
            }
        }
    }
}
