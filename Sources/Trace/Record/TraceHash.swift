internal import Calendar

/// Hashes of what happened: 64 bits, the same on every host. They tell runs apart; they keep no secrets.
///
/// Words are folded in as wyhash does it (Wang Yi, 2019, public domain): the two halves of a 128-bit product, each half of
/// the result depending on every bit that went in.
package struct TraceHash: Hashable, Sendable {
    package private(set) var value: UInt64

    package init(seed: UInt64 = 0) { value = seed ^ 0xa076_1d64_78bd_642f }

    /// The value of a hash that was kept.
    package init(resuming value: UInt64) { self.value = value }

    @inline(__always)
    private static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low
    }

    /// Takes in a word.
    @inline(__always)
    package mutating func add(_ word: UInt64) {
        value = Self.fold(value ^ 0xe703_7ed1_a0b4_28db, word ^ 0x8ebc_6af0_9c88_c6e3)
    }

    /// Takes in bytes, and how many they are.
    package mutating func add(_ bytes: [UInt8]) {
        // Inside the closure only; the rest is arithmetic.
        unsafe bytes.withUnsafeBytes { unsafe add($0) }
    }

    private mutating func add(_ bytes: UnsafeRawBufferPointer) {
        // Within the bytes: every caller below checks.
        func word(_ offset: Int) -> UInt64 {
            unsafe UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        }
        let count = bytes.count
        var offset = 0
        if count >= 64 {
            // Four chains side by side: one multiplication need not wait for the other.
            var (a, b, c, d) = (value, ~value, value &+ 1, value &- 1)
            while offset + 64 <= count {
                a = Self.fold(a ^ word(offset), 0x8ebc_6af0_9c88_c6e3 ^ word(offset + 8))
                b = Self.fold(b ^ word(offset + 16), 0x5899_65cc_7537_4cc3 ^ word(offset + 24))
                c = Self.fold(c ^ word(offset + 32), 0x1d8e_4e27_c47d_124f ^ word(offset + 40))
                d = Self.fold(d ^ word(offset + 48), 0xe703_7ed1_a0b4_28db ^ word(offset + 56))
                offset += 64
            }
            add(a)
            add(b)
            add(c)
            add(d)
        }
        while offset + 8 <= count {
            add(word(offset))
            offset += 8
        }
        var last: UInt64 = 0
        for place in offset..<count { last |= UInt64(unsafe bytes[place]) << UInt64(8 * (place - offset)) }
        add(last)
        add(UInt64(count))
    }

    /// The hash of bytes by themselves.
    package static func of(_ bytes: [UInt8]) -> UInt64 {
        var hash = TraceHash()
        hash.add(bytes)
        return hash.value
    }

    /// Takes in an event.
    package mutating func add(_ event: TraceEvent) {
        add(event.time.nanoseconds)
        add(UInt64(event.kind.rawValue) << 32 | UInt64(event.participant))
        for index in 0..<event.kind.fieldCount { add(event.fields[index]) }
        if event.kind.hasText { add(Array(event.text.utf8)) }
    }

    /// 16 hexadecimal digits.
    package var text: String { Self.text(value) }

    /// 16 hexadecimal digits of a hash.
    package static func text(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
