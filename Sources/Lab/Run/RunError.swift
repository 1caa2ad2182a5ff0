package import Trace

/// Why a run could not be made. One line says what, where and what to do.
package struct RunError: Error, Sendable, CustomStringConvertible {
    /// The kind of error; decides the exit code.
    package enum Kind: Sendable {
        /// What was to happen did not.
        case failed
        /// The command line or the lab file.
        case usage
        /// The machine lacks something: a kernel, a tool, a permission.
        case environment
        /// Almanac itself.
        case `internal`
    }

    package let kind: Kind
    package let description: String

    /// The exit code of the command line.
    package var exitCode: Int32 {
        switch kind {
        case .failed: 1
        case .usage: 2
        case .environment: 3
        case .internal: 4
        }
    }

    /// A missing file, or one that is no trace, is a usage error; a damaged trace is an environment error.
    package init(_ error: TraceError) {
        self.init(error.isDamage ? .environment : .usage, error.description)
    }

    /// What a run answered to a visitor.
    package init(_ failure: VisitFailure) {
        let kind: Kind =
            switch failure.exitCode {
            case 1: .failed
            case 2: .usage
            case 3: .environment
            default: .internal
            }
        self.init(kind, failure.reason)
    }

    package init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
