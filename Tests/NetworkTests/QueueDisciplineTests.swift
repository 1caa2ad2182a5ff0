import Calendar
import Testing

@testable import Network

/// RED and CoDel against reference implementations as plain as the papers they are from.
struct QueueDisciplineTests {
    /// When a frame came and how many bytes it has; at 8 Mbit/s and without overhead a byte takes 1000 ns.
    struct Arrival {
        let at: UInt64
        let bytes: Int
    }

    private static let byteTime: UInt64 = 1000

    /// Load that comes and goes: bursts, long and short frames, silence.
    private static func arrivals(seed: UInt64, count: Int) -> [Arrival] {
        var random = SplitMix64(seed: seed, name: "arrivals")
        var arrivals: [Arrival] = []
        var now: UInt64 = 1
        var gap = 500_000.0
        for number in 0..<count {
            if number % 500 == 0 { gap = [200_000.0, 400_000, 700_000, 5_000_000][Int(random.next() % 4)] }
            // Odd, when transmitters never end: nothing hangs on how equal instants are served.
            now += UInt64(-ReproducibleMath.log(random.unit()) * gap) / 1000 * 1000
            arrivals.append(Arrival(at: now, bytes: [64, 576, 1000, 1514][Int(random.next() % 4)]))
        }
        return arrivals
    }

    private static func run(_ arrivals: [Arrival], _ queue: QueueProfile, seed: UInt64) -> NetworkBench {
        let profile = LinkProfile {
            ($0.bandwidth, $0.overhead, $0.queue) = (8_000_000, 0, queue)
        }
        var bench = NetworkBench(out: profile, seed: seed)
        for arrival in arrivals { bench.send(plainFrame(arrival.bytes), at: arrival.at) }
        bench.finish()
        return bench
    }

    private static func expect(
        _ bench: NetworkBench, dropped: [UInt64], departures: [UInt64], _ what: String, seed: UInt64
    ) {
        #expect(bench.outcomes.losses.map(\.id.number) == dropped, "\(what), seed \(seed)")
        #expect(bench.arrivals == departures, "\(what), seed \(seed)")
    }

    // MARK: CoDel

    /// RFC 8289, 5.1 to 5.6, over a list.
    struct CoDelReference {
        let target: UInt64
        let interval: UInt64
        var queue: [(number: UInt64, since: UInt64, bytes: Int)] = []
        var dropped: [UInt64] = []
        var firstAboveTime: UInt64 = 0
        var dropNext: UInt64 = 0
        var count = 0
        var lastCount = 0
        var dropping = false

        mutating func doDequeue(_ now: UInt64) -> (
            frame: (number: UInt64, since: UInt64, bytes: Int)?, okToDrop: Bool
        ) {
            if queue.isEmpty {
                firstAboveTime = 0
                return (nil, false)
            }
            let frame = queue.removeFirst()
            var okToDrop = false
            let bytes = queue.reduce(0) { $0 + $1.bytes }
            if now - frame.since < target || bytes <= 1514 {
                firstAboveTime = 0
            } else if firstAboveTime == 0 {
                firstAboveTime = now + interval
            } else if now >= firstAboveTime {
                okToDrop = true
            }
            return (frame, okToDrop)
        }

        func controlLaw(_ time: UInt64, _ count: Int) -> UInt64 {
            time + UInt64(Double(interval) / Double(count).squareRoot())
        }

        mutating func dequeue(_ now: UInt64) -> (number: UInt64, since: UInt64, bytes: Int)? {
            var r = doDequeue(now)
            if dropping {
                if !r.okToDrop { dropping = false }
                while now >= dropNext && dropping {
                    dropped.append(r.frame!.number)
                    r = doDequeue(now)
                    if !r.okToDrop {
                        dropping = false
                    } else {
                        count += 1
                        dropNext = controlLaw(dropNext, count)
                    }
                }
            } else if r.okToDrop {
                dropped.append(r.frame!.number)
                r = doDequeue(now)
                dropping = true
                let delta = count - lastCount
                count = 1
                if delta > 1 && Int(now) - Int(dropNext) < 16 * Int(interval) { count = delta }
                dropNext = controlLaw(now, count)
                lastCount = count
            }
            return r.frame
        }
    }

    @Test(arguments: [1, 2, anySeed()]) func codelIsThatOfTheSpecification(seed: UInt64) {
        let arrivals = Self.arrivals(seed: seed, count: 20_000)
        var queue = QueueProfile()
        (queue.limit, queue.discipline) = (.frames(100_000), .codel(target: 5_000_000, interval: 100_000_000))
        let bench = Self.run(arrivals, queue, seed: seed)

        var reference = CoDelReference(target: 5_000_000, interval: 100_000_000)
        var departures: [UInt64] = []
        var busyUntil: UInt64?
        func begin(_ now: UInt64) {
            guard let next = reference.dequeue(now) else {
                busyUntil = nil
                return
            }
            busyUntil = now + UInt64(next.bytes) * Self.byteTime
            departures.append(now + UInt64(next.bytes) * Self.byteTime)
        }
        for (index, arrival) in arrivals.enumerated() {
            while let end = busyUntil, end <= arrival.at { begin(end) }
            reference.queue.append((UInt64(index + 1), arrival.at, arrival.bytes))
            if busyUntil == nil { begin(arrival.at) }
        }
        while let end = busyUntil { begin(end) }
        #expect(reference.dropped.count > 100, "seed \(seed)")
        Self.expect(bench, dropped: reference.dropped, departures: departures, "CoDel", seed: seed)
        note(
            "CoDel: \(arrivals.count) frames, \(reference.dropped.count) dropped, all as the reference; seed \(seed)"
        )
    }

