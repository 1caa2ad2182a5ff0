internal import Calendar

/// One direction of an interface: a queue, a transmitter and a wire, up or down. Pure: its owner says when what it has begun is
/// over.
struct Link: Sendable {
    private(set) var profile: LinkProfile
    private(set) var isUp = true
    private let interface: String
    /// Bytes.
    private let longestFrame: Int
    private var queue = FrameQueue()
    private var discipline: Discipline
    private var transmitter: Transmitter?
    private var wire: Wire
    /// In transmission.
    private var current: Parcel?
    /// When the transmitter fell idle.
    private var idleSince = Instant.zero
    private var queueRandom: SplitMix64

    private enum Discipline: Sendable {
        case dropTail
        case red(RandomEarlyDetection)
        case codel(ControlledDelay)

        init(_ profile: QueueProfile.Discipline, _ longestFrame: Int, _ random: inout SplitMix64) {
            switch profile {
            case .dropTail:
                self = .dropTail
            case .red(let minimum, let maximum, let probability, let weightShift):
                self = .red(
                    RandomEarlyDetection(
                        minimum: minimum, maximum: maximum, probability: probability,
                        weightShift: weightShift, random: random.split()))
            case .codel(let target, let interval):
                self = .codel(
                    ControlledDelay(target: target, interval: interval, longestFrame: longestFrame))
            }
        }
    }

    /// - Parameters:
    ///   - interface: for people: `m1/eth0`.
    ///   - mtu: of the interface, bytes.
    ///   - name: whose random numbers it draws: `link out of m1/eth0 on lan`.
    init(_ profile: LinkProfile, interface: String, mtu: Int, seed: UInt64, name: String) {
        profile.check()
        self.profile = profile
        self.interface = interface
        longestFrame = mtu + EthernetHeader.size
        queueRandom = SplitMix64(seed: seed, name: "\(name): queue")
        wire = Wire(profile, seed: seed, name: name)
        discipline = Discipline(profile.queue.discipline, longestFrame, &queueRandom)
        transmitter = profile.bandwidth.map { Transmitter(bandwidth: $0, overhead: profile.overhead) }
    }

    /// Frames that enter it at `now` or later come out at once and untouched.
    func isTransparent(at now: Instant) -> Bool {
        isUp && profile.isIdeal && current == nil && wire.latestExit <= now
    }

    /// A frame is in transmission.
    var isBusy: Bool { current != nil }

    // MARK: Frames

    /// A frame, one on the wire, comes to the link.
    mutating func enter(_ parcel: Parcel, at now: Instant, into effects: inout LinkEffects) {
        guard isUp else {
            effects.losses.append((parcel, now, .linkDown(interface)))
            return
        }
        guard transmitter != nil else {
            wire.carry(parcel, at: now, into: &effects)
            return
        }
        if let reason = refusal(of: parcel.frame, at: now) {
            effects.losses.append((parcel, now, reason))
            return
        }
        queue.append(.init(parcel: parcel, since: now))
        if current == nil { beginNext(at: now, isNext: false, into: &effects) }
    }

    /// The frame in transmission is out: this is the instant that `finish` said.
    mutating func finish(at now: Instant, into effects: inout LinkEffects) {
        guard let parcel = current.take() else { preconditionFailure("a link finishes what it has begun") }
        wire.carry(parcel, at: now, into: &effects)
        beginNext(at: now, isNext: true, into: &effects)
    }

    private mutating func beginNext(at now: Instant, isNext: Bool, into effects: inout LinkEffects) {
        guard let next = takeNext(at: now, into: &effects) else {
            idleSince = now
            return
        }
        current = next.parcel
        effects.finish = transmitter?.begin(next.parcel.frame.bytes.count, at: now, isNext: isNext)
    }

    private mutating func takeNext(at now: Instant, into effects: inout LinkEffects) -> FrameQueue.Waiting? {
        guard case .codel(var codel) = discipline else { return queue.popFirst() }
        let interface = interface
        let next = codel.next(from: &queue, at: now) {
            effects.losses.append(($0.parcel, now, .controlledDelay(interface)))
        }
        discipline = .codel(codel)
        return next
    }

    /// Why a frame may not wait; nil when it may. Who finds the transmitter idle waits for nothing and needs no room.
    private mutating func refusal(of frame: Frame, at now: Instant) -> LossReason? {
        let isIdle = current == nil
        let (queued, isFull) =
            switch profile.queue.limit {
            case .frames(let limit): (queue.count, !isIdle && queue.count >= limit)
            case .bytes(let limit): (queue.bytes, !isIdle && queue.bytes + frame.bytes.count > limit)
            }
        if case .red(var red) = discipline {
            let typical = max(1, transmitter?.time(of: RandomEarlyDetection.typicalFrame) ?? 1)
            let drops = red.drops(
                queued: queued, idle: isIdle ? now.since(idleSince) / typical : nil, isFull: isFull)
            discipline = .red(red)
            if drops, !isFull { return .earlyDetection(interface) }
        }
        return isFull ? .queueFull(interface) : nil
    }

    // MARK: Changes

    /// From now on it is as `profile` says. What is in transmission ends as it began, what waits goes on to wait; without
    /// a bandwidth all of it is on the wire at once.
    mutating func change(to profile: LinkProfile, at now: Instant, into effects: inout LinkEffects) {
        profile.check()
        let old = self.profile
        self.profile = profile
        wire.change(to: profile)
        if profile.queue.discipline != old.queue.discipline {
            discipline = Discipline(profile.queue.discipline, longestFrame, &queueRandom)
        }
        guard let bandwidth = profile.bandwidth else {
            transmitter = nil
            if let parcel = current.take() { wire.carry(parcel, at: now, into: &effects) }
            while let next = queue.popFirst() { wire.carry(next.parcel, at: now, into: &effects) }
            return
        }
        if transmitter == nil {
            transmitter = Transmitter(bandwidth: bandwidth, overhead: profile.overhead)
            idleSince = now
        } else if bandwidth != old.bandwidth || profile.overhead != old.overhead {
            transmitter?.change(bandwidth: bandwidth, overhead: profile.overhead)
        }
    }

    /// Up, or down: what waits or is in transmission is lost.
    mutating func setUp(_ isUp: Bool, at now: Instant, into effects: inout LinkEffects) {
        self.isUp = isUp
        if !isUp { drain(.linkDown(interface), at: now, into: &effects) }
    }

    /// Loses what waits and what is in transmission.
    mutating func drain(_ reason: LossReason, at now: Instant, into effects: inout LinkEffects) {
        if let parcel = current.take() { effects.losses.append((parcel, now, reason)) }
        while let next = queue.popFirst() { effects.losses.append((next.parcel, now, reason)) }
        idleSince = now
    }
}
