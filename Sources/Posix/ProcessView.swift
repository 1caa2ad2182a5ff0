internal import CAlmanac
internal import Glibc
package import SystemPackage

/// A process as the host's /proc shows it (proc(5), /proc/PID/stat).
package struct ProcessView: Hashable, Sendable {
    /// What it does, as ps(1) says it.
    package enum State: Hashable, Sendable, CustomStringConvertible {
        case running
        /// Waits for something, and signals wake it.
        case sleeping
        /// Waits for the host's disk or the like: signals do not wake it.
        case uninterruptible
        /// SIGSTOP or the like.
        case stopped
        /// Stopped by who traces it.
        case traced
        /// It has ended and is not reaped.
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
    package var state: State
    package var parent: Int32
    /// CPU time it has used, ns, in steps of the host's tick.
    package var cpuNanoseconds: UInt64

    package init(processID: Int32, state: State, parent: Int32, cpuNanoseconds: UInt64) {
        self.processID = processID
        self.state = state
        self.parent = parent
        self.cpuNanoseconds = cpuNanoseconds
    }

    /// Looks at a process; nil when it is gone.
    package init?(of process: Int32) {
        guard let text = Self.text("/proc/\(process)/stat"), let name = text.lastIndex(of: ")") else {
            return nil
        }
        // The name in parentheses may hold anything; what follows it does not.
        let fields = text[text.index(after: name)...].split(separator: " ")
        guard fields.count > 12, let parent = Int32(fields[1]), let user = UInt64(fields[11]),
            let system = UInt64(fields[12])
        else { return nil }
        let ticks = UInt64(max(1, sysconf(Int32(_SC_CLK_TCK))))
        self.init(
            processID: process, state: State(fields[0]), parent: parent,
            cpuNanoseconds: (user &+ system) &* (1_000_000_000 / ticks))
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

    /// The function of the host's kernel in which it waits; nil when it does not wait or the host does not tell.
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
    /// Where a process that this one may trace is: instruction and stack pointer. It is stopped for the moment of
    /// looking, and goes on as before; one that was stopped stays so.
    package static func registers(of process: Int32) throws(Errno) -> (instruction: UInt64, stack: UInt64) {
        var registers = calmanac_registers()
        guard unsafe calmanac_registers(process, 200, &registers) == 0 else { throw Errno(rawValue: errno) }
        return (registers.instruction, registers.stack)
    }

    /// Memory of another process, as much of `count` bytes as there is in one piece.
    package static func memory(of process: Int32, at address: UInt64, count: Int) throws(Errno) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let found = unsafe bytes.withUnsafeMutableBytes { room in
            unsafe calmanac_read_memory(process, address, room.baseAddress, room.count)
        }
        guard found >= 0 else { throw Errno(rawValue: errno) }
        return Array(bytes.prefix(found))
    }
}
