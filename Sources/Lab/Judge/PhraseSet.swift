/// Phrases that are searched for together, in one pass over the bytes of a text.
struct PhraseSet: Sendable {
    let phrases: [String]
    /// By first byte, the bytes of the phrases that begin with it.
    private var byFirstByte: [[[UInt8]]] = Array(repeating: [], count: 256)

    /// - Parameter phrases: none is empty.
    init(_ phrases: [String]) {
        self.phrases = phrases
        for phrase in phrases {
            let bytes = Array(phrase.utf8)
            byFirstByte[Int(bytes[0])].append(bytes)
        }
    }

    /// Whether one of the phrases occurs in `text`.
    func occurs(in text: String) -> Bool {
        let bytes = text.utf8.span
        for start in bytes.indices {
            for phrase in byFirstByte[Int(bytes[start])] where phrase.count <= bytes.count - start {
                if phrase.indices.allSatisfy({ bytes[start + $0] == phrase[$0] }) { return true }
            }
        }
        return false
    }
}
