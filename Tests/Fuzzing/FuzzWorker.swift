internal import Glibc
internal import Posix

/// What came of a range of inputs.
package struct FuzzReport: Codable, Sendable {
    /// A property that did not hold, or a worker that ended.
    package struct Failure: Codable, Sendable {
        package var index: UInt64
        package var text: String
    }

    package var inputs: UInt64 = 0
    package var outcomes: [String: UInt64] = [:]
    /// Most resident memory, KiB.
    package var peakMemory = 0
    package var failures: [Failure] = []

    package init() {}

    package mutating func add(_ other: FuzzReport) {
        inputs += other.inputs
        outcomes.merge(other.outcomes, uniquingKeysWith: +)
        peakMemory = max(peakMemory, other.peakMemory)
        failures += other.failures
    }
}

/// Runs inputs of a target in this process.
package enum FuzzWorker {
    /// Failures after which no more inputs are run.
    package static let failureLimit = 10
    /// Growth of resident memory between warm-up and end that counts as a leak, KiB.
    private static let growthLimit = 64 * 1024
    /// Inputs of the warm-up.
    private static let warmUp: UInt64 = 20_000

    /// - Parameters:
    ///   - range: indices of the inputs; the first should begin a batch.
    ///   - note: is called with the index of each input before it runs.
    package static func run(
        _ target: FuzzTarget, seed: UInt64, _ range: Range<UInt64>, note: (UInt64) -> Void = { _ in }
    ) throws -> FuzzReport {
        Posix.ignoreBrokenPipes()
        var report = FuzzReport()
        var index = range.lowerBound
        var warmMemory: Int?
        while index < range.upperBound, report.failures.count < failureLimit {
            let end = min(range.upperBound, index - index % target.batch + target.batch)
            let before = try lowestDescriptor()
            try runBatch(target, seed: seed, &index, end, note, &report)
            // Who loses descriptors loses them for good.
            let after = try lowestDescriptor()
            if after != before, report.failures.isEmpty {
                report.failures.append(
                    .init(
                        index: index - 1,
                        text: "descriptors are lost: the lowest free one was \(before), is \(after)"))
            }
            index = end
            if warmMemory == nil, report.inputs >= warmUp { warmMemory = memory("VmRSS:") }
        }
        report.peakMemory = memory("VmHWM:")
        let growth = memory("VmRSS:") - (warmMemory ?? .max / 2)
        if growth > growthLimit {
            report.failures.append(.init(index: index - 1, text: "memory grew by \(growth) KiB"))
        }
        return report
    }

    private static func runBatch(
        _ target: FuzzTarget, seed: UInt64, _ index: inout UInt64, _ end: UInt64, _ note: (UInt64) -> Void,
        _ report: inout FuzzReport
    ) throws {
        let world = try target.makeWorld()
        while index < end {
            note(index)
            var random = FuzzRandom(seed: seed, index: index)
            do {
                report.outcomes[try world.run(&random), default: 0] += 1
                report.inputs += 1
                index += 1
            } catch {
                report.inputs += 1
                report.failures.append(.init(index: index, text: "\(error)"))
                index += 1
                return
            }
        }
    }

    private static func lowestDescriptor() throws -> CInt {
        let file = try Posix.open("/dev/null", .readOnly)
        return file.number
    }

    /// A line of /proc/self/status, KiB; 0 when it is not there.
    private static func memory(_ key: String) -> Int {
        guard let file = try? Posix.open("/proc/self/status", .readOnly),
            let bytes = try? file.read(4096, at: 0)
        else { return 0 }
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") where line.hasPrefix(key) {
            return Int(line.split(separator: "\t").last?.split(separator: " ").first ?? "") ?? 0
        }
        return 0
    }
}
