internal import Posix
internal import SystemPackage

/// A file that is appended to, and what waits to be: bytes go to the system together, and what cannot be written is kept as
/// the reason instead of thrown, for nobody on the way of a frame or a turn could act on it.
struct FileBuffer: ~Copyable {
    /// Bytes that are written at once.
    static let size = 64 * 1024

    private let file: Descriptor
    /// What waits.
    var bytes: [UInt8] = []
    /// Why nothing more is written: the disk is full, for example.
    private(set) var failure: Errno?

    /// Begins a file at `path`, which is replaced.
    init(path: String) throws(Errno) {
        file = try Posix.open(path, [.writeOnly, .create, .truncate])
    }

    /// Hands what waits to the system: from then on it survives this process.
    mutating func sync() {
        defer { bytes.removeAll(keepingCapacity: true) }
        guard failure == nil, !bytes.isEmpty else { return }
        do throws(Errno) {
            try file.writeAll(bytes)
        } catch {
            failure = error
        }
    }

    /// The same, when much waits.
    mutating func syncIfFull() {
        if bytes.count >= Self.size { sync() }
    }
}
