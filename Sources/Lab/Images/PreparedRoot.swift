/// A machine's root, as it is here.
package enum PreparedRoot: Hashable, Sendable {
    /// A folder of the host, an absolute path. Machines see it as they see the host's root: read-only.
    case folder(String)
    /// A read-only file system in a file, squashfs.
    ///
    /// - Parameter digest: what it was made from, `sha256:…`.
    case image(file: String, digest: String)

    /// The folder of the host that a machine sees beside its init; "" for none.
    var shownFolder: String {
        switch self {
        case .folder(let path): path
        case .image: ""
        }
    }
}
