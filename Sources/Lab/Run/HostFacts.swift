internal import Foundation
internal import Posix

/// What the host lets this process have. Nil where the host does not say, or has no limit.
struct HostFacts: Sendable {
    /// Descriptors of this process.
    var descriptors: Int
    /// Mappings of this process (vm.max_map_count).
    var mappings: Int?
    /// Processes that can still be started, and what bounds them.
    var processes: Bound?
    /// Descriptors that this user may have in epoll instances.
    var watches: Int?
    /// Bytes of memory and swap, and what bounds them.
    var memory: Bound?

    /// A number and where it is set.
    struct Bound: Sendable {
        var value: UInt64
        var setting: String
    }

    /// Looks at this host. Raises the limit of descriptors as far as it may be.
    static func current() -> HostFacts {
        Posix.raiseDescriptorLimit()
        let memory = meminfo()
        return HostFacts(
            descriptors: Posix.descriptorLimit,
            mappings: number("/proc/sys/vm/max_map_count").map(Int.init(clamping:)),
            processes: processBounds().min { $0.value < $1.value },
            watches: number("/proc/sys/fs/epoll/max_user_watches").map(Int.init(clamping:)),
            memory: memoryBounds(memory).min { $0.value < $1.value })
    }

    private static func processBounds() -> [Bound] {
        var bounds: [Bound] = []
        // "0.10 0.20 0.30 1/234 5678": of the fourth, the number of threads of the whole system.
        let load = text("/proc/loadavg").split(separator: " ")
        let running = load.count > 3 ? load[3].split(separator: "/").last.flatMap { UInt64($0) } ?? 0 : 0
        for setting in ["kernel/pid_max", "kernel/threads-max"] {
            guard let limit = number("/proc/sys/\(setting)") else { continue }
            let name = setting.replacingOccurrences(of: "/", with: ".")
            bounds.append(Bound(value: limit - min(limit, running), setting: "sysctl \(name)"))
        }
        if let limit = Posix.processLimit { bounds.append(Bound(value: limit, setting: "ulimit -u")) }
        for folder in controlGroups() {
            guard let limit = number("\(folder)/pids.max") else { continue }
            let used = number("\(folder)/pids.current") ?? 0
            bounds.append(Bound(value: limit - min(limit, used), setting: "\(folder)/pids.max"))
        }
        return bounds
    }

    private static func memoryBounds(_ memory: [String: UInt64]) -> [Bound] {
        var bounds: [Bound] = []
        if let total = memory["MemTotal"] {
            bounds.append(Bound(value: total + (memory["SwapTotal"] ?? 0), setting: "memory and swap"))
        }
        for folder in controlGroups() {
            guard let limit = number("\(folder)/memory.max") else { continue }
            bounds.append(Bound(value: limit, setting: "\(folder)/memory.max"))
        }
        return bounds
    }

    /// Bytes by name, of /proc/meminfo: "MemTotal:  24684420 kB".
    private static func meminfo() -> [String: UInt64] {
        var numbers: [String: UInt64] = [:]
        for line in text("/proc/meminfo").split(separator: "\n") {
            let parts = line.split { $0 == ":" || $0 == " " }
            guard parts.count >= 2, let kibibytes = UInt64(parts[1]) else { continue }
            numbers[String(parts[0])] = kibibytes << 10
        }
        return numbers
    }

    /// This process's control group (version 2) and those around it.
    private static func controlGroups() -> [String] {
        guard
            let line = text("/proc/self/cgroup").split(separator: "\n").first(where: { $0.hasPrefix("0::/") })
        else { return [] }
        var path = "/sys/fs/cgroup" + line.dropFirst(3)
        while path.hasSuffix("/") { path.removeLast() }
        var folders: [String] = []
        while path.hasPrefix("/sys/fs/cgroup") {
            folders.append(path)
            path = (path as NSString).deletingLastPathComponent
        }
        return folders
    }

    private static func text(_ path: String) -> String {
        (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    }

    /// Nil for "max", and for a file that is not there.
    private static func number(_ path: String) -> UInt64? {
        UInt64(text(path).trimmingCharacters(in: .whitespacesAndNewlines))
    }
}
