internal import Foundation
internal import Glibc
internal import Posix
internal import SystemPackage

/// A program of the host that runs to its end, and what it prints on standard output.
///
/// Not Foundation's `Process`: where memory or descriptors are short, that may wait forever for the end of its child.
package struct HelperProgram: ~Copyable {
    /// How it ended: its exit code, and its standard output without the newline at its end.
    package struct Outcome {
        package let status: Int32
        package let output: String
    }

    private var child: ChildProcess
    private let output: Descriptor

    /// Runs the program and waits for its end.
    ///
    /// - Parameters:
    ///   - program: absolute path.
    ///   - quiet: what it writes to standard error is dropped.
    ///   - diesWithParent: it is killed when this process is.
    package static func run(
        _ program: String, _ arguments: [String], quiet: Bool, diesWithParent: Bool = false
    ) throws(RunError) -> Outcome {
        do {
            var running = try HelperProgram(program, arguments, quiet: quiet, diesWithParent: diesWithParent)
            return try running.wait()
        } catch {
            throw RunError(.environment, "cannot run \(program): \(error)")
        }
    }

    private init(_ program: String, _ arguments: [String], quiet: Bool, diesWithParent: Bool) throws {
        let environment = ProcessInfo.processInfo.environment.map { "\($0.key)=\($0.value)" }.sorted()
        let pipe = try Posix.pipe()
        // A program whose standard error is closed has nothing to hand over.
        let copy = quiet ? -1 : fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)
        let errors = copy >= 0 ? Descriptor(owning: copy) : try Posix.open("/dev/null", .writeOnly)
        let reading = try pipe.reading.duplicate()
        child = try ChildProcess(
            program: program, arguments: arguments, environment: environment,
            standardOutput: pipe.writing, standardError: errors,
            options: diesWithParent ? [.diesWithParent] : [])
        output = reading
    }

    private mutating func wait() throws -> Outcome {
        var bytes: [UInt8] = []
        var room = [UInt8](repeating: 0, count: 4096)
        while true {
            // The pointer is used only inside the call.
            let result = unsafe room.withUnsafeMutableBytes { buffer in
                Result { () throws(Errno) in try unsafe output.read(into: buffer) }
            }
            let count = try result.get()
            if count == 0 { break }
            bytes += room[..<count]
        }
        while true {
            _ = try Posix.waitReadable([child.descriptor.number], until: nil)
            guard let status = try child.reap() else { continue }
            let text = String(decoding: bytes, as: UTF8.self)
            switch status {
            case .exited(let code):
                return Outcome(
                    status: code, output: text.trimmingCharacters(in: .whitespacesAndNewlines))
            case .signaled: throw Killed(description: "\(status)")
            }
        }
    }

    /// It did not end by itself.
    private struct Killed: Error, CustomStringConvertible {
        let description: String
    }
}
