package import Calendar
package import Posix
internal import Trace

/// What is said through shared scheduling memory, and what interrupts need.
extension CalendarServer {
    /// A client is about to be interrupted: it will look at the time. One that waits for an answer takes no interrupts.
    package func prepareInterrupt(of client: ClientID, reactor: borrowing Reactor) {
        let index = connectionOfClient[client.index]
        if let memory = connections[index]?.memory {
            memory.setTime(calendar.time(for: client))
        } else {
            write(index, reactor: reactor)
        }
    }

    /// A client has taken an interrupt: what it asks for now is in its memory.
    package func finishInterrupt(of client: ClientID, reactor: borrowing Reactor) {
        let index = connectionOfClient[client.index]
        guard let memory = connections[index]?.memory else { return }
        do throws(Misuse) {
            guard let time = memory.request else { return }
            try request(client, time: time, reactor: reactor)
            traceRequest(of: client)
        } catch {
            end(index, error, reactor: reactor)
        }
    }

    /// A client that stands, because it waits for a device, has asked for what is done at `instant`. One that is told by
    /// message might read that too late: it goes on as far as it may.
    package func lowerGrant(of client: ClientID, to instant: Instant) {
        guard let memory = connections[connectionOfClient[client.index]]?.memory,
            let lowered = calendar.lower(client, to: instant)
        else { return }
        traceGrant(.lower, client, until: lowered)
        memory.lowerGrant(to: lowered)
    }

    /// A client touches a device: the time it has reached is in its memory.
    package func finishUpdate(of client: ClientID, reactor: borrowing Reactor) {
        let index = connectionOfClient[client.index]
        guard let memory = connections[index]?.memory, calendar.isRunning(client) else { return }
        do throws(Misuse) {
            if let lowered = try update(client, time: memory.time) { memory.lowerGrant(to: lowered) }
        } catch {
            end(index, error, reactor: reactor)
        }
    }
}
