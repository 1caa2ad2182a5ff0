import Foundation
import Fuzzing
import Testing

/// A short run of each target: what `make fuzz` runs long.
struct FuzzTests {
    private static let seed: UInt64 = 13

    @Test(arguments: FuzzTargets.all) func propertiesHold(_ target: FuzzTarget) throws {
        let name = target.name
        let count = target.most == .max ? 256 : 32
        let (status, text) = try FuzzProgram.run([
            "--target", name, "--seed", "\(Self.seed)", "--count", "\(count)", "--patience", "60",
        ])
        #expect(status == 0, "\(text)")
        #expect(text.hasPrefix("\(name): \(count) inputs of seed \(Self.seed) "), "\(text)")
        // Deep states are reached, not only the first check: the lines after the first are outcomes.
        #expect(text.split(separator: "\n").count > 3, "\(text)")
    }
}

/// The program built together with these tests.
enum FuzzProgram {
    private static let program = Bundle.main.executableURL!.deletingLastPathComponent()
        .appendingPathComponent("fuzz")

    static func run(_ arguments: [String]) throws -> (status: Int32, text: String) {
        let process = Process()
        let output = Pipe()
        process.executableURL = program
        process.arguments = arguments
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text)
    }
}
