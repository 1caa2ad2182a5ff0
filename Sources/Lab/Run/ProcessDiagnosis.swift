internal import Foundation
internal import Posix

/// What a machine's processes did in an interval, as the host sees it: its kernel, and the processes in which the kernel runs its
/// programs, which it traces.
struct ProcessDiagnosis: Sendable {
    /// One look at them.
    struct Sample: Sendable {
        var kernel: ProcessView?
        var programs: [ProcessView]
        /// Wall clock, ns.
        var at: UInt64

        init(kernel: ProcessView?, programs: [ProcessView], at: UInt64) {
            self.kernel = kernel
            self.programs = programs
            self.at = at
        }

        init(of process: Int32) {
            kernel = ProcessView(of: process)
            programs = kernel == nil ? [] : ProcessView.descendants(of: process)
            at = Posix.wallNanoseconds()
        }
    }

    /// Part of the interval that must be CPU time for the machine to count as computing.
    private static let busyPart = 0.02

    private let process: Int32
    private let last: Sample
    /// ns.
    private let span: UInt64
    private let kernelTime: UInt64
    private let programTime: UInt64
    /// The program's process with the most CPU time.
    private let busiest: ProcessView?
    /// Where the kernel waits on the host.
    private let waitChannel: String?

    init(process: Int32, _ first: Sample, _ last: Sample, waitChannel: String? = nil) {
        self.process = process
        self.last = last
        self.waitChannel = waitChannel
        span = max(1, last.at &- first.at)
        kernelTime = (last.kernel?.cpuNanoseconds ?? 0).since(first.kernel?.cpuNanoseconds ?? 0)
        let before = Dictionary(
            first.programs.map { ($0.processID, $0.cpuNanoseconds) }, uniquingKeysWith: { $1 })
        let used = last.programs.map { ($0, $0.cpuNanoseconds.since(before[$0.processID] ?? 0)) }
        programTime = used.reduce(0) { $0 + $1.1 }
        busiest = used.max { $0.1 < $1.1 }?.0
    }

    /// One sentence without its end.
    var sentence: String {
        guard let kernel = last.kernel else { return "its process \(process) is gone" }
        switch kernel.state {
        case .zombie: return "its process \(process) has ended, and is not reaped"
        case .stopped:
            return
                "its kernel (process \(process)) is stopped by a signal: `kill -CONT \(process)` resumes it"
        case .traced: return "its kernel (process \(process)) is stopped by a debugger that traces it"
        case .running, .sleeping, .uninterruptible, .other: break
        }
        let total = kernelTime + programTime
        let seconds = Self.seconds(span)
        if Double(total) >= Self.busyPart * Double(span) {
            if kernelTime <= total / 10, let busiest {
                return
                    "a program in it spins without a system call: process \(busiest.processID) has used \(Self.seconds(programTime)) "
                    + "of CPU time in the last \(seconds), its kernel (process \(process)) \(Self.seconds(kernelTime))"
            }
            if programTime <= total / 10 {
                return
                    "its kernel spins: process \(process) has used \(Self.seconds(kernelTime)) of CPU time in the last "
                    + "\(seconds), its programs \(Self.seconds(programTime))"
            }
            return
                "a program in it makes system calls or touches memory for the first time, which takes no simulated time: its programs have used "
                + "\(Self.seconds(programTime)) of CPU time in the last \(seconds), its kernel (process \(process)) "
                + Self.seconds(kernelTime)
        }
        let place = waitChannel.map { ", in \($0)" } ?? ""
        let waits =
            switch kernel.state {
            case .running: "is ready to run and gets no time"
            case .uninterruptible: "waits for the host's disk or the like (state D\(place))"
            case .other(let letter): "is in state \(letter)\(place)"
            default: "waits on the host (it sleeps\(place))"
            }
        return
            "its kernel (process \(process)) \(waits) and has used \(Self.seconds(total)) of CPU time in the last \(seconds)"
    }

    private static func seconds(_ nanoseconds: UInt64) -> String {
        let hundredths = (nanoseconds + 5_000_000) / 10_000_000
        return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100) s"
    }
}

extension UInt64 {
    fileprivate func since(_ earlier: UInt64) -> UInt64 { self > earlier ? self - earlier : 0 }
}

/// The calls that a kernel's process is in.
enum KernelStack {
    /// Most calls.
    private static let depth = 8
    /// Bytes of its stack that are searched.
    private static let window = 4096

    /// The functions of the kernel that its process is in, innermost first, as far as the host lets one look: the instruction's, and
    /// those of what on the stack is an address after a call. Kernels have no frame pointers, so one that is left over from an earlier call
    /// may be among them.
    static func functions(of process: Int32, _ symbols: KernelSymbols) -> [String] {
        guard let registers = try? Posix.registers(of: process) else { return [] }
        var found = [symbols.name(of: registers.instruction)].compactMap { $0 }
        let stack = (try? Posix.memory(of: process, at: registers.stack, count: window)) ?? []
        for offset in stride(from: 0, through: stack.count - 8, by: 8) {
            let address = (0..<8).reduce(UInt64(0)) { $0 | UInt64(stack[offset + $1]) << UInt64(8 * $1) }
            guard found.count < depth, let name = symbols.name(of: address), follows(address, in: process)
            else {
                continue
            }
            found.append(name)
        }
        return found
    }

    /// What is before an address is a call (x86-64: E8 rel32, FF /2).
    private static func follows(_ address: UInt64, in process: Int32) -> Bool {
        guard let code = try? Posix.memory(of: process, at: address &- 6, count: 6), code.count == 6 else {
            return false
        }
        return code[1] == 0xe8 || code[4] == 0xff && code[5] & 0xf8 == 0xd0
            || code[3] == 0xff && code[4] & 0x38 == 0x10
            || code[0] == 0xff && code[1] & 0x38 == 0x10
    }
}
