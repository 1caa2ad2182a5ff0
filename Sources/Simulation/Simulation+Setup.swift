package import Calendar
package import CalendarServer
package import Models
package import Network
package import Posix
package import SystemPackage
internal import Trace
internal import Virtio

/// What the owner sets up and asks.
extension Simulation {
    // MARK: Devices

    /// Offers a network interface at `path` for the client called `participant`.
    ///
    /// - Parameters:
    ///   - name: for messages and random numbers: `m1/eth0`.
    ///   - mtu: longest payload of the interface, bytes.
    /// - Returns: its port in the network.
    package func addInterface(
        path: String, name: String, network: Int, participant: UInt64, mac: MACAddress, mtu: Int,
        offloads: Bool, links: InterfaceLinks = InterfaceLinks()
    ) throws(Errno) -> Int {
        let device = devices.nextDevice(of: participant)
        let port = networks.addPort(
            network: network, name: name, participant: participant, device: device, links: links)
        try devices.addSocket(
            path: path, name: name, role: .port(network: network),
            profile: .network(mac: mac.octets, mtu: UInt16(mtu), offloads: offloads),
            participant: participant, device: device, port: port, reactor: reactor)
        return port
    }

    /// Offers an entropy device at `path` for the client called `participant`; call after its interfaces are added.
    package func addEntropy(path: String, name: String, participant: UInt64, randomness: SplitMix64)
        throws(Errno)
    {
        try devices.addSocket(
            path: path, name: name, role: .entropy, profile: .entropy(randomness), participant: participant,
            device: devices.nextDevice(of: participant), reactor: reactor)
    }

    /// Offers a disk at `path` for the client called `participant`; call after its other devices are added.
    ///
    package func addDisk(path: String, name: String, participant: UInt64, _ contents: DiskContents)
        throws(Errno)
    {
        let image =
            switch contents {
            case .kept(let file, let size): try DiskImage(path: file, size: size)
            case .readOnly(let file): try DiskImage(readOnly: file)
            }
        try devices.addSocket(
            path: path, name: name, role: .disk, profile: .disk(image),
            participant: participant, device: devices.nextDevice(of: participant), reactor: reactor)
    }

    /// Offers a hub at `path`: each connection is a port of its own with a MAC address made of its number.
    package func addHub(path: String, network: Int) throws(Errno) {
        try devices.addSocket(
            path: path, name: "hub \(path)", role: .port(network: network),
            profile: .network(mac: DeviceHub.hubAddress(0).octets, mtu: 1500, offloads: true),
            participant: nil, reactor: reactor)
    }

    /// Offers a machine's control device at `path`.
    package func addControl(path: String, name: String, machine: Int, participant: UInt64) throws(Errno) {
        try devices.addSocket(
            path: path, name: name, role: .control(machine: machine), profile: .console(),
            participant: participant, reactor: reactor)
    }

    /// The path between two ports, one way, instead of the network's latency.
    package func setPath(from: Int, to: Int, _ path: PathProfile, network: Int) {
        networks.setPath(from: from, to: to, path, network: network)
    }

    /// Sends a message to a machine's control device at `instant`, or at the earliest one after it that its client and the
    /// networks cannot have passed.
    package func sendControl(_ bytes: [UInt8], machine: Int, at instant: Instant = .zero) {
        // It may be answered by a frame: networks have advanced to where the next event would have been.
        devices.sendControl(bytes, machine: machine, at: max(instant, networks.firstSend))
    }

    // MARK: Processes and consoles

    /// Reports the end of a child process, which is the client called `participant`, as `.childEnded(index)`.
    package func watch(_ child: borrowing ChildProcess, index: Int, participant: UInt64) throws(Errno) {
        clients.setChild(index, of: participant)
        server.prefer(child.processID, true)
        devices.prefer(child.processID, true)
        // Once: until the owner unwatches it, the descriptor of a process that has ended stays readable.
        try reactor.add(child.descriptor, token: Token.child | UInt64(index), .readOnce)
    }

    package func unwatch(_ child: borrowing ChildProcess) {
        server.prefer(child.processID, false)
        devices.prefer(child.processID, false)
        // Already out of the reactor when its descriptor is closed.
        try? reactor.remove(child.descriptor)
    }

    /// The process of the client called `participant` is about to end: simulated time stands until the owner has received
    /// `.childEnded` and calls `release()`.
    package func awaitEnd(of participant: UInt64) {
        exchange.awaitEnd(of: participant)
        hold()
    }

