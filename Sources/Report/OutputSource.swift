/// Where a machine's output comes from; commands and checks have numbers from 1.
package enum OutputSource: Hashable, Sendable {
    case console
    case command(UInt64)
    case check(UInt64)

    /// Name of its file in the machine's folder.
    package var fileName: String {
        switch self {
        case .console: "console.log"
        case .command(let number): "\(number).out"
        case .check(let number): "check-\(number).out"
        }
    }
}
