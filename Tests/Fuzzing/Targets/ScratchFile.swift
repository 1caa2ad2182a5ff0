internal import Foundation
internal import Posix
internal import SystemPackage

/// A file in memory without a name in the file system: nothing is left of it, whatever becomes of this process.
final class ScratchFile {
    /// Where such files are made: in memory if this host has such a folder.
    static let folder =
        FileManager.default.isWritableFile(atPath: "/dev/shm") ? "/dev/shm/" : NSTemporaryDirectory()

    private let file: Descriptor

    init() throws {
        let path = Self.folder + "almanac-fuzz-\(getpid())"
        file = try Posix.open(path, [.readWrite, .create, .truncate])
        try FileManager.default.removeItem(atPath: path)
    }

    /// A path by which this process opens it.
    var path: String { "/proc/self/fd/\(file.number)" }

    func replace(with bytes: [UInt8]) throws(Errno) {
        try file.write(bytes, at: 0)
        try file.resize(to: UInt64(bytes.count))
    }
}
