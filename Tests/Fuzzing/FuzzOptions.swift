/// What the program `fuzz` is asked for.
package struct FuzzOptions: Sendable {
    package var targets: [FuzzTarget] = FuzzTargets.all
    package var seed: UInt64 = 1
    package var count: UInt64 = 100_000
    /// The first input.
    package var first: UInt64 = 0
    /// Seconds without progress after which an input hangs.
    package var patience = 10
    /// The file in which a worker notes its progress; nil for the supervisor.
    package var progress: String?

    package init(_ arguments: [String]) throws {
        var rest = arguments[...]
        while let option = rest.popFirst() {
            guard let value = rest.popFirst() else { throw FuzzFailure("\(option) needs a value") }
            func number() throws -> UInt64 {
                guard let number = UInt64(value) else {
                    throw FuzzFailure("\(option) needs a number, not '\(value)'")
                }
                return number
            }
            switch option {
            case "--target":
                guard value != "all" else { break }
                guard let target = FuzzTargets.named(value) else {
                    throw FuzzFailure("no target is called '\(value)': there are \(FuzzTargets.names)")
                }
                targets = [target]
            case "--seed": seed = try number()
            case "--count": count = try number()
            case "--first": first = try number()
            case "--index": (first, count) = (try number(), 1)
            case "--patience": patience = Int(clamping: try number())
            case "--progress": progress = value
            default: throw FuzzFailure("unknown option '\(option)'")
            }
        }
    }
}
