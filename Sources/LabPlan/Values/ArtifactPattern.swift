/// Names files of a machine: an absolute path, in which each name may have `*`, `?` and `[…]` as in a shell.
package struct ArtifactPattern: Hashable, Sendable {
    /// Longest pattern, bytes.
    static let longest = 1024

    package let text: String

    package static func parse(_ text: String) throws(TextError) -> ArtifactPattern {
        let bytes = Array(text.utf8)
        guard bytes.first == UInt8(ascii: "/") else {
            throw TextError("\(quoted(text)) is not an absolute path: write /root/\(Excerpt.of(text))")
        }
        guard !bytes.contains(0), bytes.count <= longest else {
            throw TextError("\(quoted(text)) is no path: it has at most \(longest) bytes, and none is 0")
        }
        guard !bytes.split(separator: UInt8(ascii: "/")).contains(Array("..".utf8)[...]) else {
            throw TextError("\(quoted(text)) goes up with '..': write the path without it")
        }
        return ArtifactPattern(text: text)
    }
}
