internal import Glibc

/// Goes wrong at known inputs: what the harness itself is tested with.
final class SelfTestWorld: FuzzWorld {
    enum Fault: Sendable {
        case trap, hang, failure, leak
    }

    static let targets: [FuzzTarget] = [
        FuzzTarget("self-trap") { SelfTestWorld(.trap) }, FuzzTarget("self-hang") { SelfTestWorld(.hang) },
        FuzzTarget("self-failure", batch: 4) { SelfTestWorld(.failure) },
        FuzzTarget("self-leak", batch: 4) { SelfTestWorld(.leak) },
    ]

    private let fault: Fault

    init(_ fault: Fault) { self.fault = fault }

    func run(_ random: inout FuzzRandom) throws -> String {
        guard random.oneIn(50) else { return "well" }
        switch fault {
        case .trap: preconditionFailure("a trap")
        case .hang: while true { usleep(1000) }
        case .failure: throw FuzzFailure("a property that does not hold")
        case .leak: _ = dup(0)
        }
        return "lost"
    }
}
