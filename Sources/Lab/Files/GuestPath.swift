package import Posix

/// An absolute path in a machine, from its root: names only, so that it can lead nowhere else.
package struct GuestPath: Hashable, Sendable, CustomStringConvertible {
    /// Longest path, bytes.
    static let longest = 4096

    package var names: [FileName]

    package init(_ names: [FileName]) { self.names = names }

    /// Nil if the bytes are no absolute path, or have `..`. Empty parts and `.` are left out.
    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.first == UInt8(ascii: "/"), bytes.count < Self.longest else { return nil }
        var names: [FileName] = []
        for part in bytes.split(separator: UInt8(ascii: "/")) where Array(part) != [UInt8(ascii: ".")] {
            guard let name = FileName(part) else { return nil }
            names.append(name)
        }
        self.names = names
    }

    package init?(_ text: String) { self.init(Array(text.utf8)) }

    package var description: String { "/" + names.map(\.description).joined(separator: "/") }

    var bytes: [UInt8] {
        let slash = UInt8(ascii: "/")
        return [slash] + names.map(\.bytes).joined(separator: [slash])
    }

    /// The path without its last name.
    var parent: GuestPath { GuestPath(names.dropLast()) }

    func appending(_ name: FileName) -> GuestPath { GuestPath(names + [name]) }

    /// Where a symbolic link in this folder leads to; nil if its target is no path. Above the root is the root.
    func resolving(_ target: [UInt8]) -> GuestPath? {
        guard !target.isEmpty, target.count < Self.longest else { return nil }
        var names = target.first == UInt8(ascii: "/") ? [] : self.names
        for part in target.split(separator: UInt8(ascii: "/")).map(Array.init) {
            if part == Array(".".utf8) { continue }
            if part == Array("..".utf8) {
                _ = names.popLast()
                continue
            }
            guard let name = FileName(part) else { return nil }
            names.append(name)
        }
        return GuestPath(names)
    }

    /// It is `folder`, or in it.
    func isInside(_ folder: GuestPath) -> Bool { names.starts(with: folder.names) }

    /// The target of a symbolic link in this folder that leads to `path`: first up, then down. It leads to where it seems to lead
    /// even through other links of that form.
    func relative(to path: GuestPath) -> [UInt8] {
        let common = zip(names, path.names).prefix { $0 == $1 }.count
        let up = Array(repeating: Array("..".utf8), count: names.count - common)
        let parts = up + path.names[common...].map(\.bytes)
        return parts.isEmpty ? Array(".".utf8) : Array(parts.joined(separator: [UInt8(ascii: "/")]))
    }
}
