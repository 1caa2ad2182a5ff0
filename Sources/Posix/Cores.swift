internal import CAlmanac
internal import Glibc
internal import SystemPackage

/// Processor cores that no other run on this machine uses. This process and its children run on the first, the shared core;
/// others are claimed on demand. A claim is a socket name, which the kernel releases when its owner exits.
package final class Cores {
    private final class Claim {
        let number: Int
        let name: Descriptor

        init?(_ number: Int) {
            let socket = unsafe calmanac_claim_name("almanac-core-\(number)")
            guard socket >= 0 else { return nil }
            self.number = number
            name = Descriptor(owning: socket)
        }
    }

    private let candidates: [Int]
    private var claims: [Claim] = []

    /// Cores that this process may use.
    package static var allowed: [Int] {
        (0..<sysconf(Int32(_SC_NPROCESSORS_CONF))).filter { calmanac_may_use_core(CInt($0)) }
    }

    /// Claims the last of these that no other run has claimed, and moves this process there. Nil when all are claimed, or
    /// when there is only one.
    package init?(among candidates: [Int]) {
        guard candidates.count > 1 else { return nil }
        self.candidates = candidates.reversed()
        guard let home = another(), calmanac_use_core(0, CInt(home)) == 0 else { return nil }
    }

    /// Those claimed so far, the shared core first.
    package var numbers: [Int] { claims.map(\.number) }

    /// Claims one more; nil when none is free.
    package func another() -> Int? {
        for number in candidates where !claims.contains(where: { $0.number == number }) {
            guard let claim = Claim(number) else { continue }
            claims.append(claim)
            return number
        }
        return nil
    }

    /// Moves a process and all its descendants to a core. One that has exited meanwhile is not an error.
    package static func move(_ process: Int32, to core: Int) {
        _ = calmanac_use_core(process, CInt(core))
        // The kernel lists the children of each thread (Documentation/filesystems/proc.rst, 3.7).
        let folder = "/proc/\(process)/task"
        for thread in names(in: folder) {
            guard let number = Int32(thread) else { continue }
            if number != process { _ = calmanac_use_core(number, CInt(core)) }
            for child in text("\(folder)/\(thread)/children").split(separator: " ") {
                if let child = Int32(child) { move(child, to: core) }
            }
        }
    }

    private static func names(in folder: String) -> [String] {
        guard let directory = unsafe opendir(folder) else { return [] }
        defer { unsafe closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            names.append(name)
        }
        return names
    }

    private static func text(_ path: String) -> String {
        guard let file = try? Posix.open(path, .readOnly) else { return "" }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe read(file.number, $0.baseAddress, $0.count) }
        return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
    }
}
