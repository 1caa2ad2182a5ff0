internal import Network

/// Makes explicit faults of random ones, from the lab's seed.
///
/// Instants, kinds and durations are drawn without a look at the machines. Who is hit is decided by each candidate's own
/// number (highest random weight: Thaler, Ravishankar, "A name-based mapping scheme for rendezvous", 1996), so a new machine
/// takes the place of others now and then and changes nothing else. No machine and no link has two faults at a time; nor are two
/// partitions.
struct FaultDrawing {
    /// How long a machine takes to boot, ns: it is not hit again before.
    private static let bootTime = LabFile.firstCommand

    private let plan: LabPlan
    /// Numbers of the names of machines, and of their interfaces: `lan/m1`.
    private let names: [UInt64]
    private let links: [[UInt64]]
    /// Networks on whose links anything can happen: what happens there needs some time between machines.
    private let canBeShaped: [Bool]
    /// When machines have a fault, they or one of their links.
    private var busy: [[Range<UInt64>]]
    private var partitions: [Range<UInt64>] = []

    /// - Parameter fixed: faults that the lab has anyway.
    init(_ plan: LabPlan, fixed: [FaultPlan]) {
        self.plan = plan
        names = plan.machines.map { StableHash.of($0.name) }
        links = plan.machines.map { machine in
            machine.interfaces.map { StableHash.of("\(plan.networks[$0.network].name)/\(machine.name)") }
        }
        canBeShaped = NetworkFloors.all(of: plan).map { $0.leastDelay > 0 }
        busy = [[Range<UInt64>]](repeating: [], count: plan.machines.count)
        for fault in fixed { mark(fault, among: fixed) }
    }

    /// - Parameter name: whose numbers they are.
    /// - Returns: in the order of time.
    mutating func draw(_ random: RandomFaults, name: String) -> [FaultPlan] {
        var instants = SplitMix64(seed: plan.seed, name: name)
        var faults: [(start: UInt64, action: FaultAction, duration: UInt64?)] = []
        var now = random.window.lowerBound
        var number = 0
        while true {
            now += value(in: random.every, &instants)
            var generator = SplitMix64(seed: plan.seed, name: "\(name)/\(number)")
            number += 1
            var duration = random.duration
            guard now < random.window.upperBound else { break }
            if random.ending == .heal {
                let rest = random.window.upperBound - now
                guard rest >= duration.lowerBound else { break }
                duration = duration.lowerBound...min(duration.upperBound, rest)
            }
            let kind = random.kinds[Int(value(in: 0...UInt64(random.kinds.count - 1), &generator))]
            let length = value(in: duration, &generator)
            guard let action = action(kind, random, at: now, for: length, &generator) else { continue }
            switch action {
            case .kill: faults.append((now, action, nil))
            case .clock(let machine, let step?, nil):
                faults.append((now, action, nil))
                guard now + length < plan.until ?? .max else { continue }
                faults.append((now + length, .clock(machine: machine, step: -step, drift: nil), nil))
            default: faults.append((now, action, length))
            }
        }
        // Equal instants stay in the order of drawing.
        let order = faults.indices.sorted { (faults[$0].start, $0) < (faults[$1].start, $1) }
        return order.map {
            FaultPlan(start: .at(faults[$0].start), duration: faults[$0].duration, action: faults[$0].action)
        }
    }

    // MARK: One fault

    /// nil when nobody is free.
    private mutating func action(
        _ kind: RandomFaults.Kind, _ random: RandomFaults, at start: UInt64, for length: UInt64,
        _ generator: inout SplitMix64
    ) -> FaultAction? {
        let salt = generator.next()
        var span = start..<start + length
        if kind == .partition || kind == .cut {
            guard !partitions.contains(where: { $0.overlaps(span) }) else { return nil }
            partitions.append(span)
            let (first, second) = sides(random.machines, salt)
            return kind == .partition ? .partition([first, second]) : .cut(from: first, to: second)
        }
        // The last moment of a clock is its step back.
        if kind == .kill { span = start..<span.upperBound + Self.bootTime }
        if kind == .clock { span = start..<span.upperBound + 1 }
        guard let (machine, interface) = victim(kind, random.machines, span, salt) else { return nil }
        busy[machine].append(span)
        var change = LinkChange()
        switch kind {
        case .partition, .cut: return nil
        case .kill: return .kill(machine: machine, restartAfter: length)
        case .pause: return .pause(machine: machine)
        case .clock:
            let step = Int64(value(in: random.clock, &generator))
            return .clock(machine: machine, step: generator.next() & 1 == 0 ? step : -step, drift: nil)
        case .down: change.isDown = true
        case .loss:
            let share = share(in: random.loss, &generator)
            change.set(\.loss, to: LinkValues.independent(share))
        case .latency: change.set(\.latency, to: value(in: random.latency, &generator))
        case .corrupt: change.set(\.corrupt, to: share(in: random.corrupt, &generator))
        }
        return .link(network: plan.machines[machine].interfaces[interface].network, machine: machine, change)
    }

