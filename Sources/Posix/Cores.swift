internal import CAlmanac
internal import Glibc
internal import SystemPackage

/// Processor cores that no other run on this machine takes. This process and its children keep to the first, its home;
/// others are taken when they are wanted. A claim is a socket name that the kernel forgets with its owner.
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

    /// Takes the last of these that no other run has claimed, and moves this process there. Nil when all are taken, or when
    /// there is just one.
    package init?(among candidates: [Int]) {
        guard candidates.count > 1 else { return nil }
        self.candidates = candidates.reversed()
        guard let home = another(), calmanac_use_core(0, CInt(home)) == 0 else { return nil }
    }

    /// Those taken so far, the home first.
    package var numbers: [Int] { claims.map(\.number) }

    /// Takes one more; nil when none is free.
    package func another() -> Int? {
        for number in candidates where !claims.contains(where: { $0.number == number }) {
            guard let claim = Claim(number) else { continue }
            claims.append(claim)
            return number
        }
        return nil
    }

    /// Moves a process and all that it has started to a core. What has ended meanwhile needs none.
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
