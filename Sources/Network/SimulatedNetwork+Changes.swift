package import Calendar

/// Adding and removing ports, changing links and paths.
///
/// A change at an instant is before all else that happens then: all before has happened (`advance`), nothing at it or after has.
extension SimulatedNetwork {
    /// A new port; numbers go up from 0 and are never used again.
    ///
    /// - Parameters:
    ///   - name: the interface's, `m1/eth0`: adding it changes no other interface's random numbers.
    ///   - station: who is there, if it need not hear all that a switch floods.
    ///   - mtu: of the interface, bytes; nil takes frames of any length.
    package mutating func addPort(
        name: String, for station: Switch.SelectiveStation? = nil, out: LinkProfile = LinkProfile(),
        in: LinkProfile = LinkProfile(), mtu: Int? = nil
    ) -> Int {
        precondition(
            settings.kind != .pointToPoint || portNumbers.count < 2, "a cable has two ends")
        checkFloors(out, `in`)
        let number = middle.addPort(for: station)
        precondition(number == ports.count, "ports are numbered as the switch does it")
        func link(_ profile: LinkProfile, _ way: String) -> Link {
            Link(
                profile, interface: name, mtu: mtu ?? Self.usualMTU, seed: settings.seed,
                name: "link \(way) \(name) on \(settings.name)")
        }
        let port = Port(
            out: link(out, "out of"), in: link(`in`, "into"),
            longestFrame: mtu.map { $0 + EthernetHeader.size + Self.tag } ?? .max, name: name)
        ports.append(port)
        isPlain = isPlain && port.isPlain
        return number
    }

    /// Removes a port; what waits at its links is lost, what has left it still arrives.
    ///
    /// - Returns: what had passed it.
    package mutating func removePort(_ number: Int, at now: Instant) -> PortCounters {
        var effects = takeEffects()
        ports[number]?.out.drain(.portGone, at: now, into: &effects)
        settleOut(&effects, of: number, at: now, mayCross: false)
        effects = takeEffects()
        ports[number]?.in.drain(.portGone, at: now, into: &effects)
        settleIn(&effects, of: number, at: now)
        dropFinishes(of: number)
        ports[number] = nil
        let counters = middle.removePort(number)
        refreshPlain()
        return counters
    }

    /// Whether `port` was added and not removed.
    package func hasPort(_ port: Int) -> Bool { middle.hasPort(port) }

    /// Whether what arrives at `port` now gets there: it was not removed and its link is up. Who delivers asks this at the
    /// instant of the delivery.
    package func accepts(_ port: Int) -> Bool {
        port >= 0 && port < ports.count && ports[port]?.in.isUp == true
    }

    /// What has passed `port`, which exists.
    package func counters(of port: Int) -> PortCounters { middle.counters(of: port) }

    /// The numbers of all ports, ascending.
    package var portNumbers: [Int] { middle.portNumbers }

    /// Frames forwarded from now on take this path from one port to another, both of which exist, instead of the network's
    /// latency.
    package mutating func setPath(from: Int, to: Int, _ path: PathProfile) {
        precondition(path.latency >= settings.leastPath, "a path's latency is not below the floor of all")
        let pair = PortPair(from: from, to: to)
        if paths[pair] == nil {
            guard let sender = ports[from], let receiver = ports[to] else {
                preconditionFailure("a path is between two ports")
            }
            let name = "path from \(sender.name) to \(receiver.name) on \(settings.name)"
            paths[pair] = Path(profile: path, random: SplitMix64(seed: settings.seed, name: name))
        }
        paths[pair]?.profile = path
        isPlain = false
    }

    /// From now on the links of `port` are as the profiles say; nil leaves one as it is. What waits in queues goes on to
    /// wait, and without a bandwidth leaves at once. What is under way to a link that was ideal arrives as if it still were.
    package mutating func setLink(of port: Int, out: LinkProfile?, in: LinkProfile?, at now: Instant) {
        checkChange(at: now)
        checkFloors(out ?? ports[port]?.out.profile, `in` ?? ports[port]?.in.profile)
        if let out {
            var effects = takeEffects()
            ports[port]?.out.change(to: out, at: now, into: &effects)
            settleOut(&effects, of: port, at: now, mayCross: false)
        }
        if let `in` {
            var effects = takeEffects()
            ports[port]?.in.change(to: `in`, at: now, into: &effects)
            settleIn(&effects, of: port, at: now)
        }
        dropFinishes(of: port)
        refreshPlain()
    }

    /// From now on a port's links are up or down. Down, what is sent by it, what gets to its link in, and what waits at either or is in
    /// transmission is lost; what is on the wire out of it goes on.
    package mutating func setUp(_ isUp: Bool, port: Int, at now: Instant) {
        checkChange(at: now)
        var effects = takeEffects()
        ports[port]?.out.setUp(isUp, at: now, into: &effects)
        settleOut(&effects, of: port, at: now, mayCross: false)
        effects = takeEffects()
        ports[port]?.in.setUp(isUp, at: now, into: &effects)
        settleIn(&effects, of: port, at: now)
        dropFinishes(of: port)
        refreshPlain()
    }

    /// From now on nothing is forwarded from one to the other of these pairs, and all others are joined.
    package mutating func setCuts(_ cuts: Set<PortPair>) {
        self.cuts = cuts
        refreshPlain()
    }

    /// Of interfaces that do not say theirs, bytes.
    private static let usualMTU = 1500
    /// IEEE 802.1Q, bytes.
    private static let tag = 4

    /// The events of transmissions that were broken off.
    private mutating func dropFinishes(of number: Int) {
        if ports[number]?.out.isBusy != true, let handle = ports[number]?.outFinish {
            departures.remove(handle)
            ports[number]?.outFinish = nil
        }
        if ports[number]?.in.isBusy != true, let handle = ports[number]?.inFinish {
            arrivals.remove(handle)
            ports[number]?.inFinish = nil
        }
    }

    private mutating func refreshPlain() {
        isPlain =
            paths.isEmpty && cuts.isEmpty && departures.isEmpty && crossings.isEmpty && arrivals.isEmpty
            && ports.allSatisfy { $0?.isPlain ?? true }
    }

    private func checkFloors(_ out: LinkProfile?, _ in: LinkProfile?) {
        precondition(
            (out?.latency ?? .max) >= settings.leastOut && (`in`?.latency ?? .max) >= settings.leastIn,
            "a link's latency is not below the floor of all")
    }

    private func checkChange(at now: Instant) {
        precondition(
            now >= firstChange, "a network changes before what happens at that instant and after")
    }
}

extension SimulatedNetwork.Port {
    /// Nothing ever happened at its links, and nothing will.
    fileprivate var isPlain: Bool { out.isTransparent(at: .zero) && self.in.isTransparent(at: .zero) }
}
