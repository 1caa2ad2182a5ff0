internal import ArgumentParser
internal import Glibc
internal import Lab
internal import LabPlan

/// The command line: parse, call, print.
@main
struct Almanac: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "almanac",
        abstract: "Real Linux machines on simulated time: hours in seconds, from one YAML file.",
        discussion: """
            Exit codes: 0 the lab passed, 1 the lab failed, 2 usage or lab file, 3 environment (no kernel, no tool), \
            4 internal error, 130 interrupted.
            """,
        version: versionLine,
        subcommands: [
            Run.self, Replay.self, Exec.self, Shell.self, Gdb.self, Processes.self, Put.self, Resume.self,
            StopCommand.self, Verify.self, Check.self, Convert.self, Schema.self, CalendarCommand.self,
            TraceCommand.self,
            Get.self, ReportCommand.self, KernelCommand.self,
            Doctor.self,
        ])

    /// Parses and runs; every error ends as one line and the exit code of its kind.
    static func main() {
        var command: any ParsableCommand
        do {
            command = try parseAsRoot()
        } catch {
            exitAfterParsing(error)
        }
        do {
            try command.run()
        } catch let code as ExitCode {
            Glibc.exit(code.rawValue)
        } catch let error as RunError {
            fail(error.description, code: error.exitCode)
        } catch let error as LabFileError {
            fail(error.description, code: 2)
        } catch {
            exitAfterParsing(error)
        }
    }

    /// Help and version are answers, not errors; everything else about the command line is usage: one line, with the
    /// help to read.
    private static func exitAfterParsing(_ error: any Error) -> Never {
        if exitCode(for: error) == .success { exit(withError: error) }
        let text = message(for: error).split(separator: "\n").joined(separator: " ")
        // "See 'almanac run --help' for more information."
        let usage = fullMessage(for: error).firstMatch(of: /'almanac(.*) --help'/)
        fail(
            "\(text.prefix(1).lowercased())\(text.dropFirst()) (see `almanac help\(usage?.1 ?? "")`)", code: 2
        )
    }

    private static func fail(_ message: String, code: Int32) -> Never {
        standardError("almanac: \(message)")
        Glibc.exit(code)
    }
}

/// Writes a line to standard error.
func standardError(_ line: String) {
    writeText(line + "\n", to: STDERR_FILENO)
}

/// Writes text to standard output or standard error, unbuffered. A reader that is gone is not this program's failure.
func writeText(_ text: String, to descriptor: Int32) { writeBytes(Array(text.utf8), to: descriptor) }

/// Writes all bytes, unbuffered; as `writeText`.
func writeBytes(_ bytes: [UInt8], to descriptor: Int32) {
    var rest = bytes[...]
    while !rest.isEmpty {
        let count = unsafe rest.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
        guard count > 0 else { return }
        rest = rest.dropFirst(count)
    }
}
