/// Cuts a stream of bytes into lines.
package struct LineCutter: Sendable {
    /// Longest line, bytes; a longer one is cut into pieces.
    package static let limit = 4096

    private var rest: [UInt8] = []

    package init() {}

    /// The lines that end in `bytes`, without their ends.
    package mutating func lines(ending bytes: [UInt8]) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        for byte in bytes {
            if byte == UInt8(ascii: "\n") || rest.count >= Self.limit {
                lines.append(rest)
                rest.removeAll(keepingCapacity: true)
            }
            if byte != UInt8(ascii: "\n") { rest.append(byte) }
        }
        return lines
    }

    /// What came without the end of a line.
    package mutating func takeRest() -> [[UInt8]] {
        defer { rest = [] }
        return rest.isEmpty ? [] : [rest]
    }
}
