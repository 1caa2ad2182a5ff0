import Guest
import Testing
import TimeTravelProtocol

/// A calendar that follows a script, byte for byte and turn for turn, and a real clock that goes as the script says.
///
/// One line of the script is one thing that happens:
/// ```
/// > REQUEST 4 100    the guest writes this message: operation, sequence number, time
/// < ACK 4            it reads this one (time 0 if none is given)
/// < 01020304         it reads these bytes, less than a message
/// < END              it reads the end of the stream
/// ! 1                while it waits with interrupts on, source 1 can be read
/// @ 5000             while it waits, or looks, the real clock reaches 5000 ns
/// ```
/// `MAX` is 2^64-1, `EVER` 2^63-1. Whatever else the guest does is a problem of the test.
final class ScriptedHost: GuestHost {
    private var lines: [[Substring]]
    private(set) var nanoseconds: UInt64
    let timeOfDay: UInt64 = 1_000_000
    /// Descriptors that ride along with the first message read.
    var descriptors: [Int32] = []
    private(set) var problem: String?

    init(_ script: String, nanoseconds: UInt64 = 0) {
        self.nanoseconds = nanoseconds
        lines = script.split(separator: "\n").map { $0.split(separator: " ") }.filter { !$0.isEmpty }
    }

    /// What is wrong, nil if the script was followed to its end.
    var verdict: String? {
        problem ?? (lines.isEmpty ? nil : "the guest is done before: \(lines[0].joined(separator: " "))")
    }

    private static func number(_ text: Substring) -> UInt64 {
        switch text {
        case "MAX": .max
        case "EVER": GuestTime.never
        default: UInt64(text.filter { $0 != "_" })!
        }
    }

    private static func bytes(_ words: ArraySlice<Substring>) -> [UInt8] {
        let words = Array(words)
        guard let operation = TimeTravelProtocol.Operation.allCases.first(where: { $0.name == words[0] })
        else {
            if words[0].hasPrefix("OP") {
                var bytes: [UInt8] = []
                Message(code: UInt32(words[0].dropFirst(2))!, sequence: UInt32(words[1])!, time: 0).encode(
                    into: &bytes)
                return bytes
            }
            return stride(from: 0, to: words[0].count, by: 2).map { index in
                UInt8(words[0].dropFirst(index).prefix(2), radix: 16)!
            }
        }
        var bytes: [UInt8] = []
        Message(operation, sequence: UInt32(words[1])!, time: words.count > 2 ? number(words[2]) : 0).encode(
            into: &bytes)
        return bytes
    }

    private func wrong(_ what: String) -> GuestError {
        let expected = lines.first?.joined(separator: " ") ?? "its end"
        problem = problem ?? "the guest \(what) where the script has: \(expected)"
        return .linkFailed(reason: "the script is not followed")
    }

    func write(_ bytes: [UInt8]) throws(GuestError) {
        guard let line = lines.first, line[0] == ">", Self.bytes(line.dropFirst()) == bytes else {
            var decoder = MessageDecoder()
            let message = bytes.count == Message.size ? decoder.decode(bytes) : nil
            throw wrong(
                "writes \(message.map { "\($0.operation?.name ?? "?") \($0.sequence) \($0.time)" } ?? "\(bytes)")"
            )
        }
        lines.removeFirst()
    }

    func read(limit: Int, descriptors: inout [Int32]) throws(GuestError) -> [UInt8] {
        guard let line = lines.first, line[0] == "<" else { throw wrong("reads") }
        lines.removeFirst()
        descriptors += self.descriptors
        self.descriptors = []
        return line[1] == "END" ? [] : Self.bytes(line.dropFirst())
    }

    func close() {}

    func wait(link: Bool, sources: [Int32], until deadline: UInt64?) throws(GuestError) -> GuestHostReadiness
    {
        if let line = lines.first, line[0] == "!" {
            guard let index = sources.firstIndex(of: Int32(line[1])!) else {
                throw wrong("waits with interrupts off")
            }
            lines.removeFirst()
            return .source(index)
        }
        if let line = lines.first, line[0] == "@" {
            lines.removeFirst()
            nanoseconds = max(nanoseconds, Self.number(line[1]))
            if let deadline, nanoseconds >= deadline { return .deadline }
        }
        if link, let line = lines.first, line[0] == "<" { return .link }
        guard let deadline else { throw wrong("waits") }
        nanoseconds = max(nanoseconds, deadline)
        return .deadline
    }

    /// Work that takes real time.
    func work(_ duration: UInt64) { nanoseconds += duration }
}

/// The beginning of every guest's conversation: START 1, GET_TOD 2, GET 3; it is client 7, the wall clock 1000 + `now`.
func prelude(_ now: UInt64 = 0) -> String {
    """
    > START 1 7
    < ACK 1
    > GET_TOD 2 MAX
    < ACK 2 \(1000 + now)
    > GET 3 MAX
    < ACK 3 \(now)

    """
}

/// A guest with a calendar, and what came of `body`.
func converse(
    _ script: String, now: UInt64 = 0, _ body: (GuestTime) throws(GuestError) -> Void
) -> (time: UInt64?, error: GuestError?, problem: String?) {
    let host = ScriptedHost(prelude(now) + script)
    do throws(GuestError) {
        let time = try GuestTime(ClockOptions(mode: .external(id: 7, path: "")), host: host)
        try body(time)
        return (time.now, nil, host.verdict)
    } catch {
        return (nil, error, host.verdict)
    }
}

/// Writes down what happens and when.
final class Log {
    private(set) var entries: [String] = []
    func callAsFunction(_ text: String) { entries.append(text) }

    func event(_ name: String, of time: GuestTime) -> GuestEvent {
        GuestEvent { [self] () throws(GuestError) in self("\(name)@\(time.now)") }
    }
}
