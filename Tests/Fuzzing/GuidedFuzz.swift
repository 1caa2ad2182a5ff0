internal import Foundation
internal import Glibc
internal import Posix

/// One input after the other from a fuzzer that watches coverage.
package enum GuidedFuzz {
    private static let target: FuzzTarget = {
        Posix.ignoreBrokenPipes()
        let name = ProcessInfo.processInfo.environment["TARGET"] ?? ""
        guard let target = FuzzTargets.named(name) else {
            print("fuzz-guided: TARGET=\(name) is not one target: give \(FuzzTargets.names)")
            // libFuzzer takes an ordinary exit for a failure.
            fflush(nil)
            _exit(2)
        }
        return target
    }()
    /// One thread calls.
    nonisolated(unsafe) private static var world: (any FuzzWorld)?
    nonisolated(unsafe) private static var count: UInt64 = 0

    package static func run(_ choices: [UInt8]) throws {
        if unsafe count.isMultiple(of: target.batch) { unsafe world = nil }
        unsafe count += 1
        let world = try unsafe world ?? target.makeWorld()
        unsafe self.world = world
        var random = FuzzRandom(choices: choices)
        _ = try world.run(&random)
    }
}
