/// The values of a mapping by key. A mapping of a lab file has so few keys that looking at each is faster than hashing one.
struct FoundKeys {
    private var keys: [String] = []
    private var values: [NodeReader] = []

    subscript(key: String) -> NodeReader? { keys.firstIndex(of: key).map { values[$0] } }

    /// The one of two keys that is there; `reader` is the mapping.
    func exactlyOne(_ first: String, _ second: String, of reader: NodeReader) throws(LabFileError)
        -> (isFirst: Bool, value: NodeReader)
    {
        switch (self[first], self[second]) {
        case (let value?, nil): return (true, value)
        case (nil, let value?): return (false, value)
        case (_?, _?): throw reader.error("\(reader.name) takes one of '\(first)' and '\(second)', not both")
        case (nil, nil): throw reader.error("\(reader.name) needs either '\(first)' or '\(second)'")
        }
    }

    /// - Parameter key: is not there yet: YAML has no key twice.
    mutating func append(_ value: NodeReader, for key: String) {
        keys.append(key)
        values.append(value)
    }

    mutating func reserveCapacity(_ count: Int) {
        keys.reserveCapacity(count)
        values.reserveCapacity(count)
    }
}
