internal import Posix
internal import SystemPackage
internal import TimeTravelProtocol

/// A client that keeps all rules: asks for its next turn, ends this one, acknowledges. It checks every answer.
final class HonestClient {
    private let socket: SocketEnd
    private var decoder = MessageDecoder()
    private var sequence: UInt32 = 0
    private var asked: UInt64 = 0
    /// Its own time, ns.
    private(set) var now: UInt64 = 0
    private(set) var turns = 0

    /// ns between its turns.
    private static let interval: UInt64 = 1000

    init(_ socket: consuming Descriptor) {
        self.socket = SocketEnd(socket)
        say([(.start, 2)])
    }

    private func say(_ messages: [(Operation, UInt64)], after answers: [UInt8] = []) {
        var bytes = answers
        for (operation, time) in messages {
            sequence &+= 1
            Message(operation, sequence: sequence, time: time).encode(into: &bytes)
        }
        socket.send(bytes)
    }

    /// Reads what is there, acknowledges, and uses its turn if it has one.
    func step() throws {
        let bytes = socket.receive()
        guard !bytes.isEmpty else { return }
        var answers: [UInt8] = []
        var hasTurn = false
        try unsafe bytes.withUnsafeBytes { buffer in
            var rest = unsafe buffer
            while let message = unsafe decoder.decode(&rest) {
                switch message.operation {
                case .ack:
                    // START's answer is the first.
                    if turns == 0, asked == 0 { hasTurn = true }
                    continue
                case .run:
                    guard message.time >= max(now, asked) else {
                        throw FuzzFailure("RUN for \(message.time); it is \(now), \(asked) was asked for")
                    }
                    now = message.time
                    hasTurn = true
                case .freeUntil, .broadcast: break
                default: throw FuzzFailure("the calendar says \(message)")
                }
                Message(.ack, sequence: message.sequence).encode(into: &answers)
            }
        }
        guard hasTurn else { return socket.send(answers) }
        turns += 1
        asked = now + Self.interval
        say([(.request, asked), (.wait, 0)], after: answers)
    }
}
