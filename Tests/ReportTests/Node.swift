import Foundation

/// Node.js, which runs the tests and the checks of the report page's script.
enum Node {
    /// Why it cannot be run; one line.
    struct Missing: Error, CustomStringConvertible {
        let description =
            "node is not on the PATH: install the package nodejs (tools/prepare), version 18 or later"
    }

    struct Result {
        let status: Int32
        /// Standard output and error in one.
        let output: String
    }

    private static var program: String? {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/node" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// Runs node to its end.
    static func run(_ arguments: [String]) throws -> Result {
        guard let program else { throw Missing() }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Result(status: process.terminationStatus, output: String(decoding: output, as: UTF8.self))
    }
}
