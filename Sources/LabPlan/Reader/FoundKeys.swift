/// The values of a mapping by key. A mapping of a lab file has so few keys that looking at each is faster than hashing one.
struct FoundKeys {
    private var keys: [String] = []
    private var values: [NodeReader] = []

    subscript(key: String) -> NodeReader? { keys.firstIndex(of: key).map { values[$0] } }

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
