/// Where the files of a machine's root come from, when they are not the host's.
package struct RootSource: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// A folder of the host.
        case folder
        /// A tar file, perhaps compressed.
        case archive
        /// An OCI image layout: a folder.
        case imageLayout
        /// What `docker save` writes: a tar file.
        case imageArchive
    }

    package let kind: Kind
    /// Absolute, or from the lab file's folder.
    package let path: String
    /// Of an image, if the text has one.
    package let tag: String?
    /// As the lab file has it.
    package let text: String

    /// An image says what its programs are; folders and tar files do not.
    package var isImage: Bool { kind == .imageLayout || kind == .imageArchive }

    /// What images are called, with the colon behind it (containers-transports(5)).
    private static let transports: [(prefix: String, kind: Kind)] = [
        ("oci:", .imageLayout), ("docker-archive:", .imageArchive),
    ]
    private static let archives = [".tar", ".tar.gz", ".tgz", ".tar.zst"]

    package static func parse(_ text: String) throws(TextError) -> RootSource {
        guard !text.isEmpty, !text.utf8.contains(0), !text.contains("\n") else {
            throw TextError("\(quoted(text)) is not a path")
        }
        for (prefix, kind) in transports where text.hasPrefix(prefix) {
            return try image(kind, text, text.dropFirst(prefix.count))
        }
        // A folder may have a colon in its name, so only what looks like an image's name is taken for one.
        if let colon = text.firstIndex(of: ":"), !text[..<colon].contains("/"), !text.hasPrefix(".") {
            throw TextError(
                "\(quoted(text)) is no folder, file or image: images are oci:FOLDER:TAG and docker-archive:FILE:TAG; a registry cannot be reached from here (`skopeo copy docker://… oci:FOLDER:TAG` copies an image)"
            )
        }
        let kind = archives.contains { text.hasSuffix($0) } ? Kind.archive : .folder
        return RootSource(kind: kind, path: text, tag: nil, text: text)
    }

    /// `PATH` or `PATH:TAG`. A tag may have colons: `docker-archive:FILE:example.org/name:1.0`.
    private static func image(_ kind: Kind, _ text: String, _ rest: Substring) throws(TextError)
        -> RootSource
    {
        let parts = rest.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(
            String.init)
        guard !parts[0].isEmpty else { throw TextError("\(quoted(text)) has no path") }
        let tag = parts.count > 1 ? parts[1] : nil
        guard tag != "" else { throw TextError("\(quoted(text)) has no tag behind its last colon") }
        return RootSource(kind: kind, path: parts[0], tag: tag, text: text)
    }
}
