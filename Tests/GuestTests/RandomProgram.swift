import Models
import Network

/// What guests do in a random world, and what a plain model says must happen.
struct RandomProgram: Sendable {
    enum Step: Sendable {
        /// Nothing for that many ns.
        case delay(UInt64)
        /// Events that many ns from now, and then idle until all have happened.
        case alarms([UInt64])
        /// Interrupts another guest, and waits until that has taken it.
        case ring(Int)
        /// Looks at the clock.
        case read
    }

    /// Something that happened to a guest.
    struct Entry: Hashable, Sendable {
        let guest: Int
        let time: UInt64
        let what: String
    }

    /// By guest.
    let steps: [[Step]]
    /// Longest free run that the calendar grants.
    let longestGrant: UInt64

    init(seed: UInt64) {
        var random = SplitMix64(seed: seed, name: "programs")
        let guests = Int.random(in: 2...8, using: &random)
        longestGrant = [0, 1, 50, 1000, .max].randomElement(using: &random)!
        // A small world, so that things happen at equal times.
        let span = [3, 20, 400].randomElement(using: &random)! as UInt64
        steps = (0..<guests).map { guest in
            // Nobody rings before all have started.
            var steps = [Step.delay(.random(in: 1...span, using: &random))]
            for _ in 0..<Int.random(in: 0...8, using: &random) {
                switch Int.random(in: 0...9, using: &random) {
                case 0...3: steps.append(.delay(.random(in: 0...span, using: &random)))
                case 4...5:
                    let count = Int.random(in: 1...4, using: &random)
                    steps.append(.alarms((0..<count).map { _ in .random(in: 0...span, using: &random) }))
                case 6: steps.append(.read)
                default:
                    let other = Int.random(in: 0..<guests - 1, using: &random)
                    steps.append(.ring(other < guest ? other : other + 1))
                }
            }
            return steps
        }
    }

    /// What must happen, in order: always the earliest event of all guests, at equal times the lowest guest's, within a
    /// guest the first that was added; and a guest goes on with its program until that waits.
    func expected() -> [Entry] {
        var world = PlainWorld(steps: steps)
        for guest in steps.indices { world.goOn(guest) }
        while world.happen() {}
        return world.entries
    }
}

/// Guests as lists of events and programs, in the simplest way.
private struct PlainWorld {
    enum Step {
        case end
        case alarm(Int)
        case ring
    }

    struct Guest {
        var now: UInt64 = 0
        var events: [(time: UInt64, order: Int, step: Step)] = []
        var order = 0
        var next = 0
        /// Alarms that the program waits for.
        var waitsFor = 0
        var isDelayed = false

        mutating func add(_ time: UInt64, _ step: Step) {
            order += 1
            events.append((time, order, step))
        }
    }

    let steps: [[RandomProgram.Step]]
    var guests: [Guest]
    var entries: [RandomProgram.Entry] = []

    init(steps: [[RandomProgram.Step]]) {
        self.steps = steps
        guests = steps.map { _ in Guest() }
    }

    mutating func log(_ guest: Int, _ what: String) {
        entries.append(RandomProgram.Entry(guest: guest, time: guests[guest].now, what: what))
    }

    /// The program goes on until it waits.
    mutating func goOn(_ guest: Int) {
        while !guests[guest].isDelayed, guests[guest].waitsFor == 0, guests[guest].next < steps[guest].count {
            let number = guests[guest].next
            log(guest, "step \(number)")
            guests[guest].next += 1
            let now = guests[guest].now
            switch steps[guest][number] {
            case .delay(let length):
                guests[guest].add(now + length, .end)
                guests[guest].isDelayed = true
            case .read:
                guests[guest].add(now + 256, .end)
                guests[guest].isDelayed = true
            case .alarms(let lengths):
                for (index, length) in lengths.enumerated() { guests[guest].add(now + length, .alarm(index)) }
                guests[guest].waitsFor = lengths.count
            case .ring(let other):
                guests[other].add(now, .ring)
            }
        }
    }

    /// The next thing happens; false when nothing ever will.
    mutating func happen() -> Bool {
        let candidates = guests.indices.compactMap { guest in
            guests[guest].events.map { ($0.time, guest, $0.order) }.min { $0 < $1 }
        }
        guard let (time, guest, order) = candidates.min(by: { $0 < $1 }) else { return false }
        let index = guests[guest].events.firstIndex { $0.order == order }!
        let event = guests[guest].events.remove(at: index)
        guests[guest].now = time
        switch event.step {
        case .end:
            guests[guest].isDelayed = false
        case .alarm(let number):
            log(guest, "alarm \(number)")
            guests[guest].waitsFor -= 1
        case .ring:
            log(guest, "ring")
        }
        goOn(guest)
        return true
    }
}