    /// Under persistent overload by senders that do not listen, the delay of drop-tail is its queue's length; CoDel drops more and
    /// more until its delay is near the target.
    @Test func codelKeepsTheDelayNearItsTarget() {
        var frames: [Arrival] = []
        // 2 % more than the link takes, for 40 s.
        for number in 0..<40_800 as Range<UInt64> {
            frames.append(Arrival(at: 1 + number * 980_392, bytes: 1000))
        }
        var tail = QueueProfile()
        tail.limit = .frames(200)
        var codel = tail
        codel.discipline = .codel(target: 5_000_000, interval: 100_000_000)
        func lateDelays(_ queue: QueueProfile) -> [UInt64] {
            let bench = Self.run(frames, queue, seed: 1)
            return bench.outcomes.deliveries.filter { $0.at.nanoseconds > 30_000_000_000 }.map {
                $0.at.nanoseconds - frames[Int($0.id.number - 1)].at
            }.sorted()
        }
        let (tailDelays, codelDelays) = (lateDelays(tail), lateDelays(codel))
        let (tailMedian, codelMedian) = (tailDelays[tailDelays.count / 2], codelDelays[codelDelays.count / 2])
        #expect(tailMedian > 190_000_000)
        #expect((3_000_000...15_000_000).contains(codelMedian), "median \(codelMedian) ns")
        note(
            "overload 1.02 for 40 s, median delay of the last 10 s: drop-tail of 200 frames \(tailMedian) ns, CoDel with target 5 ms \(codelMedian) ns"
        )
    }

    // MARK: RED

    struct REDCase: CustomTestStringConvertible {
        let inBytes: Bool
        let seed: UInt64
        var testDescription: String { "\(inBytes ? "bytes" : "frames"), seed \(seed)" }
    }

    /// Floyd and Jacobson 1993, figure 2, gentle, over a list.
    @Test(arguments: [
        REDCase(inBytes: false, seed: 1), REDCase(inBytes: true, seed: 2),
        REDCase(inBytes: false, seed: anySeed()),
    ])
    func redIsThatOfThePaper(test: REDCase) {
        let arrivals = Self.arrivals(seed: test.seed, count: 20_000)
        let unit = test.inBytes ? 1000 : 1
        let (minimum, maximum, probability, shift) = (5 * unit, 15 * unit, 0.1, 7)
        var queue = QueueProfile()
        queue.limit = test.inBytes ? .bytes(60 * unit) : .frames(60 * unit)
        queue.discipline = .red(
            minimum: minimum, maximum: maximum, probability: Probability(probability), weightShift: shift)
        let bench = Self.run(arrivals, queue, seed: test.seed)

        var waiting: [(number: UInt64, bytes: Int)] = []
        var (dropped, departures): ([UInt64], [UInt64]) = ([], [])
        var (busyUntil, idleSince): (UInt64?, UInt64) = (nil, 0)
        var source = SplitMix64(seed: test.seed, name: "link out of a/eth0 on cable: queue")
        var random = source.split()
        let weight = 1.0 / 128
        var (average, count) = (0.0, -1)
        func begin(_ now: UInt64) {
            if waiting.isEmpty {
                (busyUntil, idleSince) = (nil, now)
                return
            }
            let next = waiting.removeFirst()
            busyUntil = now + UInt64(next.bytes) * Self.byteTime
            departures.append(now + UInt64(next.bytes) * Self.byteTime)
        }
        for (index, arrival) in arrivals.enumerated() {
            while let end = busyUntil, end <= arrival.at { begin(end) }
            let queued = test.inBytes ? waiting.reduce(0) { $0 + $1.bytes } : waiting.count
            if busyUntil != nil {
                average = (1 - weight) * average + weight * Double(queued)
            } else {
                for _ in 0..<(arrival.at - idleSince) / 1_000_000 { average *= 1 - weight }
            }
            let isFull = busyUntil != nil && queued + (test.inBytes ? arrival.bytes : 1) > 60 * unit
            var drops = isFull
            let (low, high) = (Double(minimum), Double(maximum))
            if drops || average >= 2 * high {
                drops = true
                count = 0
            } else if average >= low {
                count += 1
                var base = probability * (average - low) / (high - low)
                if average >= high { base = probability + (1 - probability) * (average - high) / high }
                let actual = Double(count) * base >= 1 ? 1 : base / (1 - Double(count) * base)
                if Double(random.next() >> 11) / 9_007_199_254_740_992 < actual {
                    drops = true
                    count = 0
                }
            } else {
                count = -1
            }
            if drops {
                dropped.append(UInt64(index + 1))
            } else {
                waiting.append((UInt64(index + 1), arrival.bytes))
                if busyUntil == nil { begin(arrival.at) }
            }
        }
        while let end = busyUntil { begin(end) }
        let early = bench.reasons.filter { $0 == "RED of a/eth0 dropped it" }.count
        #expect(early > 100, "seed \(test.seed)")
        Self.expect(bench, dropped: dropped, departures: departures, "RED", seed: test.seed)
        note(
            "RED in \(test.testDescription): \(arrivals.count) frames, \(dropped.count) dropped, \(early) of them early, all as the reference"
        )
    }
}
