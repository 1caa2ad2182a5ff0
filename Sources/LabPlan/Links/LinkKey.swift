internal import Network

/// A key of a link: its name, where it may stand, how its value is read and written, and which part of a link it sets.
/// `LinkKey.all` (LinkKeys.swift) is the only list of them: networks, interfaces, paths, faults, the resolved lab file,
/// "did you mean", the schema and the reference all use it.
package final class LinkKey: Sendable {
    /// Where keys of links stand in a lab file.
    package enum Place: Hashable, Sendable, CaseIterable {
        /// A network: for the link from every interface.
        case network
        /// `out` or `in` of an interface.
        case interface
        /// An entry of `latencies`.
        case path
        /// A fault with `link`.
        case fault
    }

    /// A place where a value means or takes something else than elsewhere.
    struct Variant: Sendable {
        var shape: ValueShape?
        var meaning: String?
        var defaultText: String?
    }

    /// As it is on an interface.
    private let general: Key
    private let places: Set<Place>
    private let variants: [Place: Variant]
    /// The part of a link that it sets.
    let part: any PartialKeyPath<LinkProfile> & Sendable
    /// Reads a value into its part of a link.
    let read: @Sendable (NodeReader, Place, inout LinkProfile) throws(LabFileError) -> Void
    /// The value of its part of a link, as a lab file has it.
    let text: @Sendable (LinkProfile) -> String
    /// Its part is that of an ideal link.
    let isIdeal: @Sendable (LinkProfile) -> Bool
    /// Copies its part from one link to another.
    let copy: @Sendable (LinkProfile, inout LinkProfile) -> Void

    /// - Parameters:
    ///   - part: what it sets.
    ///   - read: reads a value, at a place.
    ///   - text: writes one.
    init<Value: Equatable & Sendable>(
        _ part: any WritableKeyPath<LinkProfile, Value> & Sendable, _ key: Key, in places: Set<Place>,
        at variants: [Place: Variant] = [:],
        read: @escaping @Sendable (NodeReader, Place) throws(LabFileError) -> Value,
        text: @escaping @Sendable (Value) -> String
    ) {
        general = key
        self.places = places
        self.variants = variants
        self.part = part
        self.read = { (node, place, profile) throws(LabFileError) in
            profile[keyPath: part] = try read(node, place)
        }
        self.text = { text($0[keyPath: part]) }
        isIdeal = { $0[keyPath: part] == LinkProfile()[keyPath: part] }
        copy = { $1[keyPath: part] = $0[keyPath: part] }
    }

    package var name: String { general.name }

    /// The key as it is at a place; nil where it may not stand.
    package func key(at place: Place) -> Key? {
        guard places.contains(place) else { return nil }
        let variant = variants[place] ?? Variant()
        let usual =
            switch place {
            case .network, .path: general.defaultText
            case .interface: "`out`: the network's; `in`: \(general.defaultText)"
            case .fault: "unchanged"
            }
        return Key(
            name, variant.shape ?? general.shape, variant.meaning ?? general.meaning,
            default: variant.defaultText ?? usual, example: general.example)
    }

    /// All keys that may stand at a place, in the order of the table.
    package static func keys(at place: Place) -> [Key] { all.compactMap { $0.key(at: place) } }

    /// All that may stand at a place, and are there.
    static func given(_ keys: FoundKeys, at place: Place) -> [(key: LinkKey, value: NodeReader)] {
        all.compactMap { key in
            guard key.places.contains(place), let value = keys[key.name] else { return nil }
            return (key, value)
        }
    }

    /// What differs from an ideal link, key by key.
    static func entries(of profile: LinkProfile) -> [(key: String, value: String)] {
        all.filter { !$0.isIdeal(profile) }.map { ($0.name, $0.text(profile)) }
    }

    /// As the reference has them: once, with what is special about a place.
    package static let documented = KeyTable(
        "link",
        all.map { link in
            let elsewhere = link.places.contains(.fault) ? "" : " Not in faults."
            return Key(
                link.name, link.general.shape, link.general.meaning + elsewhere,
                default: link.general.defaultText, example: link.general.example)
        })

    /// Places where it may stand.
    package func mayStand(at place: Place) -> Bool { places.contains(place) }
}
