/// The random numbers of one input: the same for the same seed and index, in every run and on every host.
///
/// SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014).
package struct FuzzRandom: RandomNumberGenerator {
    private var state: UInt64
    /// Taken before numbers are drawn, two for each.
    private var choices: ArraySlice<UInt8> = []

    package init(seed: UInt64, index: UInt64) {
        state = seed &* 0xd129_0f2b_9b0c_41d5 ^ index &* 0x9e37_79b9_7f4a_7c15
        _ = next()
        state ^= index
    }

    /// Numbers that somebody else has chosen, as long as there are any.
    package init(choices: [UInt8]) {
        state = 0
        self.choices = choices[...]
    }

    package mutating func next() -> UInt64 {
        if let first = choices.popFirst() {
            // The highest bits decide where there are few choices, the lowest which number it is.
            let both = UInt64(first) << 8 | UInt64(choices.popFirst() ?? 0)
            return both << 48 | both
        }
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }

    /// Uniform in 0..<bound; `bound` is above 0.
    package mutating func below(_ bound: Int) -> Int {
        Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// True once in `bound` times.
    package mutating func oneIn(_ bound: Int) -> Bool { below(bound) == 0 }

    package mutating func pick<Element>(_ choices: [Element]) -> Element { choices[below(choices.count)] }

    /// Numbers at which arithmetic tends to fail.
    private static let boundaries: [UInt64] = [
        0, 1, 2, 3, 15, 16, 17, 255, 256, 511, 512, 1023, 1024, 4095, 4096, 4097, 0x7fff, 0x8000, 0xffff,
        0x1_0000,
        0x7fff_ffff, 0x8000_0000, 0xffff_fff0, 0xffff_ffff, 0x1_0000_0000, 0x7fff_ffff_ffff_fff0,
        0x7fff_ffff_ffff_fffe, 0x7fff_ffff_ffff_ffff, 0x8000_0000_0000_0000, 0xffff_ffff_ffff_f000,
        0xffff_ffff_ffff_fffe, 0xffff_ffff_ffff_ffff,
    ]

    /// A number that is often at a boundary, a power of two or small.
    package mutating func number() -> UInt64 {
        switch below(6) {
        case 0: return pick(Self.boundaries)
        case 1: return (1 << UInt64(below(64))) &+ next() % 3 &- 1
        case 2: return next() % 64
        case 3: return next() % 65536
        case 4: return next() >> UInt64(below(64))
        default: return next()
        }
    }

    package mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
    }

    /// Changes some bytes: flips, boundary numbers, a cut, a repetition, an insertion.
    package mutating func mutate(_ bytes: inout [UInt8]) {
        for _ in 0..<1 + below(3) {
            guard !bytes.isEmpty else {
                bytes = self.bytes(below(8))
                return
            }
            let place = below(bytes.count)
            switch below(7) {
            case 0: bytes[place] ^= 1 << UInt8(below(8))
            case 1: bytes[place] = UInt8(truncatingIfNeeded: next())
            case 2: bytes[place] = pick([0, 1, 0x7f, 0x80, 0xff])
            case 3: bytes.removeSubrange(place..<min(bytes.count, place + 1 + below(8)))
            case 4:
                bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 1 + below(16))], at: place)
            case 5: bytes.removeLast(bytes.count - place)
            default:
                let value = number()
                for index in 0..<min(pick([2, 4, 8]), bytes.count - place) {
                    bytes[place + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index))
                }
            }
        }
    }
}
