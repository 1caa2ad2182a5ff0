package import Calendar
package import Posix
internal import Trace

/// Shared scheduling memory: what is read from it and stored in it around interrupts and device accesses.
extension CalendarServer {
    /// Call before a client is interrupted: the interrupt handler reads the time. A client that waits for an answer takes no
    /// interrupts, so pending output is written.
    ///
    /// - Parameter client: nil when it is not known whose device interrupts; so in the other calls.
    package func prepareInterrupt(of client: ClientID?, reactor: borrowing Reactor) {
        memories.setTime(calendar.now)
        guard let client, !memories.isCommon else { return }
        let index = connections.index(of: client)
        if let memory = connections[index]?.usedMemory {
            memory.setTime(stored(calendar.time(for: client), of: client, in: memory))
        } else {
            write(index, reactor: reactor)
        }
    }

    /// Names a waiting client in its memory as the one that runs. Call after `prepareInterrupt`, before the interrupt. Nobody has to wait for
    /// such a client's reply: the interrupt is signalled before RUN can be read, so the client takes it first.
    ///
    /// - Returns: false when the client must reply; else call `requestTurn` when it is interrupted.
    package func announceTurn(of client: ClientID?) -> Bool {
        guard let client, calendar.isWaiting(client), let connection = connections.connection(of: client),
            connection.takesInterruptsWithTurn, let memory = connection.usedMemory, !memory.isCommon
        else { return false }
        memory.announceTurn()
        return true
    }

    /// Makes the request for this instant that a client will make whose turn is announced. Call when it has been interrupted.
    package func requestTurn(of client: ClientID?, reactor: borrowing Reactor) {
        guard let client else { return }
        requestTurn(of: client, at: calendar.time(for: client), reactor: reactor)
    }

    /// - Parameter time: own scale.
    private func requestTurn(of client: ClientID, at time: UInt64, reactor: borrowing Reactor) {
        do throws(Misuse) {
            try request(client, time: time, reactor: reactor)
            traceRequest(of: client)
        } catch {
            end(connections.index(of: client), error, reactor: reactor)
        }
    }

    /// Call when a client has taken an interrupt: its request is in its memory.
    package func finishInterrupt(of client: ClientID?, reactor: borrowing Reactor) {
        collectRequests(afterTurn: false, reactor: reactor)
        guard let client, !memories.isCommon,
            let time = connections.connection(of: client)?.usedMemory?.request
        else { return }
        requestTurn(of: client, at: time, reactor: reactor)
    }

    /// A client that waits for a device has asked for something that completes at `instant`: its grant ends there. A client
    /// without shared memory could read the message too late, so its grant stays as it is.
    package func lowerGrant(of client: ClientID, to instant: Instant) {
        guard let memory = connections.connection(of: client)?.usedMemory,
            let lowered = calendar.lower(client, to: instant)
        else { return }
        traceGrant(.lower, client, until: lowered)
        memory.lowerGrant(to: stored(lowered, of: client, in: memory))
    }

    /// Call when a client accesses a device, and waits for its reply: the time it has reached is in its memory.
    package func finishUpdate(of client: ClientID?, reactor: borrowing Reactor) {
        // In a common region only the running client stores the time.
        guard let client = memories.isCommon ? calendar.running(in: 0) : client else { return }
        let index = connections.index(of: client)
        guard let memory = connections[index]?.usedMemory, calendar.isRunning(client) else { return }
        do throws(Misuse) {
            let time = try own(memory.time, of: client, in: memory, "UPDATE")
            guard let lowered = try update(client, time: time) else { return }
            memory.lowerGrant(to: stored(lowered, of: client, in: memory))
        } catch {
            end(index, error, reactor: reactor)
        }
    }
}
