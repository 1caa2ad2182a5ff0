/// Numbers from names that are the same in every run, on every host, in every version.
package enum StableHash {
    /// FNV-1a, 64 bits (Fowler, Noll, Vo; draft-eastlake-fnv).
    package static func of(_ text: String) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return hash
    }
}
