internal import Calendar

/// The way of a frame through links that take time.
extension SimulatedNetwork {
    /// A frame enters the sender's link; one that stands for several is split first.
    mutating func enter(_ parcel: Parcel, from port: Int, at now: Instant) {
        // At equal instants what is inside comes first: who leaves makes room for who comes.
        runDepartures(before: now.advanced(by: 1))
        runCrossings(before: now.advanced(by: 1))
        if ports[port]?.out.isTransparent(at: now) == true {
            cross(parcel, from: port, at: now)
            return
        }
        var effects = takeEffects()
        if parcel.frame.wireCount == 1 {
            ports[port]?.out.enter(parcel, at: now, into: &effects)
        } else {
            for part in parcel.parts { ports[port]?.out.enter(part, at: now, into: &effects) }
        }
        settleOut(&effects, of: port, at: now, mayCross: true)
    }

    // MARK: Events

    /// Transmitters of links out are done.
    mutating func runDepartures(before bound: Instant) {
        while let first = departures.first, first.time < bound, let event = departures.popFirst() {
            let port = event.payload
            ports[port]?.outFinish = nil
            var effects = takeEffects()
            ports[port]?.out.finish(at: first.time, into: &effects)
            settleOut(&effects, of: port, at: first.time, mayCross: false)
        }
    }

    /// Frames come to the middle.
    mutating func runCrossings(before bound: Instant) {
        while let first = crossings.first, first.time < bound, let event = crossings.popFirst() {
            let transit = transits.take(event.payload)
            cross(transit.parcel, from: transit.port, at: first.time)
        }
    }

    /// Frames come to links in, or their transmitters are done.
    mutating func runArrivals(before bound: Instant) {
        while let first = arrivals.first, first.time < bound, let event = arrivals.popFirst() {
            var effects = takeEffects()
            // A transmitter's end has sequence 0: who leaves makes room for who comes.
            if first.sequence == 0 {
                let port = event.payload
                ports[port]?.inFinish = nil
                ports[port]?.in.finish(at: first.time, into: &effects)
                settleIn(&effects, of: port, at: first.time)
            } else {
                let transit = transits.take(event.payload)
                if ports[transit.port] == nil {
                    lose(transit.parcel, .portGone, port: transit.port, at: first.time)
                }
                ports[transit.port]?.in.enter(transit.parcel, at: first.time, into: &effects)
                settleIn(&effects, of: transit.port, at: first.time)
            }
        }
    }

    // MARK: The middle

    /// A frame has reached the middle and goes on to its receivers.
    private mutating func cross(_ parcel: Parcel, from port: Int, at now: Instant) {
        var receivers: [Int] = []
        swap(&receivers, &self.receivers)
        receivers.removeAll(keepingCapacity: true)
        middle.choose(parcel.frame, from: port, at: now, into: &receivers)
        if receivers.isEmpty { loseUncounted(parcel, .nobodyThere, port: port, at: now) }
        for receiver in receivers { goOn(parcel, along: PortPair(from: port, to: receiver), at: now) }
        swap(&receivers, &self.receivers)
    }

    private mutating func goOn(_ parcel: Parcel, along pair: PortPair, at now: Instant) {
        if !cuts.isEmpty, cuts.contains(pair) {
            lose(parcel, .cutOff, port: pair.to, at: now)
            return
        }
        guard fits(parcel.frame.longestWireFrame, pair.to) else {
            lose(parcel, .tooLong, port: pair.to, at: now)
            return
        }
        let path = paths.isEmpty ? nil : paths[pair]?.profile
        let isLossy = path.map { $0.loss > .never } ?? false
        let arrival = now.advanced(by: path?.latency ?? settings.latency)
        guard arrival < .never else {
            lose(parcel, .afterTheEnd, port: pair.to, at: now)
            return
        }
        if parcel.frame.wireCount == 1 || (!isLossy && isTransparent(pair.to, at: arrival)) {
            travel(parcel, along: pair, from: now, to: arrival, isLossy: isLossy)
        } else {
            for part in parcel.parts { travel(part, along: pair, from: now, to: arrival, isLossy: isLossy) }
        }
    }

    private mutating func travel(
        _ parcel: Parcel, along pair: PortPair, from now: Instant, to arrival: Instant, isLossy: Bool
    ) {
        if isLossy, paths[pair]?.loses() ?? false {
            lose(parcel, .onTheWay, port: pair.to, at: now)
        } else if isTransparent(pair.to, at: arrival) {
            deliver(parcel, to: pair.to, at: arrival)
        } else {
            arrivals.insert(key(arrival, pair.to), payload: put(parcel, pair.to))
        }
    }

    private func isTransparent(_ port: Int, at arrival: Instant) -> Bool {
        ports[port]?.in.isTransparent(at: arrival) ?? false
    }

    // MARK: What links do

    /// - Parameter mayCross: all that comes to the middle before this has: a frame that comes out now is there.
    mutating func settleOut(_ effects: inout LinkEffects, of port: Int, at now: Instant, mayCross: Bool) {
        for loss in effects.losses { lose(loss.parcel, loss.reason, port: port, at: loss.at) }
        for exit in effects.exits {
            assert(exit.at.since(now) >= settings.leastOut, "a link out is never faster than its floor")
            if mayCross, exit.at == now {
                cross(exit.parcel, from: port, at: now)
            } else {
                crossings.insert(key(exit.at, port), payload: put(exit.parcel, port))
            }
        }
        if let finish = effects.finish, finish < .never {
            let handle = departures.insert(finishKey(finish, port), payload: port)
            ports[port]?.outFinish = handle
        }
        swap(&effects, &self.effects)
    }

    mutating func settleIn(_ effects: inout LinkEffects, of port: Int, at now: Instant) {
        for loss in effects.losses { lose(loss.parcel, loss.reason, port: port, at: loss.at) }
        for exit in effects.exits {
            assert(exit.at.since(now) >= settings.leastIn, "a link in is never faster than its floor")
            deliver(exit.parcel, to: port, at: exit.at)
        }
        if let finish = effects.finish, finish < .never {
            let handle = arrivals.insert(finishKey(finish, port), payload: port)
            ports[port]?.inFinish = handle
        }
        swap(&effects, &self.effects)
    }

    /// The memory for what links do, empty; `settleOut` and `settleIn` give it back.
    mutating func takeEffects() -> LinkEffects {
        var taken = LinkEffects()
        swap(&taken, &effects)
        taken.removeAll()
        return taken
    }

    // MARK: Transits

    private mutating func key(_ instant: Instant, _ port: Int) -> EventKey {
        sequence += 1
        return EventKey(time: instant, kind: .arrival, participant: UInt64(port), sequence: sequence)
    }

    /// A link has one transmitter, so there is one of these for a port and an instant.
    private func finishKey(_ instant: Instant, _ port: Int) -> EventKey {
        EventKey(time: instant, kind: .arrival, participant: UInt64(port), sequence: 0)
    }

    private mutating func put(_ parcel: Parcel, _ port: Int) -> Int {
        transits.insert(Transit(parcel: parcel, port: port))
    }
}

extension SimulatedNetwork.Path {
    /// Whether the path loses the next frame.
    fileprivate mutating func loses() -> Bool { profile.loss.strikes(&random) }
}
