/// Why a network graph cannot be read.
package struct GMLError: Error, Hashable, Sendable, CustomStringConvertible {
    /// From 1.
    package let line: Int
    package let message: String

    package var description: String { "line \(line): \(message)" }
}

/// The tokens of GML (Himsolt, "GML: A portable graph file format", 1996): keys, numbers, strings and brackets. Tolerant: any byte
/// may stand in a string, comments begin with #, separators are any blanks.
struct GMLTokenizer {
    enum Token: Equatable {
        case key(String)
        /// As it is written.
        case number(String)
        case string(String)
        case open
        case close
    }

    private let bytes: [UInt8]
    private var place = 0
    /// Of the token given last, from 1.
    private(set) var line = 1

    init(_ text: String) { bytes = Array(text.utf8) }

    /// The next token; nil at the end.
    mutating func next() throws(GMLError) -> Token? {
        skipBlanks()
        guard place < bytes.count else { return nil }
        switch bytes[place] {
        case UInt8(ascii: "["):
            place += 1
            return .open
        case UInt8(ascii: "]"):
            place += 1
            return .close
        case UInt8(ascii: "\""):
            return try string()
        case let first where Self.isLetter(first):
            return .key(word { Self.isLetter($0) || Self.isDigit($0) })
        case let first where Self.isDigit(first) || [43, 45, 46].contains(first):
            return .number(word { Self.isLetter($0) || Self.isDigit($0) || [43, 45, 46].contains($0) })
        case let other:
            throw GMLError(
                line: line, message: "a key, a value or a bracket, not '\(Character(UnicodeScalar(other)))'")
        }
    }

    private mutating func skipBlanks() {
        while place < bytes.count {
            switch bytes[place] {
            case UInt8(ascii: "\n"): line += 1
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): break
            case UInt8(ascii: "#"):
                while place < bytes.count, bytes[place] != UInt8(ascii: "\n") { place += 1 }
                continue
            default: return
            }
            place += 1
        }
    }

    private mutating func string() throws(GMLError) -> Token {
        let (begin, first) = (place + 1, line)
        place += 1
        while place < bytes.count, bytes[place] != UInt8(ascii: "\"") {
            if bytes[place] == UInt8(ascii: "\n") { line += 1 }
            place += 1
        }
        guard place < bytes.count else { throw GMLError(line: first, message: "the string has no end") }
        defer { place += 1 }
        return .string(String(decoding: bytes[begin..<place], as: UTF8.self))
    }

    private mutating func word(_ belongs: (UInt8) -> Bool) -> String {
        let begin = place
        while place < bytes.count, belongs(bytes[place]) { place += 1 }
        return String(decoding: bytes[begin..<place], as: UTF8.self)
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (65...90).contains(byte) || (97...122).contains(byte) || byte == 95
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
}
