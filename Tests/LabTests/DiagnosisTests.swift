import Foundation
import Glibc
import Posix
import Testing

@testable import Lab

/// The diagnosis of processes that hold up a lab.
struct DiagnosisTests {
    private static let second: UInt64 = 1_000_000_000

    /// A kernel, process 10, and a program, process 11, that used so many ms of CPU time in a second.
    private func sentence(
        _ state: ProcessView.State, kernel: UInt64 = 0, program: UInt64 = 0, waitChannel: String? = nil
    ) -> String {
        func sample(_ kernel: UInt64, _ program: UInt64, at: UInt64) -> ProcessDiagnosis.Sample {
            .init(
                kernel: ProcessView(
                    processID: 10, state: state, parent: 1,
                    cpuNanoseconds: 5 * Self.second + kernel * 1_000_000),
                programs: [
                    ProcessView(
                        processID: 11, state: .running, parent: 10,
                        cpuNanoseconds: 7 * Self.second + program * 1_000_000)
                ], at: at)
        }
        return ProcessDiagnosis(
            process: 10, sample(0, 0, at: 0), sample(kernel, program, at: Self.second),
            waitChannel: waitChannel
        ).sentence
    }

    @Test func eachWayToBeStuckHasItsSentence() {
        #expect(
            sentence(.sleeping, kernel: 0, program: 980)
                == "a program in it spins without a system call: process 11 has used 0.98 s of CPU time in the last 1.00 s, "
                + "its kernel (process 10) 0.00 s")
        #expect(
            sentence(.running, kernel: 900, program: 10)
                == "its kernel spins: process 10 has used 0.90 s of CPU time in the last 1.00 s, its programs 0.01 s"
        )
        #expect(
            sentence(.running, kernel: 500, program: 300)
                == "a program in it makes system calls or touches memory for the first time, which takes no simulated time: its programs have used 0.30 s "
                + "of CPU time in the last 1.00 s, its kernel (process 10) 0.50 s")
        #expect(
            sentence(.stopped)
                == "its kernel (process 10) is stopped by a signal: `kill -CONT 10` resumes it")
        #expect(sentence(.traced).contains("stopped by a debugger"))
        #expect(sentence(.zombie) == "its process 10 has ended, and is not reaped")
        #expect(
            sentence(.sleeping, waitChannel: "do_wait")
                == "its kernel (process 10) waits on the host (it sleeps, in do_wait) and has used 0.00 s of CPU time in the "
                + "last 1.00 s")
        #expect(sentence(.uninterruptible).contains("waits for the host's disk"))
        let gone = ProcessDiagnosis.Sample(kernel: nil, programs: [], at: 0)
        #expect(ProcessDiagnosis(process: 10, gone, gone).sentence == "its process 10 is gone")
    }

    /// This process's own state, and what a child is seen to do.
    @Test func processesAsTheHostShowsThem() throws {
        let own = try #require(ProcessView(of: getpid()))
        #expect(own.parent == getppid())
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "sleep 100 & wait"]
        try process.run()
        let child = process.processIdentifier
        defer {
            for view in ProcessView.descendants(of: child) { kill(view.processID, SIGKILL) }
            kill(child, SIGKILL)
            process.waitUntilExit()
        }
        while ProcessView.descendants(of: child).isEmpty { usleep(1000) }
        #expect(ProcessView.descendants(of: getpid()).contains { $0.processID == child })
        kill(child, SIGSTOP)
        while ProcessView(of: child)?.state != .stopped { usleep(1000) }
        // Looking at a stopped process leaves it stopped, and unreaped.
        let registers = try Posix.registers(of: child)
        #expect(registers.stack != 0)
        #expect(try Posix.memory(of: child, at: registers.stack, count: 8).count == 8)
        usleep(10_000)
        #expect(ProcessView(of: child)?.state == .stopped)
        #expect(ProcessView(of: Int32.max) == nil)
        #expect(throws: (any Error).self) { try Posix.registers(of: Int32.max) }
    }

    /// The program that these tests are: it has symbols, and its own function is found at its own address.
    @Test func functionsOfAProgramByAddress() throws {
        let scratch = NSTemporaryDirectory() + "almanac-symbols-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        try "int second(int x) { return x + 1; }\nint main(void) { return second(1); }\n".write(
            toFile: "\(scratch)/a.c", atomically: true, encoding: .utf8)
        let compiler = try run(
            "/usr/bin/env", ["cc", "-O0", "-no-pie", "-o", "\(scratch)/a", "\(scratch)/a.c"])
        #expect(compiler.status == 0)
        let lines = try run("/usr/bin/env", ["nm", "\(scratch)/a"]).output.split(separator: "\n")
        let line = try #require(lines.first { $0.hasSuffix(" T second") })
        let address = try #require(UInt64(line.split(separator: " ")[0], radix: 16))
        let symbols = try #require(KernelSymbols(of: "\(scratch)/a"))
        #expect(symbols.name(of: address) == "second")
        #expect(symbols.name(of: address + 3) == "second+0x3")
        #expect(symbols.name(of: 0) == nil)
        #expect(symbols.name(of: .max) == nil)
        #expect(KernelSymbols(of: "\(scratch)/a.c") == nil)
        #expect(KernelSymbols(of: "\(scratch)/none") == nil)
    }

    private func run(_ program: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }
}
