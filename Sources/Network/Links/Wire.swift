internal import Calendar

/// Where the frames of a link go: out at its end with an instant, or lost. Its owner empties it.
struct LinkEffects: Sendable {
    var exits: [(parcel: Parcel, at: Instant)] = []
    var losses: [(parcel: Parcel, at: Instant, reason: LossReason)] = []
    /// When the frame in transmission will be out; nil when nothing was begun.
    var finish: Instant?

    /// Nothing in it, and its memory kept.
    mutating func removeAll() {
        exits.removeAll(keepingCapacity: true)
        losses.removeAll(keepingCapacity: true)
        finish = nil
    }
}

/// What happens to frames between a transmitter and the other end: loss, corruption, duplication, delay, in this order. Each
/// draws numbers of its own, so that turning one on changes nothing of the others.
struct Wire: Sendable {
    private var latency: UInt64
    private var jitter: Jitter?
    private var duplicate: Probability
    private var reorder: ReorderProfile
    private var corrupt: Probability

    private var loss: LossProcess
    private var jitterRandom: SplitMix64
    private var duplicateRandom: SplitMix64
    private var reorderRandom: SplitMix64
    private var corruptRandom: SplitMix64
    /// When the latest frame that keeps its order comes out.
    private(set) var latestExit = Instant.zero

    /// - Parameter name: whose random numbers it draws.
    init(_ profile: LinkProfile, seed: UInt64, name: String) {
        func random(_ effect: String) -> SplitMix64 { SplitMix64(seed: seed, name: "\(name): \(effect)") }
        latency = profile.latency
        jitter = profile.jitter
        duplicate = profile.duplicate
        reorder = profile.reorder
        corrupt = profile.corrupt
        loss = LossProcess(profile.loss, random: random("loss"))
        jitterRandom = random("jitter")
        duplicateRandom = random("duplicate")
        reorderRandom = random("reorder")
        corruptRandom = random("corrupt")
    }

    /// From the next frame on it is as `profile` says; the random numbers go on.
    mutating func change(to profile: LinkProfile) {
        latency = profile.latency
        jitter = profile.jitter
        duplicate = profile.duplicate
        reorder = profile.reorder
        corrupt = profile.corrupt
        loss = loss.changed(to: profile.loss)
    }

    /// A frame's last bit is on the wire at `now`.
    mutating func carry(_ parcel: Parcel, at now: Instant, into effects: inout LinkEffects) {
        if loss.loses() {
            effects.losses.append((parcel, now, .onTheWay))
            return
        }
        var parcel = parcel
        if corrupt > .never, corrupt.strikes(&corruptRandom) { flipBit(&parcel) }
        let isTwice = duplicate > .never && duplicate.strikes(&duplicateRandom)
        for _ in 0...(isTwice ? 1 : 0) {
            let exit = delay(from: now)
            if exit < .never {
                effects.exits.append((parcel, exit))
            } else {
                effects.losses.append((parcel, now, .afterTheEnd))
            }
        }
    }

    private mutating func delay(from now: Instant) -> Instant {
        var exit = now.advanced(by: latency)
        if let jitter { exit = exit.advanced(by: jitter.draw(&jitterRandom)) }
        if reorder.share > .never, reorder.share.strikes(&reorderRandom) {
            // Held back alone: those behind it do not wait for it.
            return exit.advanced(by: reorder.by)
        }
        if !reorder.byJitter {
            if exit < latestExit { exit = latestExit }
            latestExit = exit
        }
        return exit
    }

    /// Flips one bit, uniformly among those behind the Ethernet header: addresses stay right, so that the frame gets to
    /// where a checksum tells.
    private mutating func flipBit(_ parcel: inout Parcel) {
        // A checksum left to do would be computed over the wrong bit and be right.
        guard var bytes = parcel.frame.wireFrames().first, bytes.count > EthernetHeader.size else { return }
        let bits = UInt64(bytes.count - EthernetHeader.size) * 8
        let bit = Int(corruptRandom.next().multipliedFullWidth(by: bits).high)
        bytes[EthernetHeader.size + bit / 8] ^= 1 << UInt8(bit % 8)
        parcel.frame = Frame(bytes)
    }
}
