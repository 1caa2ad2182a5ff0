import Foundation
import Testing

/// A command at a terminal: `script` gives it one.
final class TestTerminal {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    /// What has come and was not waited for.
    private var text = ""
    /// All that has come.
    private(set) var transcript = ""

    init(_ command: String, in folder: String, rows: Int = 30, columns: Int = 90) throws {
        process.executableURL = URL(fileURLWithPath: "/usr/bin/script")
        process.arguments = ["-qfec", "stty rows \(rows) columns \(columns); exec \(command)", "/dev/null"]
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.environment = ProcessInfo.processInfo.environment.merging(["TERM": "xterm"]) { $1 }
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let descriptor = output.fileHandleForReading.fileDescriptor
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    private func receive() {
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = unsafe read(output.fileHandleForReading.fileDescriptor, &buffer, buffer.count)
            guard count > 0 else { return }
            let part = String(decoding: buffer[..<count], as: UTF8.self)
            text += part
            transcript += part
        }
    }

    /// Waits until a text comes.
    func wait(for wanted: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let limit = Date().addingTimeInterval(120)
        while true {
            receive()
            if let place = text.range(of: wanted) {
                text = String(text[place.upperBound...])
                return
            }
            try #require(
                process.isRunning && Date() < limit, "'\(wanted)' does not come: \(transcript)",
                sourceLocation: sourceLocation)
            usleep(10_000)
        }
    }

    func type(_ keys: String) { try? input.fileHandleForWriting.write(contentsOf: Data(keys.utf8)) }

    /// The terminal goes away.
    func hangUp() {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Waits for the end of the command.
    ///
    /// - Returns: its exit status.
    func end() throws -> Int32 {
        let limit = Date().addingTimeInterval(120)
        while process.isRunning {
            receive()
            try #require(Date() < limit, "it does not end: \(transcript)")
            usleep(10_000)
        }
        receive()
        return process.terminationStatus
    }
}
