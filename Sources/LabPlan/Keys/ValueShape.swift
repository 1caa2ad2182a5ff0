/// What the value of a key looks like: the schema's part of it, and the range that the reader holds times to.
package indirect enum ValueShape: Sendable {
    /// Any scalar.
    case text
    /// A scalar of this form: a regular expression of ECMA-262, as JSON Schema has them.
    case form(String)
    case boolean
    /// `true` and nothing else.
    case onlyTrue
    case integer(ClosedRange<UInt64>)
    case word([String])
    /// A duration or an instant such as `5ms`, ns.
    case time(ClosedRange<UInt64>)
    /// `20s..60s` or one time, ns.
    case timeRange(ClosedRange<UInt64>)
    /// Nothing behind the colon.
    case nothing
    case list(ValueShape)
    /// Names chosen by the author, of this form, and what stands behind each.
    case mapping(names: String?, ValueShape)
    case keys(KeyTable)
    case either([ValueShape])
}

/// Forms of scalars: the reader's own checks are exact, these say what can be said in a schema.
extension ValueShape {
    static let number = #"[0-9]+(\.[0-9]+)?"#
    static let timeForm = "(\(number)(ns|us|ms|s|min|h|d))+"
    private static let shareForm = "\(number)%"
    static let hostName = "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$"

    /// `1%`.
    static let share = ValueShape.form("^\(shareForm)$")
    /// `5%..50%` or `5%`.
    static let shareRange = ValueShape.form("^\(shareForm)(\\.\\.\(shareForm))?$")
    /// `10Mbit`.
    static let bandwidth = ValueShape.form("^\(number)[kMGT]?bit$")
    /// `64M`.
    static let size = ValueShape.form("^\(number)[KMG](iB)?$")
    /// `100 frames`, `1500 bytes`, `64K`.
    static let queueLimit = ValueShape.form("^([0-9]+ (frames?|bytes?)|\(number)[KMG](iB)?)$")
    /// `-20ppb`.
    static let drift = ValueShape.form("^[+-]?\(number)pp[mb]$")
    /// `+3s`.
    static let step = ValueShape.form("^[+-]\(timeForm)$")
    static let macAddress = ValueShape.form("^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}$")
    static let address = ValueShape.form(#"^[0-9]{1,3}(\.[0-9]{1,3}){3}$"#)
    static let subnet = ValueShape.form(#"^[0-9]{1,3}(\.[0-9]{1,3}){3}/[0-9]{1,2}$"#)
    static let dateTime = ValueShape.form(
        #"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})$"#
    )
    /// `lan/m2`.
    static let link = ValueShape.form("^[a-z0-9-]+/[a-z0-9-]+$")

    static func words<Word: RawRepresentable<String> & CaseIterable>(of _: Word.Type) -> ValueShape {
        .word(Word.allCases.map(\.rawValue))
    }

    /// A list of names of machines.
    static let machineNames = ValueShape.list(.text)
}
