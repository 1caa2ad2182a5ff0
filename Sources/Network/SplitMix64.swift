/// Random numbers that are the same in every run (SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number
/// generators", 2014).
package struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// - Parameters:
    ///   - seed: the lab's.
    ///   - name: whose numbers they are: each name has its own.
    package init(seed: UInt64, name: String) {
        state = seed ^ StableHash.of(name)
        _ = next()
    }

    /// Another's numbers, from one of its own ("Fast splittable", above: section 2).
    package mutating func split() -> SplitMix64 { SplitMix64(seed: next(), name: "") }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }

    /// Uniform in (0, 1].
    package mutating func unit() -> Double { Double((next() >> 11) + 1) * 0x1p-53 }
}
