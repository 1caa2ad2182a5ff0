import Foundation
import Testing

/// The programs of Wireshark, run as a reader of captures would run them.
enum Tshark {
    /// What a program said; it must have had no complaints about the file.
    private static func run(_ program: String, _ arguments: [String]) throws -> String {
        let folder = NSTemporaryDirectory() + "almanac-tshark-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let paths = ["\(folder)/output", "\(folder)/errors"]
        for path in paths { try Data().write(to: URL(fileURLWithPath: path)) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        // The user's own preferences must not change what is shown.
        process.environment = ["PATH": "/usr/bin:/bin", "HOME": folder, "LC_ALL": "C.UTF-8", "TZ": "UTC"]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle(forWritingAtPath: paths[0])
        process.standardError = FileHandle(forWritingAtPath: paths[1])
        try process.run()
        let limit = Date().addingTimeInterval(60)
        while process.isRunning, Date() < limit { Thread.sleep(forTimeInterval: 0.01) }
        if process.isRunning {
            Issue.record("\(program) \(arguments) did not end within 60 s")
            kill(process.processIdentifier, SIGKILL)
        }
        process.waitUntilExit()
        let errors = try String(contentsOfFile: paths[1], encoding: .utf8)
            .split(separator: "\n").filter { !$0.hasPrefix("Running as user") }
        #expect(process.terminationStatus == 0 && errors.isEmpty, "\(program) \(arguments): \(errors)")
        return try String(contentsOfFile: paths[0], encoding: .utf8)
    }

    private static func find(_ program: String) throws -> String {
        let path = ["/usr/local/bin", "/usr/bin"].map { "\($0)/\(program)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
        return try #require(path, "\(program) is not there: install the package tshark, as `make test` does")
    }

    /// Values of `fields` for each packet of a capture, or of those that `filter` lets pass. Checksums are checked.
    static func read(_ path: String, filter: String = "frame", _ fields: String...) throws -> [[String]] {
        let program = try find("tshark")
        var arguments = ["-n", "-r", path, "-Y", filter]
        for protocolName in ["tcp", "udp", "ip"] {
            arguments += ["-o", "\(protocolName).check_checksum:TRUE"]
        }
        arguments += ["-T", "fields", "-E", "separator=/t"]
        for field in fields { arguments += ["-e", field] }
        return try run(program, arguments).split(separator: "\n").map { line in
            line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        }
    }

    /// Numbers of the packets that are malformed or have what Wireshark warns of: a wrong checksum, for example.
    static func complaints(_ path: String) throws -> [String] {
        try read(path, filter: "_ws.malformed || _ws.expert.severity >= 0x600000", "frame.number").map {
            $0[0]
        }
    }

    /// What capinfos, which tshark brings with it, says of a capture, line by line.
    static func capinfos(_ path: String) throws -> [String] {
        try run(find("capinfos"), ["-M", path]).split(separator: "\n").map { line in
            line.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
        }
    }
}
