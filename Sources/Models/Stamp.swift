/// What traffic writes at the beginning of its data so that a sink can tell how long it took: a mark of four octets, a
/// number of four, the sender's time of eight, ns, all most significant octet first.
struct Stamp: Hashable {
    /// Octets.
    static let size = 16
    private static let mark: [UInt8] = Array("ALMN".utf8)

    var number: UInt32
    var nanoseconds: UInt64

    init(number: UInt32, nanoseconds: UInt64) {
        self.number = number
        self.nanoseconds = nanoseconds
    }

    /// Nil for data that holds none.
    init?(_ data: ArraySlice<UInt8>) {
        guard data.count >= Self.size, data.prefix(4).elementsEqual(Self.mark) else { return nil }
        let numbers = data.dropFirst(4).prefix(12)
        number = numbers.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
        nanoseconds = numbers.dropFirst(4).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Data of `size` octets that begins with the stamp, or with as much of it as fits; the rest is zero.
    func data(size: Int) -> [UInt8] {
        var bytes = Self.mark
        for shift in stride(from: 24, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: number >> shift))
        }
        for shift in stride(from: 56, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: nanoseconds >> shift))
        }
        return size <= Self.size
            ? Array(bytes.prefix(size)) : bytes + [UInt8](repeating: 0, count: size - Self.size)
    }
}
