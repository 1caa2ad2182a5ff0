/// Why a run could not be made. One line says what, where and what to do.
package struct RunError: Error, Sendable, CustomStringConvertible {
    /// Whose fault it is; decides the exit code.
    package enum Kind: Sendable {
        /// The command line or the lab file.
        case usage
        /// The machine lacks something: a kernel, a tool, a permission.
        case environment
        /// Almanac itself.
        case `internal`
    }

    package let kind: Kind
    package let description: String

    package init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