    /// Two sides, neither empty: each machine's own coin says which is its.
    private func sides(_ machines: [Int], _ salt: UInt64) -> ([Int], [Int]) {
        let present = machines.filter { !plan.machines[$0].interfaces.isEmpty }
        var sides: ([Int], [Int]) = ([], [])
        for machine in present {
            if weight(names[machine], salt) & 1 == 0 {
                sides.0.append(machine)
            } else {
                sides.1.append(machine)
            }
        }
        guard sides.0.isEmpty || sides.1.isEmpty else { return sides }
        let lonely = present.max { weight(names[$0], salt) < weight(names[$1], salt) }
        return (present.filter { $0 == lonely }, present.filter { $0 != lonely })
    }

    /// The machine with the highest weight of those that are free, with one of its interfaces for faults of links.
    private func victim(_ kind: RandomFaults.Kind, _ machines: [Int], _ span: Range<UInt64>, _ salt: UInt64)
        -> (Int, Int)?
    {
        var best: (machine: Int, interface: Int)?
        var highest: UInt64 = 0
        func consider(_ machine: Int, _ interface: Int, _ name: UInt64) {
            let weight = weight(name, salt)
            guard best == nil || weight > highest else { return }
            best = (machine, interface)
            highest = weight
        }
        for machine in machines where !busy[machine].contains(where: { $0.overlaps(span) }) {
            if kind.needsKernel {
                if plan.machines[machine].model == nil { consider(machine, 0, names[machine]) }
            } else {
                for (interface, name) in links[machine].enumerated()
                where kind == .down || canBeShaped[plan.machines[machine].interfaces[interface].network] {
                    consider(machine, interface, name)
                }
            }
        }
        return best
    }

    private func weight(_ name: UInt64, _ salt: UInt64) -> UInt64 {
        var generator = SplitMix64(seed: salt ^ name, name: "")
        return generator.next()
    }

    // MARK: What goes wrong anyway

    /// Events come when they come: what waits for one is not known here.
    private mutating func mark(_ fault: FaultPlan, among faults: [FaultPlan]) {
        guard case .at(let start) = fault.start else { return }
        let span = start..<(fault.duration.map { start + $0 } ?? .max)
        switch fault.action {
        case .partition, .cut: partitions.append(span)
        case .link(_, let machine, _), .pause(let machine): busy[machine].append(span)
        case .kill(let machine, let delay?): busy[machine].append(start..<start + delay + Self.bootTime)
        case .kill(let machine, nil):
            let restart = faults.compactMap { Self.restart(of: machine, by: $0) }.filter { $0 >= start }.min()
            busy[machine].append(start..<(restart ?? .max))
        case .restart(let machine): busy[machine].append(start..<start + Self.bootTime)
        case .clock(let machine, _, nil): busy[machine].append(start..<start + 1)
        case .clock(let machine, _, _): busy[machine].append(span)
        }
    }

    /// When a fault boots a machine, if that is all it does.
    private static func restart(of machine: Int, by fault: FaultPlan) -> UInt64? {
        guard case .restart(machine) = fault.action, case .at(let start) = fault.start else { return nil }
        return start
    }

    // MARK: Numbers

    /// Uniform, in steps of a power of ten that are at most a ten-thousandth of the range, so that people can read it.
    private func value(in range: ClosedRange<UInt64>, _ random: inout SplitMix64) -> UInt64 {
        let width = range.upperBound - range.lowerBound
        var step: UInt64 = 1
        while step <= width / 100_000 { step *= 10 }
        return range.lowerBound + step * random.next().multipliedFullWidth(by: width / step + 1).high
    }

    private func share(in range: ClosedRange<Probability>, _ random: inout SplitMix64) -> Probability {
        let parts = value(
            in: UInt64(range.lowerBound.partsPerBillion)...UInt64(range.upperBound.partsPerBillion), &random)
        return Probability(partsPerBillion: UInt32(parts))
    }
}
