/// A part of Almanac that reads what strangers write.
package struct FuzzTarget: Sendable {
    package let name: String
    /// Inputs that share one world; a repeated input is preceded by those of its batch.
    package let batch: UInt64
    /// Most inputs that are worth running.
    package let most: UInt64
    /// Makes what the inputs of a batch are given to.
    package let makeWorld: @Sendable () throws -> any FuzzWorld

    package init(
        _ name: String, batch: UInt64 = 1, most: UInt64 = .max,
        _ makeWorld: @escaping @Sendable () throws -> any FuzzWorld
    ) {
        self.name = name
        self.batch = batch
        self.most = most
        self.makeWorld = makeWorld
    }
}

/// What a batch of inputs is given to: the reader under test, and an honest peer beside it.
package protocol FuzzWorld: AnyObject {
    /// Makes an input of `random`, feeds it, and checks the properties.
    ///
    /// - Returns: what became of the input, in the words of the error if there was one.
    func run(_ random: inout FuzzRandom) throws -> String
}

/// A property that does not hold.
package struct FuzzFailure: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// Texts of errors, as outcomes.
package enum Outcome {
    /// Longest reason for a person, bytes.
    private static let longestReason = 4096

    /// An error's text without what differs from input to input: numbers are `#`, quoted texts are `'…'`.
    ///
    /// Throws when the text is no reason: empty, of several lines, or too long.
    package static func of(_ error: any Error, names place: String? = nil) throws -> String {
        if let failure = error as? FuzzFailure { throw failure }
        return try of("\(error)", names: place)
    }

    /// - Parameter place: what the text must name.
    package static func of(_ text: String, names place: String? = nil) throws -> String {
        let bytes = text.utf8
        guard !bytes.isEmpty else { throw FuzzFailure("an error without a text") }
        guard !bytes.contains(10) else { throw FuzzFailure("a reason of several lines: \(text)") }
        guard bytes.count <= longestReason else { throw FuzzFailure("a reason of \(bytes.count) bytes") }
        if let place, !text.contains(place) { throw FuzzFailure("'\(text)' does not name \(place)") }
        return normalized(bytes)
    }

    private static func normalized(_ text: String.UTF8View) -> String {
        var result: [UInt8] = []
        result.reserveCapacity(64)
        var isQuoted = false
        var isNumber = false
        for byte in text {
            if byte == UInt8(ascii: "'") {
                isQuoted.toggle()
                if isQuoted { result += "'…".utf8 } else { result.append(byte) }
                continue
            }
            if isQuoted { continue }
            let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            // Hexadecimal digits go on with a number that has begun.
            let goesOn =
                isNumber
                && ((UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte) || byte == UInt8(ascii: "x")
                    || byte == UInt8(ascii: "."))
            if isDigit || goesOn {
                if !isNumber { result.append(UInt8(ascii: "#")) }
                isNumber = true
            } else {
                isNumber = false
                result.append(byte)
            }
            if result.count > 120 { break }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
