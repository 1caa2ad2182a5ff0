internal import LabPlan
internal import Network

/// The disk of a machine that keeps what it writes: a file in its folder.
enum MachineDisk {
    static let fileName = "disk.img"
    /// Bytes; the file takes the room of what was written.
    static let size: UInt64 = 4 << 30

    private static let program = "/sbin/mke2fs"

    /// Makes the file system of a machine that does not see the host's programs. Others make their own, with the same options
    /// (Kernel/init/root.c). It is the same in every run.
    ///
    /// - Parameter file: path of the disk.
    static func format(_ file: String, of machine: MachinePlan) throws(RunError) {
        var generator = SplitMix64(seed: 0, name: "disk of \(machine.name)")
        let identity = uuid(generator.next(), generator.next())
        let outcome = try HelperProgram.run(
            "/usr/bin/env",
            [
                "E2FSPROGS_FAKE_TIME=\(RootStore.newestTime)", program, "-q", "-F", "-F", "-t", "ext4", "-m",
                "0",
                "-N", "16384", "-J", "size=4", "-U", identity, "-E",
                "nodiscard,lazy_itable_init=0,lazy_journal_init=0,hash_seed=\(identity)", file,
            ], quiet: false)
        guard outcome.status == 0 else {
            throw RunError(
                .environment,
                "cannot make a file system for what machine \(machine.name) keeps: \(program) of e2fsprogs failed (see above)"
            )
        }
    }

    /// A UUID of random bits (RFC 9562, section 5.4).
    private static func uuid(_ high: UInt64, _ low: UInt64) -> String {
        let bits = [high & ~0xf000 | 0x4000, low & ~(3 << 62) | 1 << 63].map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
        let digits = Array(bits)
        return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }.joined(separator: "-")
    }
}
