/// Why a text is not the value it should be: a clause for a message.
package struct TextError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
