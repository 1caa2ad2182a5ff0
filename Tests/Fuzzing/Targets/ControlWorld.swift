internal import Lab

/// What a machine's init says over its control device: streams of messages in any split, with changes. The messages change the
/// machine's state, between what its run does.
final class ControlWorld: FuzzWorld {
    private static let good: [UInt8] = frame(2, []) + frame(6, [])

    func run(_ random: inout FuzzRandom) throws -> String {
        try checkGood()
        var stream: [UInt8] = []
        var lengths: [Int] = []
        for _ in 0..<1 + random.below(6) {
            let message = Self.message(&random)
            lengths.append(message.count)
            stream += message
        }
        let isChanged = random.oneIn(2)
        if isChanged { random.mutate(&stream) }
        var machine = try LifecycleWatch(isStarted: !random.oneIn(8))
        var messages: [ControlMessage] = []
        do throws(ControlDecoder.Failure) {
            var decoder = ControlDecoder()
            var rest = stream[...]
            while !rest.isEmpty {
                let part = rest.prefix(1 + random.below(max(1, stream.count)))
                rest = rest.dropFirst(part.count)
                let came = try decoder.decode(Array(part))
                messages += came
                machine.queue(came, &random)
            }
        } catch {
            guard isChanged else { throw FuzzFailure("\(error) in a stream that is right") }
            machine.queue(error)
            return try "\(Outcome.of(error)): \(machine.endRun())"
        }
        guard isChanged || messages.count == lengths.count else {
            throw FuzzFailure("\(lengths.count) messages were sent, \(messages.count) came")
        }
        return try "\(messages.last.map(Self.name) ?? "nothing"): \(machine.endRun())"
    }

    /// Another machine's decoder, beside.
    private func checkGood() throws {
        var decoder = ControlDecoder()
        let messages = try decoder.decode(Array(Self.good[..<7])) + decoder.decode(Array(Self.good[7...]))
        guard messages == [.ready, .bye] else { throw FuzzFailure("a good stream was read as \(messages)") }
    }

    private static func name(_ message: ControlMessage) -> String {
        switch message {
        case .hello: "hello"
        case .ready: "ready"
        case .started: "started"
        case .output: "output"
        case .ended: "ended"
        case .bye: "bye"
        case .problem: "problem"
        case .outlook: "outlook"
        case .stored: "stored"
        case .errors: "errors"
        case .need: "need"
        case .taken: "taken"
        case .artifact(let entry): "artifact \(entry)"
        }
    }

    static func frame(_ type: UInt8, _ payload: [UInt8]) -> [UInt8] {
        VhostUser.u32(UInt32(payload.count)) + [type] + payload
    }

    /// One message as init sends it, its values at boundaries now and then.
    static func message(_ random: inout FuzzRandom) -> [UInt8] {
        func word(_ random: inout FuzzRandom) -> [UInt8] {
            VhostUser.u32(UInt32(truncatingIfNeeded: random.oneIn(3) ? random.number() : random.next() % 3))
        }
        switch random.below(14) {
        case 0: return frame(1, random.oneIn(4) ? word(&random) : [3, 0, 0, 0])
        case 1: return frame(2, [])
        case 2: return frame(3, word(&random) + word(&random))
        case 3, 4: return frame(4, word(&random) + random.bytes(random.below(20)))
        case 5, 6:
            let words = (0..<4).flatMap { _ in word(&random) }
            return frame(5, words + [UInt8(random.below(32))])
        case 7: return frame(6, [])
        case 8: return frame(7, random.bytes(random.below(12)))
        case 9: return frame(9, [])
        default:
            return frame(
                8,
                VhostUser.u64(random.number()) + VhostUser.u64(random.number()) + word(&random)
                    + random.bytes(random.below(8)))
        }
    }
}