    /// Reads what a machine's console writes, for the client called `participant`; it is reported as `.console`.
    package func addConsole(_ descriptor: consuming Descriptor, machine: Int, participant: UInt64)
        throws(Errno)
    {
        try consoles.add(descriptor, machine: machine, participant: participant)
    }

    /// The machine's process has ended: its console is read to the end.
    package func closeConsole(machine: Int) { consoles.close(machine: machine) }

    /// Lines of consoles are reported as `.consoleLine`, in the order of simulated time.
    package var reportsConsoleLines: Bool {
        get { consoles.reportsLines }
        set { consoles.reportsLines = newValue }
    }

    // MARK: Time

    /// Simulated time stands until `release()`.
    package func hold() { server.calendar.hold() }

    /// Ends a `hold()`.
    package func release() { server.calendar.release() }

    /// The client called `participant` will not come.
    package func abandon(participant: UInt64) { server.calendar.abandon(identity: participant) }

    /// `.alarm(number)` happens at `instant`, or, without windows, at the earliest one after it that no client can have
    /// passed.
    package func setAlarm(_ number: Int, at instant: Instant) {
        guard server.calendar.window == nil else {
            _ = exchange.setAlarm(number, at: instant)
            return
        }
        let instant = max(instant, server.calendar.horizon(in: 0))
        let alarm = exchange.setAlarm(number, at: instant)
        arrivals.schedule(.alarm(number, alarm), at: instant, participant: 0)
    }

    /// Writes the trace as far as its order is final.
    ///
    /// - Returns: everything earlier is written, and nothing that comes is earlier.
    package func settleTrace() -> Instant {
        let settled = min(now, settledBefore ?? .zero)
        recording.flush(before: settled)
        recorder?.sync()
        return settled
    }

    // MARK: Models

    /// Hosts a model: a client called `identity` whose interfaces are on these networks. It starts when the calendar
    /// answers it, as other clients do.
    ///
    /// - Parameters:
    ///   - index: its number in events.
    ///   - links: by interface; missing ones are ideal.
    /// - Returns: by interface, its port.
    @discardableResult
    package func addModel(
        _ machine: ModelMachine, index: Int, identity: UInt64, networks: [Int], links: [InterfaceLinks] = [],
        island: Int = 0
    ) -> [Int] {
        clients.setIsland(island, of: identity)
        return models.add(
            machine, index: index, participant: identity, networks: networks, links: links, island: island)
    }

    /// Ends a model's program, at the calendar's instant; what it reports are events.
    package func stopModel(index: Int) { models.stop(index: index) }

    // MARK: Cores

    /// A client runs on a core of its own from now on: `.dedicatedCoreUnused` says when it no longer gains by that.
    package func watchDedicatedCore(of identity: UInt64) {
        guard let client = clients[identity] else { return }
        server.cores.setDedicatedCore(true, for: client)
    }

    /// Milliseconds of wall-clock time after which several running clients are `.coreContended`; nil for never.
    package var patience: Int? {
        get { progress.contention.patience }
        set { progress.contention.patience = newValue }
    }

    // MARK: Counters

    /// What the interfaces of a client have carried, as the switches count it: `in` came from the client.
    package func traffic(of participant: UInt64) -> PortCounters {
        var sum = PortCounters()
        for place in devices.ports(of: participant) + models.ports(of: participant) {
            sum += networks.counters(of: place.port, in: place.network)
        }
        return sum
    }

    /// Clients whose turn it is.
    package var clientsRunning: Int { server.calendar.allRunning.count }

    /// Frames that have entered networks.
    package var framesCarried: UInt64 { networks.framesCarried }

    /// The instant that a client has got to: the calendar's, and in an open window perhaps later.
    package func instant(of participant: UInt64) -> Instant {
        max(now, clients[participant].map { server.calendar.now(of: $0) } ?? .zero)
    }

    /// What the turns of a client have cost; nil for one that never started, and for a model.
    package func costs(of participant: UInt64) -> TurnCosts? {
        clients[participant].flatMap { server.costs(of: $0) }
    }

    // MARK: Captures

    /// Why a capture cannot be written, if one cannot.
    package var captureFailure: Errno? { captures?.failure }

    /// Writes the captures to their ends.
    package func finishCaptures() {
        captures?.finish()
    }
}

/// What is on a disk.
package enum DiskContents {
    /// A file, made if it does not exist, of this size: bytes, whole sectors of 512.
    case kept(file: String, size: UInt64)
    /// A file that machines may share.
    case readOnly(file: String)
}
