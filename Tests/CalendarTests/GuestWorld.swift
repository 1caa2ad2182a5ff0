import Calendar
import Testing

/// Guests that behave as kernels do, on a real calendar: they run free below their grant, do not repeat what they have
/// said, say UPDATE before they send, and are interrupted by arrivals.
struct GuestWorld {
    private struct Guest {
        let identity: UInt64
        let client: ClientID
        var behaviour: Behaviour
        /// Its own time: what nobody but itself knows.
        var time: UInt64 = 0
        var events: [UInt64] = []
        var freeUntil: UInt64?
        var propagated: UInt64 = 0
        var requested: UInt64?
        var isGone = false
    }

    private(set) var calendar: Calendar
    private var guests: [Guest] = []
    private var arrivals: [UInt64] = []
    private let drifts: [DriftChange]
    private let latency: UInt64
    private let endsGrants: Bool
    private let repeatsUpdates: Bool
    private(set) var log: [LogEntry] = []
    private let order: [UInt64]

    /// - Parameters:
    ///   - joining: the identities in the order in which their STARTs come in.
    ///   - endsGrants: some grants are ended as soon as the turn has begun.
    ///   - repeatsUpdates: kernels before 6.12 say UPDATE before every kick, later ones once an instant.
    init(
        seed: UInt64, joining: [UInt64], latency: UInt64, lookahead: UInt64, length: Int, roster: Roster,
        longestGrant: UInt64, repeatsUpdates: Bool, endsGrants: Bool = false, drifts: [DriftChange] = []
    ) throws {
        calendar = Calendar(start: 1000, roster: roster, longestGrant: longestGrant)
        self.latency = latency
        self.repeatsUpdates = repeatsUpdates
        self.drifts = drifts
        self.endsGrants = endsGrants
        order = joining.sorted()
        for identity in joining {
            let client = calendar.join(identity: identity, lookahead: lookahead)
            guests.append(
                Guest(
                    identity: identity, client: client,
                    behaviour: Behaviour(
                        seed: seed, identity: identity, others: joining.count, length: length)))
        }
        for (index, change) in drifts.enumerated() {
            calendar.schedule(
                at: Instant(nanoseconds: change.instant), for: nil, participant: 0, payload: -1 - index)
        }
        var last: UInt64 = 0
        while let step = calendar.next() {
            #expect(calendar.now.nanoseconds >= last)
            last = calendar.now.nanoseconds
            switch step {
            case .start(let client):
                #expect(calendar.running == client)
                try run(client.index, "start")
            case .run(let client, let time, let freeUntil):
                #expect(calendar.running == client)
                #expect(time >= guests[client.index].time, "time of \(client) goes back")
                guests[client.index].time = time
                guests[client.index].freeUntil = freeUntil
                guests[client.index].requested = nil
                if endsGrants, freeUntil % 3 == 0, let lowered = calendar.endGrant(client) {
                    #expect(lowered <= freeUntil)
                    guests[client.index].freeUntil = lowered
                }
                try run(client.index, nil)
            case .arrival(let payload) where payload < 0:
                let change = drifts[-1 - payload]
                calendar.setDrift(change.drift, identity: change.who)
            case .arrival(let payload):
                try arrive(arrivals[payload])
            }
        }
    }

    /// One turn: handles its events as long as it need not ask.
    private mutating func run(_ index: Int, _ start: String?) throws {
        var isStart = start != nil
        while true {
            let now = guests[index].time
            if isStart || guests[index].events.contains(where: { $0 <= now }) {
                guests[index].events.removeAll { $0 <= now }
                log.append(LogEntry(time: now, who: guests[index].identity, what: isStart ? "start" : "turn"))
                isStart = false
                try perform(guests[index].behaviour.next(), index)
                if guests[index].isGone { return }
            }
            guard let next = guests[index].events.min() else {
                _ = try calendar.request(guests[index].client, time: Instant.never.nanoseconds)
                break
            }
            if let freeUntil = guests[index].freeUntil, next < freeUntil {
                guests[index].time = next
                continue
            }
            if guests[index].requested != next {
                guests[index].requested = next
                _ = try calendar.request(guests[index].client, time: next)
            }
            break
        }
        guests[index].freeUntil = nil
        try calendar.wait(guests[index].client)
    }

    private mutating func perform(_ actions: [Behaviour.Action], _ index: Int) throws {
        let now = guests[index].time
        for action in actions {
            switch action {
            case .wake(let delay):
                guests[index].events.append(now + delay)
            case .leave:
                guests[index].isGone = true
                calendar.leave(guests[index].client)
                return
            case .send(let other):
                if repeatsUpdates || guests[index].propagated != now {
                    guests[index].propagated = now
                    if let lowered = try calendar.update(guests[index].client, time: now) {
                        guests[index].freeUntil = lowered
                    }
                }
                arrivals.append(order[other])
                let target = guests.first { $0.identity == order[other] }
                calendar.schedule(
                    at: calendar.now.advanced(by: latency), for: target?.client, participant: order[other],
                    payload: arrivals.count - 1)
            }
        }
    }

    /// An interrupt: the guest asks the time and wants its turn now.
    private mutating func arrive(_ identity: UInt64) throws {
        guard let index = guests.firstIndex(where: { $0.identity == identity }), !guests[index].isGone else {
            return
        }
        let now = calendar.time(for: guests[index].client)
        #expect(
            guests[index].time <= now,
            "\(identity) is at \(guests[index].time) when something arrives at \(now)")
        calendar.hold()
        #expect(calendar.next() == nil)
        #expect(calendar.own(calendar.now, for: guests[index].client) == now)
        log.append(LogEntry(time: calendar.now.nanoseconds, who: identity, what: "arrival"))
        guests[index].time = now
        guests[index].events.append(now)
        if guests[index].requested != now {
            guests[index].requested = now
            _ = try calendar.request(guests[index].client, time: now)
        }
        calendar.release()
    }
}
