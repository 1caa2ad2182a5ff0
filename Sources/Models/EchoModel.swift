internal import Network

/// Answers: ARP and ICMP echo, as every model does, and UDP echo (RFC 862).
package struct EchoModel: Model {
    package static let kind = "echo"
    package static let meaning = "Answers UDP datagrams."
    package static let parameters = [
        ModelParameter(
            "port", .integer(1...65535), "UDP port.", default: .integer(7),
            example: "7")
    ]

    package static func ends(_ settings: ModelSettings) -> Bool { false }

    package static func summary(_ settings: ModelSettings) -> String {
        "echo port \(settings.integer("port"))"
    }

    private let port: UInt16

    package init(_ settings: ModelSettings) { port = UInt16(settings.integer("port")) }

    package func run(on machine: ModelMachine) async throws -> Int {
        let tally = Tally()
        machine.stack.onUDP[port] = { [unowned machine] datagram, peer in
            var answer = datagram
            swap(&answer.sourcePort, &answer.destinationPort)
            machine.stack.send(answer, to: peer)
            tally.count += 1
        }
        await machine.untilTheEnd()
        machine.say("\(tally.count) datagrams echoed")
        return 0
    }

    private final class Tally {
        var count: UInt64 = 0
    }
}
