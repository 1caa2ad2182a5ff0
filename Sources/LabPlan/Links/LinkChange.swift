package import Network

/// What is different about an interface while a fault lasts: a value for some keys of links. Others stay as they are.
package struct LinkChange: Hashable, Sendable {
    /// Which way frames go.
    package enum Direction: String, CaseIterable, Hashable, Sendable {
        case both
        /// From the machine.
        case out
        /// To the machine.
        case `in`
    }

    /// The carrier is lost: the machine sees it. Only both ways.
    package var isDown = false
    package var direction = Direction.both
    /// Names of the keys that it sets.
    private var keys: Set<String> = []
    /// Their values; the other parts are those of an ideal link and mean nothing.
    private var values = LinkProfile()

    package init() {}

    /// Sets one part of the link.
    package mutating func set<Value: Equatable & Sendable>(
        _ part: any WritableKeyPath<LinkProfile, Value> & Sendable, to value: Value
    ) {
        guard let key = LinkKey.all.first(where: { $0.part == part }) else {
            preconditionFailure("every part of a link that a fault can set has a key")
        }
        values[keyPath: part] = value
        keys.insert(key.name)
    }

    /// Sets the part of a key to what a lab file says.
    mutating func set(_ key: LinkKey, to node: NodeReader) throws(LabFileError) {
        try key.read(node, .fault, &values)
        keys.insert(key.name)
    }

    private var given: [LinkKey] { LinkKey.all.filter { keys.contains($0.name) } }

    /// A link with the parts that the change sets.
    package func applied(to profile: LinkProfile) -> LinkProfile {
        var changed = profile
        for key in given { key.copy(values, &changed) }
        return changed
    }

    /// It says more than that the link is down.
    package var isShaping: Bool { !keys.isEmpty }

    package var limitsBandwidth: Bool { values.bandwidth != nil }

    /// Keys and values as a lab file has them; neither `down` nor the direction.
    var entries: [(key: String, value: String)] { given.map { ($0.name, $0.text(values)) } }
}
