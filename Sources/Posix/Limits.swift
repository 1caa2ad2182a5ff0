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
