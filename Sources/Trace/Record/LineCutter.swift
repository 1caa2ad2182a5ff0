/// Cuts what a console or a command writes into lines: one way for the trace, for rules about logs, and for whoever looks a line up
/// in the file of a console by the number of its event.
package struct LineCutter: Sendable {
    /// Longest line, bytes; a longer one is cut into pieces.
    package static let limit = 4096

    private var rest: [UInt8] = []

    package init() {}

    /// The lines that end in `bytes`, which come after what was given before.
    package mutating func lines(ending bytes: some Sequence<UInt8>) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        for byte in bytes {
            let isEnd = byte == UInt8(ascii: "\n")
            if isEnd || rest.count >= Self.limit {
                lines.append(rest)
                rest.removeAll(keepingCapacity: true)
            }
            if !isEnd { rest.append(byte) }
        }
        return lines
    }

    /// What was written without the end of a line: none or one.
    package mutating func takeRest() -> [[UInt8]] {
        defer { rest = [] }
        return rest.isEmpty ? [] : [rest]
    }

    /// All lines of a console's file, as text.
    package static func text(of bytes: some Sequence<UInt8>) -> [String] {
        var lines = LineCutter()
        let whole = lines.lines(ending: bytes)
        return (whole + lines.takeRest()).map { String(decoding: $0, as: UTF8.self) }
    }
}
