internal import Glibc

/// Limits of this process.
extension Posix {
    /// How many descriptors this process may have open.
    package static var descriptorLimit: Int {
        var limit = rlimit()
        unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return Int(clamping: limit.rlim_cur)
    }

    /// Raises the limit of open descriptors as far as it may be.
    package static func raiseDescriptorLimit() {
        var limit = rlimit()
        unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    /// Descriptors that are open in this process.
    package static var openDescriptors: Int {
        // The listing's own descriptor is among them.
        guard let folder = unsafe opendir("/proc/self/fd") else { return 0 }
        defer { unsafe _ = closedir(folder) }
        var count = -1
        while let entry = unsafe readdir(folder) {
            if unsafe entry.pointee.d_name.0 != CChar(UInt8(ascii: ".")) { count += 1 }
        }
        return count
    }

    /// How many processes this user may have; nil when nothing bounds them, as for root.
    package static var processLimit: UInt64? {
        var limit = rlimit()
        unsafe getrlimit(__rlimit_resource_t(__RLIMIT_NPROC.rawValue), &limit)
        return geteuid() == 0 || limit.rlim_cur == rlim_t.max ? nil : UInt64(limit.rlim_cur)
    }

    /// The most memory that a process has had so far, bytes, as the host counts it (VmHWM); nil when it is gone.
    package static func peakMemory(of process: Int32) -> UInt64? {
        guard let file = try? open("/proc/\(process)/status", .readOnly) else { return nil }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe read(file.number, $0.baseAddress, $0.count) }
        let text = String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
        let line = text.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line?.split(separator: " ", omittingEmptySubsequences: true).dropFirst().first
            .flatMap { UInt64($0) }.map { $0 << 10 }
    }

    /// This process's number.
    package static var processID: Int32 { getpid() }
}
