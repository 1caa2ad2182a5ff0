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
                happenings.append(
                    .deviceEnded(name: socket.name, reason: "a second connection to it was refused"))
                continue
            }
            var profile = socket.profile
            var port = socket.port
            if socket.participant == nil, case .port(let network) = socket.role {
                let added = addPort(network: network)
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
            if case .port(let network) = socket.role, let port { ports[network][port] = .attachment(index) }
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
            server.noteSending(island: island)
            trace(.wordIn, attachment, frame.bytes)
            happen(
                .control(machine: machine, bytes: frame.bytes, at: instant),
                participant: attachment.participant,
                at: instant)
        case .entropy:
            // It sends nothing: it has no queue for that.
            break
        case .port(let network):
            guard let port = attachment.port else { return }
            send(
                frame, network: network, port: port,
                sender: Sender(participant: attachment.participant, device: attachment.device),
                island: island,
                at: instant)
        }
    }

    /// A station sends a frame: at once, or where islands exchange, at the edge.
    func send(
        _ frame: Frame, network: Int, port: Int, sender: Sender, island: Int, at instant: Instant
    ) {
        captures?.sent(frame, by: sender, at: instant)
        let id = number(frame, of: sender, at: instant)
        if server.calendar.window != nil, networks[network].latency > 0 {
            server.noteSending(island: island)
            exchange.send(frame, id, network: network, port: port, sender: sender, at: instant)
        } else {
            carry(frame, id, network: network, port: port, sender: sender, at: instant)
        }
    }

    /// A frame enters a network.
    func carry(
        _ frame: Frame, _ id: FrameID, network: Int, port: Int, sender: Sender, at instant: Instant
    ) {
        networks[network].send(frame, from: port, at: instant, into: &deliveries)
        captures?.carried(
            frame, by: sender, over: network, at: instant,
            remark: deliveries.isEmpty ? "lost: \(Self.nobodyThere)" : nil)
        if deliveries.isEmpty { traceLoss(id, sender, Self.nobodyThere, at: instant) }
        for delivery in deliveries {
            switch ports[network][delivery.port] {
            case .attachment(let index)?:
                guard let target = attachments[index] else { continue }
                schedule(.frame(delivery.frame, id, attachment: index), at: delivery.at, for: target)
            case .model(let index, let interface)?:
                let payload = pending.insert(
                    .modelFrame(delivery.frame, id, model: index, interface: interface))
                server.schedule(
                    at: delivery.at, for: models[index].client, participant: models[index].identity,
                    payload: payload)
            case nil:
                continue
            }
        }
        deliveries.removeAll(keepingCapacity: true)
    }

    func schedule(_ arrival: PendingArrival, at instant: Instant, for attachment: Attachment) {
        server.schedule(
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

    /// Bytes reach a control device, at the calendar's instant.
    func deliver(word: [UInt8], to index: Int) {
        guard let attachment = attachments[index] else { return }
        do throws(BackendError) {
            trace(.wordOut, attachment, word)
            if case .delivered(interrupt: true) = try attachment.backend.deliver(word) {
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
            guard attachment.heldIsland == nil else { return }
            let island = island(of: attachment)
            attachment.heldIsland = island
            server.hold(island: island)
        } catch {
            end(index, reason: error.description)
        }
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
        let now = horizon(of: attachment)
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
            let arrival = server.schedule(
                at: now.advanced(by: Self.completionDelay), for: clientsByIdentity[attachment.participant],
                participant: attachment.participant, payload: payload)
            attachment.completion = (arrival, payload)
        }
    }

    private func dropCompletion(_ attachment: Attachment) {
        guard let (arrival, payload) = attachment.completion else { return }
        attachment.completion = nil
        server.cancel(arrival)
        _ = pending.take(payload)
    }

    private func releaseCalendar(_ attachment: Attachment) {
        guard let island = attachment.heldIsland, !attachment.backend.awaitingReply else { return }
        attachment.heldIsland = nil
        server.release(island: island)
    }

    /// Ends a connection; the owner is told.
    func end(_ index: Int, reason: String?) {
        guard let attachment = attachments[index] else { return }
        let instant = server.calendar.now(in: island(of: attachment))
        detach(index)
        happen(
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
            server.release(island: island)
        }
        let socket = sockets[attachment.socket]
        if socket.attachment == index { socket.attachment = nil }
        if case .port(let network) = attachment.role, let port = attachment.port {
            if case .attachment(index)? = ports[network][port] { ports[network][port] = nil }
            if socket.participant == nil { networks[network].removePort(port) }
        }
    }
}
