internal import CAlmanac
internal import Glibc
package import SystemPackage

/// A process as the host's /proc shows it (proc(5), /proc/PID/stat).
package struct ProcessView: Hashable, Sendable {
    /// Its state, as ps(1) shows it.
    package enum State: Hashable, Sendable, CustomStringConvertible {
        case running
        /// Interruptible sleep.
        case sleeping
        /// Uninterruptible sleep, for a disk for example.
        case uninterruptible
        /// SIGSTOP or the like.
        case stopped
        /// Stopped by a tracer.
        case traced
        /// It has exited and is not reaped.
        case zombie
        case other(String)

        package var description: String {
            switch self {
            case .running: "running"
            case .sleeping: "sleeping"
            case .uninterruptible: "waiting for the host"
            case .stopped: "stopped by a signal"
            case .traced: "stopped by a debugger"
            case .zombie: "ended"
            case .other(let letter): "state \(letter)"
            }
        }

        init(_ letter: Substring) {
            self =
                switch letter {
                case "R": .running
                case "S", "I": .sleeping
                case "D": .uninterruptible
                case "T": .stopped
                case "t": .traced
                case "Z", "X": .zombie
                default: .other(String(letter))
                }
        }
    }

    package var processID: Int32
    /// What it calls itself, at most 15 bytes.
    package var name = ""
    package var state: State
    package var parent: Int32
    /// CPU time it has used, ns, in steps of the host's tick.
    package var cpuNanoseconds: UInt64
    /// When it started, in the host's ticks since the host booted.
    package var startTicks: UInt64 = 0
    /// Page faults that needed no disk.
    package var faults: UInt64 = 0

    package init(processID: Int32, state: State, parent: Int32, cpuNanoseconds: UInt64) {
        self.processID = processID
        self.state = state
        self.parent = parent
        self.cpuNanoseconds = cpuNanoseconds
    }

    /// Reads the state of a process; nil when it does not exist.
    package init?(of process: Int32) {
        guard let text = Self.text("/proc/\(process)/stat"), let name = text.lastIndex(of: ")") else {
            return nil
        }
        // The name in parentheses may hold anything; what follows it does not.
        let fields = text[text.index(after: name)...].split(separator: " ")
        guard fields.count > 19, let parent = Int32(fields[1]), let user = UInt64(fields[11]),
            let system = UInt64(fields[12]), let start = UInt64(fields[19]), let faults = UInt64(fields[7])
        else { return nil }
        let ticks = UInt64(max(1, sysconf(Int32(_SC_CLK_TCK))))
        self.init(
            processID: process, state: State(fields[0]), parent: parent,
            cpuNanoseconds: (user &+ system) &* (1_000_000_000 / ticks))
        startTicks = start
        if let first = text.firstIndex(of: "(") { self.name = String(text[text.index(after: first)..<name]) }
        self.faults = faults
    }

    /// The process that traces it; nil when there is none.
    package var tracer: Int32? {
        guard let text = Self.text("/proc/\(processID)/status"),
            let line = text.firstRange(of: "TracerPid:\t")
        else {
            return nil
        }
        return Int32(text[line.upperBound...].prefix { $0.isNumber }).flatMap { $0 > 0 ? $0 : nil }
    }

    /// Context switches that it has asked for, by a system call or a stop for its tracer.
    package static func voluntarySwitches(of process: Int32) -> UInt64? {
        guard let text = text("/proc/\(process)/status"),
            let line = text.firstRange(of: "\nvoluntary_ctxt_switches:\t")
        else { return nil }
        return UInt64(text[line.upperBound...].prefix { $0.isNumber })
    }

    /// All processes that descend from `process`, in no order: O(processes of the host).
    package static func descendants(of process: Int32) -> [ProcessView] {
        guard let folder = unsafe opendir("/proc") else { return [] }
        defer { unsafe closedir(folder) }
        var all: [ProcessView] = []
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            guard let number = Int32(name), let view = ProcessView(of: number) else { continue }
            all.append(view)
        }
        var family: Set<Int32> = [process]
        var count = 0
        while family.count > count {
            count = family.count
            for view in all where family.contains(view.parent) { family.insert(view.processID) }
        }
        return all.filter { family.contains($0.processID) && $0.processID != process }
    }

    /// The function of the host's kernel in which it waits; nil when it does not wait or the host hides it.
    package static func waitChannel(of process: Int32) -> String? {
        guard let name = text("/proc/\(process)/wchan"), !name.isEmpty, name != "0" else { return nil }
        return name
    }

    /// Bytes of a small file of /proc.
    private static func text(_ path: String) -> String? {
        guard let file = try? Posix.open(path, .readOnly) else { return nil }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = unsafe bytes.withUnsafeMutableBytes { room in
            (try? unsafe file.read(into: room)) ?? 0
        }
        return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
    }
}

extension Posix {
    /// Sends SIGUSR2 to a process of a kernel's program, if it is there. One that is traced stops, another ends: either way
    /// its kernel ends the program, which cannot catch it.
    package static func endProgram(_ process: Int32) { _ = kill(process, SIGUSR2) }

    /// This thread and those it starts do without the processor's time stamp counter from now on; clocks are read by system calls. Call it
    /// before kernels are started, whose processes do without it too: the host switches faster between processes that agree in this.
    package static func giveUpCounter() { calmanac_give_up_counter() }

    /// Whether this host lets a process have its own system calls handed to itself (seccomp(2), SECCOMP_RET_TRAP), as a kernel
    /// needs it to run programs without tracing them.
    package static func canTrapSystemCalls() -> Bool { calmanac_can_trap_calls() }

    /// Instruction and stack pointer of a process that this one may trace. It is stopped for the reading and resumed; one
    /// that was stopped before stays stopped.
    package static func registers(of process: Int32) throws(Errno) -> (instruction: UInt64, stack: UInt64) {
        var registers = calmanac_registers()
        guard unsafe calmanac_registers(process, 200, &registers) == 0 else { throw Errno(rawValue: errno) }
        return (registers.instruction, registers.stack)
    }

    /// Where the lowest mapping of a process begins (proc(5), /proc/PID/maps); nil when it cannot be read.
    package static func lowestMapping(of process: Int32) -> UInt64? {
        guard let file = try? open("/proc/\(process)/maps", [.readOnly]) else { return nil }
        var line = [UInt8](repeating: 0, count: 64)
        let count = unsafe line.withUnsafeMutableBytes { room in
            unsafe Glibc.read(file.number, room.baseAddress, room.count)
        }
        let digits = line.prefix(max(0, count)).prefix { $0 != UInt8(ascii: "-") }
        return UInt64(String(decoding: digits, as: UTF8.self), radix: 16)
    }

    /// Memory of another process, at most `count` bytes, up to the first page that cannot be read.
    package static func memory(of process: Int32, at address: UInt64, count: Int) throws(Errno) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let found = unsafe bytes.withUnsafeMutableBytes { room in
            unsafe calmanac_read_memory(process, address, room.baseAddress, room.count)
        }
        guard found >= 0 else { throw Errno(rawValue: errno) }
        return Array(bytes.prefix(found))
    }
}
