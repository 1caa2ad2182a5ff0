internal import CAlmanac
internal import Glibc
internal import SystemPackage

/// Processor cores that a run uses. This process and its children run on the first, the shared core, which is no other run's shared
/// core; spare cores are claimed on demand, and released. A claim is a socket name, which the kernel releases when its owner exits.
package final class Cores {
    /// What a run claims a core for.
    private enum Use: String {
        case shared = "core"
        /// Another run may choose it as its shared core meanwhile.
        case spare = "spare-core"
    }

    private final class Claim {
        let number: Int
        let name: Descriptor

        init?(_ number: Int, for use: Use) {
            let socket = unsafe calmanac_claim_name("almanac-\(use.rawValue)-\(number)")
            guard socket >= 0 else { return nil }
            self.number = number
            name = Descriptor(owning: socket)
        }

        /// Whether no run has claimed the core for this use.
        static func isFree(_ number: Int, for use: Use) -> Bool { Claim(number, for: use) != nil }
    }

    private let candidates: [Int]
    private let shared: Claim
    private var spares: [Claim] = []

    /// Cores that this process may use.
    package static var allowed: [Int] {
        (0..<sysconf(Int32(_SC_NPROCESSORS_CONF))).filter { calmanac_may_use_core(CInt($0)) }
    }

    /// Claims one of these that is no other run's shared core: the last that no run uses at all, else the last. Moves this process there.
    /// Nil when there is none.
    package init?(among candidates: [Int]) {
        self.candidates = candidates.reversed()
        let unused = self.candidates.filter { Claim.isFree($0, for: .spare) }
        guard let claim = (unused + self.candidates).lazy.compactMap({ Claim($0, for: .shared) }).first,
            calmanac_use_core(0, CInt(claim.number)) == 0
        else { return nil }
        shared = claim
    }

    /// Those claimed now, the shared core first.
    package var numbers: [Int] { [shared.number] + spares.map(\.number) }

    /// Claims a spare core that no run uses.
    ///
    /// - Returns: false when there is none.
    package func addSpare() -> Bool {
        for number in candidates where number != shared.number && Claim.isFree(number, for: .shared) {
            guard let claim = Claim(number, for: .spare) else { continue }
            spares.append(claim)
            return true
        }
        return false
    }

    /// Gives up all spare cores. Call when no process of this run uses one.
    package func releaseSpares() { spares.removeAll() }

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
