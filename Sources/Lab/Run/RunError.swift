package import Trace

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

    /// A trace that is not one, or not there, is named by a mistake; one that is damaged is nobody's mistake who names it.
    package init(_ error: TraceError) {
        self.init(error.isDamage ? .environment : .usage, error.description)
    }

    package init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
